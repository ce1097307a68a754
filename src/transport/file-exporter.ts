import { fstatSync, statSync } from "node:fs";
import type { RecordBatch } from "../ipfix/batch.ts";
import { limits } from "../limits.ts";
import type { Exporter, ExporterOptions } from "./exporting/exporter.ts";
import { FileSeries, type OutputFile } from "./exporting/file-series.ts";
import { MessageBlock } from "./exporting/message-block.ts";
import { openFresh, openToAppend } from "./exporting/open-file.ts";
import { claimFile } from "./exporting/open-files.ts";
import type { Rotation } from "./exporting/rotation.ts";
import { SessionWriter } from "./exporting/session-writer.ts";
import { failureReason, transportFailure } from "./support/failure.ts";
import { createNotices, type Notices } from "./support/notices.ts";

/** What a file exporter needs to know. */
export interface FileExporterOptions extends ExporterOptions {
  /** Where to write; with `rotate`, a pattern with the words of `formatPath`. */
  readonly path: string;
  /**
   * Whether Messages go after those of a file that is there; otherwise a new one replaces it, or
   * with `rotate` stands beside it.
   */
  readonly append: boolean;
  /** When a file is finished and the next one begins; undefined for one file for good. */
  readonly rotate?: Rotation | undefined;
  /** Milliseconds since the epoch; the system's clock by default. */
  readonly now?: () => number;
}

/** Milliseconds that a record waits for others; a Message waits as long again. */
const flushMs = 450;

/** How often the exporter looks whether its file is in its place and its period over, in ms. */
const lookMs = 1_000;

/**
 * Create an exporter to an IPFIX file (RFC 5655). The file consists of whole Messages at all
 * times, so that it can be read while it grows and after a crash; delivered means that the system
 * has the octets, which happens within a second. Where files rotate, each begins with all
 * Templates, is opened with its first record, and is never touched again once it is finished.
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
    files: 0,
    writeErrors: 0,
    droppedClosed: 0,
    droppedWriteFailed: 0,
  };
  #series: FileSeries | undefined;
  /** The file at hand, or the last one. */
  #path: string;
  #file: OutputFile | undefined;
  /** Octets of the file at hand. */
  #size = 0;
  /** Files that were finished and are being made durable. */
  readonly #closing = new Set<Promise<void>>();
  #ticker: NodeJS.Timeout | undefined;
  /** When the next file could not be opened; the one at hand goes on meanwhile. */
  #failedMs = Number.NEGATIVE_INFINITY;
  /** What tells the file from another one under its name. */
  #place = { dev: 0, ino: 0 };
  #release: () => void = () => undefined;
  #lookedMs = Number.NEGATIVE_INFINITY;
  #moving: Promise<void> | undefined;
  /** A file that is to be closed is followed nowhere: the last one, or one of several. */
  #stopping = false;
  #leaving = false;
  #writer: SessionWriter | undefined;
  #describes: boolean;
  #timer: NodeJS.Timeout | undefined;
  /** Whether Templates may be missing in the file: records are useless until they are sent anew. */
  #templatesLost = false;

  constructor(options: FileExporterOptions) {
    this.#options = options;
    this.#notices = createNotices(options);
    this.#path = options.path;
    this.#describes = options.describeElements === true;
    this.#series = this.#createSeries(options.rotate);
  }

  async start(): Promise<string> {
    const { path: pattern, append } = this.#options;
    this.#path = this.#beginSeries() ?? pattern;
    const path = this.#path;
    const mayGoOn = append || this.#series !== undefined;
    const { file, cutBytes, resume } = mayGoOn ? await openToAppend(path) : await openFresh(path);
    const use = await this.#claim(file);
    use();
    if (cutBytes > 0) {
      const message = `Cut ${cutBytes} octets of an unfinished Message off the end of ${path}`;
      this.#notices.say("cut", message);
    }
    const { messageBytes: maximumBytes } = limits;
    const onMessage = (bytes: Uint8Array, records: number) => this.#gather(bytes, records);
    this.#writer = new SessionWriter({ maximumBytes, onMessage, resume, flushMs });
    this.#writer.describeElements(this.#describes);
    this.#startTicking();
    return `file:${pattern}`;
  }

  #createSeries(rotation: Rotation | undefined): FileSeries | undefined {
    const { path: pattern, now = Date.now } = this.#options;
    return rotation && new FileSeries({ pattern, rotation, now });
  }

  #startTicking(): void {
    clearInterval(this.#ticker);
    if (this.#series) this.#ticker = setInterval(() => this.#tick(), lookMs).unref();
  }

  #beginSeries(): string | undefined {
    try {
      return this.#series?.begin(this.#options.append);
    } catch (cause) {
      throw transportFailure(`Cannot open ${this.#path}`, cause);
    }
  }

  write(batch: RecordBatch): void {
    this.#counts.records += batch.count;
    const due = this.#dueSeries();
    if (due) this.#rotate(due);
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
    clearInterval(this.#ticker);
    await this.#moving;
    this.#finish();
    await Promise.all(this.#closing);
  }

  describeElements(isWanted: boolean): void {
    this.#describes = isWanted;
    this.#writer?.describeElements(isWanted);
  }

  rotateBy(rotation: Rotation | undefined): void {
    const { periodMs, bytes } = this.#series?.rotation ?? {};
    if (rotation?.periodMs === periodMs && rotation?.bytes === bytes) return;
    this.#series = this.#createSeries(rotation);
    if (this.#writer) this.#startTicking();
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
  async #claim(file: OutputFile): Promise<() => void> {
    try {
      return this.#claimNow(file, this.#path);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  #claimNow(file: OutputFile, path: string): () => void {
    const { dev, ino, size } = fstatSync(file.fd);
    const release = claimFile(file.fd, path);
    return () => {
      this.#release();
      this.#release = release;
      this.#file = file;
      this.#path = path;
      this.#place = { dev, ino };
      this.#size = size;
      this.#block.forgetCut();
      this.#counts.files++;
    };
  }

  /** The series whose next file is to be begun; a file that somebody moved is followed first. */
  #dueSeries(): FileSeries | undefined {
    const series = this.#series;
    if (!series || !this.#writer || this.#stopping || this.#moving !== undefined) return undefined;
    if (performance.now() - this.#failedMs < lookMs) return undefined;
    const isDue = !this.#file || series.isOver(this.#size + this.#block.bytes);
    return isDue ? series : undefined;
  }

  /** Go on in the next file, at once: what gathered until now is of the file at hand. */
  #rotate(series: FileSeries): void {
    try {
      const { path, file } = series.next();
      const use = this.#claimNow(file, path);
      this.#finish();
      use();
      this.#failedMs = Number.NEGATIVE_INFINITY;
      this.#templatesLost = false;
      this.#writer?.refreshTemplates();
    } catch (error) {
      this.#failedMs = performance.now();
      const reason = failureReason(error);
      this.#notices.say("next", `Cannot begin the next file of ${this.#options.path}: ${reason}`);
    }
  }

  /** Finish the file at hand when its period is over, though no record comes. */
  #tick(): void {
    if (!this.#file || this.#moving !== undefined || !this.#series?.isPast()) return;
    // While the next file cannot be opened, the one at hand is better than none.
    if (this.#failedMs === Number.NEGATIVE_INFINITY) this.#finish();
  }

  /** Write what waits, then close the file and make it durable, while the next one may begin. */
  #finish(): void {
    const file = this.#file;
    if (!file) return;
    this.#leaving = true;
    this.flush();
    this.#leaving = false;
    this.#file = undefined;
    this.#release();
    const closing = this.#close(file, this.#path).finally(() => this.#closing.delete(closing));
    this.#closing.add(closing);
  }

  async #close(file: OutputFile, path: string): Promise<void> {
    try {
      await file.datasync();
    } catch (cause) {
      this.#notices.say("sync", `Cannot make ${path} durable: ${failureReason(cause)}`);
    } finally {
      await file.close();
    }
  }

  /** Whether the path still leads to the file; looked at once a second. */
  #isInPlace(): boolean {
    const nowMs = performance.now();
    if (nowMs - this.#lookedMs < lookMs) return true;
    this.#lookedMs = nowMs;
    try {
      return this.#isPlace(statSync(this.#path));
    } catch {
      return false; // opening it anew tells why
    }
  }

  #isPlace({ dev, ino }: { dev: number; ino: number }): boolean {
    return ino === this.#place.ino && dev === this.#place.dev;
  }

  /** Somebody moved or removed the file, as log rotation does: go on in a new one. */
  async #moveOn(): Promise<void> {
    const path = this.#path;
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
    if (!this.#stopping && !this.#leaving && !this.#moving && !this.#isInPlace()) {
      this.#moving = this.#moveOn();
    }
    const outcome = this.#block.writeTo(this.#file.fd);
    this.#counts.messages += outcome.messages;
    this.#counts.bytes += outcome.bytes;
    this.#size += outcome.bytes;
    this.#counts.delivered += outcome.records;
    this.#counts.droppedWriteFailed += outcome.lostRecords;
    if (outcome.error === undefined) return;
    this.#counts.writeErrors++;
    this.#templatesLost = true;
    const reason = failureReason(outcome.error);
    this.#notices.say("write", `Cannot write ${this.#path}: ${reason}; records dropped`);
  }
}
