import { statSync } from "node:fs";
import type { FileHandle } from "node:fs/promises";
import type { RecordBatch } from "../ipfix/batch.ts";
import { limits } from "../limits.ts";
import type { Exporter, ExporterOptions } from "./exporting/exporter.ts";
import { MessageBlock } from "./exporting/message-block.ts";
import { openFresh, openToAppend } from "./exporting/open-file.ts";
import { claimFile } from "./exporting/open-files.ts";
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

/** How often the exporter looks whether its file is still in its place, in milliseconds. */
const lookMs = 1_000;

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
  /** What tells the file from another one under its name. */
  #place = { dev: 0, ino: 0 };
  #release: () => void = () => undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #moving: Promise<void> | undefined;
  /** A file that is to be closed is followed nowhere. */
  #stopping = false;
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
    const use = await this.#claim(file);
    use();
    if (cutBytes > 0) {
      const message = `Cut ${cutBytes} octets of an unfinished Message off the end of ${path}`;
      this.#notices.say("cut", message);
    }
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
    this.#stopping = true;
    await this.#moving;
    const file = this.#file;
    if (!file) return;
    this.flush();
    this.#file = undefined;
    this.#release();
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

  /**
   * Claim `file`; what is returned makes it the one to write to, at once. A file that another
   * exporter writes is closed again.
   */
  async #claim(file: FileHandle): Promise<() => void> {
    try {
      const place = await file.stat();
      const release = await claimFile(file, this.#options.path);
      return () => {
        this.#release();
        this.#release = release;
        this.#file = file;
        this.#place = place;
      };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Whether the path still leads to the file; looked at once a second. */
  #isInPlace(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs < lookMs) return true;
    this.#lookedMs = nowMs;
    try {
      return this.#isPlace(statSync(this.#options.path));
    } catch {
      return false; // opening it anew tells why
    }
  }

  #isPlace({ dev, ino }: { dev: number; ino: number }): boolean {
    return ino === this.#place.ino && dev === this.#place.dev;
  }

  /** Somebody moved or removed the file, as log rotation does: go on in a new one. */
  async #moveOn(): Promise<void> {
    const { path } = this.#options;
    try {
      const { file } = await openToAppend(path);
      if (this.#isPlace(await file.stat())) return await file.close(); // it is back
      const use = await this.#claim(file);
      const old = this.#file;
      // What gathered until now belongs to the Templates of the old file.
      this.flush();
      use();
      this.#writer?.refreshTemplates();
      await old?.close();
      this.#notices.say("moved", `${path} was moved or removed; a new file has taken its place`);
    } catch (error) {
      const reason = failureReason(error);
      this.#notices.say(
        "moved",
        `${path} was moved or removed, and cannot be made anew: ${reason}`,
      );
    } finally {
      this.#moving = undefined;
    }
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
    if (!this.#stopping && this.#moving === undefined && !this.#isInPlace()) {
      this.#moving = this.#moveOn();
    }
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
