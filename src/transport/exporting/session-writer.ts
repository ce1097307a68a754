import type { RecordBatch } from "../../ipfix/batch.ts";
import {
  createMessageWriter,
  type MessageWriter,
  type MessageWriterOptions,
} from "../../ipfix/message-writer.ts";

/** Milliseconds that a record waits for others before its Message leaves half full. */
const flushMs = 50;

/** What a session writer drops: records no Message can hold, and ones that are no records. */
export interface WriterDrops {
  droppedTooLarge: number;
  droppedMalformed: number;
}

/** How a session writer differs from a message writer. */
export interface SessionWriterOptions extends MessageWriterOptions {
  /** Milliseconds that a record waits for others at most; 50 by default. */
  readonly flushMs?: number;
  /** Gets how many records were dropped since the last call because no Message can hold them. */
  readonly onTooLarge?: (records: number) => void;
}

/** A message writer that lets a Message leave in time and knows how many records it still holds. */
export class SessionWriter {
  readonly #writer: MessageWriter;
  readonly #flushMs: number;
  readonly #onTooLarge: ((records: number) => void) | undefined;
  #accepted = 0;
  /** Records too large that were told of. */
  #told = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: SessionWriterOptions) {
    this.#writer = createMessageWriter(options);
    this.#flushMs = options.flushMs ?? flushMs;
    this.#onTooLarge = options.onTooLarge;
  }

  /** Take a batch; Messages that became full leave at once, the rest soon. */
  append(batch: RecordBatch): void {
    this.#accepted += batch.count;
    this.#writer.append(batch);
    this.#timer ??= setTimeout(() => this.flush(), this.#flushMs).unref();
  }

  /** Let the Message that is being filled leave. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#writer.flush();
    this.#tellTooLarge();
  }

  /** Send all Templates again. */
  refreshTemplates(): void {
    this.#writer.refreshTemplates();
  }

  /** Describe elements from now on, or do no more. */
  describeElements(isWanted: boolean): void {
    this.#writer.describeElements(isWanted);
  }

  /** Records accepted that are neither in a Message that left nor dropped. */
  get queued(): number {
    const { droppedTooLarge, droppedMalformed } = this.drops();
    return this.#accepted - this.#counter("records") - droppedTooLarge - droppedMalformed;
  }

  /** Records dropped so far. */
  drops(): WriterDrops {
    return {
      droppedTooLarge: this.#counter("recordsTooLarge"),
      droppedMalformed: this.#counter("recordsMalformed"),
    };
  }

  #tellTooLarge(): void {
    const { droppedTooLarge } = this.drops();
    if (droppedTooLarge > this.#told) this.#onTooLarge?.(droppedTooLarge - this.#told);
    this.#told = droppedTooLarge;
  }

  #counter(name: string): number {
    return this.#writer.counters()[name] ?? 0;
  }
}
