import type { FileHandle } from "node:fs/promises";
import type { RecordBatch } from "../ipfix/batch.ts";
import { limits } from "../limits.ts";
import type { Exporter, ExporterOptions } from "./exporting/exporter.ts";
import { MessageBlock } from "./exporting/message-block.ts";
import { openFresh, openToAppend } from "./exporting/open-file.ts";
import { SessionWriter } from "./exporting/session-writer.ts";
import { failureReason } from "./support/failure.ts";
import { createNotices, type Notices } from "./support/notices.ts";

/** What a file exporter needs to know. */
export interface FileExporterOptions extends ExporterOptions {
  readonly path: string;
  /** Whether Messages go after those of a file that is there; otherwise a new one replaces it. */
  readonly append: boolean;
}

/** Milliseconds that a record waits for others; a Message waits as long again. */
const flushMs = 450;

/**
 * Create an exporter to an IPFIX file (RFC 5655). The file consists of whole Messages at all
 * times, so that it can be read while it grows and after a crash; delivered means that the system
 * has the octets, which happens within a second.
 */
export function createFileExporter(options: FileExporterOptions): Exporter {
  return new FileExporter(options);
}

class FileExporter implements Exporter {
  readonly #options: FileExporterOptions;
  readonly #notices: Notices;
  readonly #block = new MessageBlock();
  readonly #counts = {
    records: 0,
    delivered: 0,
    messages: 0,
    bytes: 0,
    writeErrors: 0,
    droppedClosed: 0,
    droppedWriteFailed: 0,
  };
  #file: FileHandle | undefined;
  #writer: SessionWriter | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Whether Templates may be missing in the file: records are useless until they are sent anew. */
  #templatesLost = false;

  constructor(options: FileExporterOptions) {
    this.#options = options;
    this.#notices = createNotices(options);
  }

  async start(): Promise<string> {
    const { path, append } = this.#options;
    const { file, cutBytes, resume } = append ? await openToAppend(path) : await openFresh(path);
    if (cutBytes > 0) {
      const message = `Cut ${cutBytes} octets of an unfinished Message off the end of ${path}`;
      this.#notices.say("cut", message);
    }
    this.#file = file;
    const { messageBytes: maximumBytes } = limits;
    const onMessage = (bytes: Uint8Array, records: number) => this.#gather(bytes, records);
    this.#writer = new SessionWriter({ maximumBytes, onMessage, resume, flushMs });
    return `file:${path}`;
  }

  write(batch: RecordBatch): void {
    this.#counts.records += batch.count;
    if (!this.#file || !this.#writer) {
      this.#counts.droppedClosed += batch.count;
      return;
    }
    if (this.#templatesLost) {
      this.#writer.flush();
      this.#templatesLost = false;
      this.#writer.refreshTemplates();
    }
    this.#writer.append(batch);
  }

  flush(): void {
    if (!this.#file) return;
    this.#writer?.flush();
    this.#writeBlock();
  }

  async stop(): Promise<void> {
    const file = this.#file;
    if (!file) return;
    this.flush();
    this.#file = undefined;
    try {
      await file.datasync();
    } catch (cause) {
      const reason = failureReason(cause);
      this.#notices.say("sync", `Cannot make ${this.#options.path} durable: ${reason}`);
    } finally {
      await file.close();
    }
  }

  counters(): Readonly<Record<string, number>> {
    const { droppedTooLarge = 0, droppedMalformed = 0 } = this.#writer?.drops() ?? {};
    const queued = (this.#writer?.queued ?? 0) + this.#block.records;
    return { ...this.#counts, droppedTooLarge, droppedMalformed, queued };
  }

  #gather(message: Uint8Array, records: number): void {
    if (this.#templatesLost) {
      this.#counts.droppedWriteFailed += records;
      return;
    }
    this.#block.add(message, records);
    if (this.#block.isFull) this.#writeBlock();
    else this.#timer ??= setTimeout(() => this.#writeBlock(), flushMs).unref();
  }

  #writeBlock(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (!this.#file) throw new Error("Message without a file");
    const outcome = this.#block.writeTo(this.#file.fd);
    this.#counts.messages += outcome.messages;
    this.#counts.bytes += outcome.bytes;
    this.#counts.delivered += outcome.records;
    this.#counts.droppedWriteFailed += outcome.lostRecords;
    if (outcome.error === undefined) return;
    this.#counts.writeErrors++;
    this.#templatesLost = true;
    const reason = failureReason(outcome.error);
    this.#notices.say("write", `Cannot write ${this.#options.path}: ${reason}; records dropped`);
  }
}
