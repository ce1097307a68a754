import { fstatSync, ftruncateSync, writeSync } from "node:fs";
import { limits } from "../../limits.ts";

/** What became of the Messages of a block. */
export interface BlockOutcome {
  readonly messages: number;
  readonly bytes: number;
  readonly records: number;
  readonly lostRecords: number;
  /** Why not all went. */
  readonly error?: unknown;
}

/** Whole Messages that gather before they go to a file with one call. */
export class MessageBlock {
  /** Records in it. */
  records = 0;
  readonly #octets = new Uint8Array(limits.fileBlockBytes + limits.messageBytes);
  #filled = 0;
  readonly #ends: number[] = [];
  readonly #records: number[] = [];
  /** Length to cut the file back to before anything else goes there. */
  #cutTo: number | undefined;

  /** Octets in it. */
  get bytes(): number {
    return this.#filled;
  }

  /** Whether it is time to write. */
  get isFull(): boolean {
    return this.#filled >= limits.fileBlockBytes;
  }

  /** Add a Message, which is copied; the block must not be full. */
  add(message: Uint8Array, records: number): void {
    this.#octets.set(message, this.#filled);
    this.#filled += message.length;
    this.#ends.push(this.#filled);
    this.#records.push(records);
    this.records += records;
  }

  /**
   * Write to the end of a file opened to append, and empty the block. When the system does not
   * take all, what is no whole Message is cut off again.
   */
  writeTo(descriptor: number): BlockOutcome {
    let written = 0;
    try {
      this.#cut(descriptor);
      while (written < this.#filled) {
        written += writeSync(descriptor, this.#octets, written, this.#filled - written);
      }
      return this.#empty(this.#ends.length);
    } catch (error) {
      const whole = this.#ends.filter((end) => end <= written);
      const torn = written - (whole.at(-1) ?? 0);
      const cutError = torn > 0 ? this.#cutBack(descriptor, torn) : undefined;
      return { ...this.#empty(whole.length), error: cutError ?? error };
    }
  }

  /** The next octets go to another file, of which nothing is to be cut off. */
  forgetCut(): void {
    this.#cutTo = undefined;
  }

  /** Cut a torn Message off; what fails is tried again before the next write. */
  #cutBack(descriptor: number, torn: number): unknown {
    try {
      this.#cutTo = fstatSync(descriptor).size - torn;
      this.#cut(descriptor);
      return undefined;
    } catch (error) {
      return error;
    }
  }

  #cut(descriptor: number): void {
    if (this.#cutTo === undefined) return;
    ftruncateSync(descriptor, this.#cutTo);
    this.#cutTo = undefined;
  }

  #empty(messages: number): BlockOutcome {
    const all = this.records;
    const records = this.#records.slice(0, messages).reduce((sum, count) => sum + count, 0);
    const bytes = this.#ends[messages - 1] ?? 0;
    this.#filled = this.records = this.#ends.length = this.#records.length = 0;
    return { messages, bytes, records, lostRecords: all - records };
  }
}
