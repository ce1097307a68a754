import { readUint16 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";
import {
  ipfixVersion,
  type MessageHeader,
  messageHeaderBytes,
  readMessageHeader,
} from "./message.ts";

/** What to do with the Messages of a byte stream. */
export interface MessageStreamOptions {
  /** Gets each whole Message and its offset in the stream; the bytes are lent for the call. */
  readonly onMessage: (bytes: Uint8Array, offset: number) => void;
  /**
   * Gets what is wrong between Messages; the stream then searches for the next Message, as a file
   * reader does. Without it the first damage is thrown, as a TCP collector needs it.
   */
  readonly onDamage?: (error: DecodeError) => void;
}

/** Cuts a byte stream, such as a file or a TCP connection, into Messages (RFC 7011 §10.4). */
export interface MessageStream {
  /**
   * Take the next octets, in pieces of any size.
   * @throws {DecodeError} when no `onDamage` was given; the offset counts from the stream's start.
   */
  push(chunk: Uint8Array): void;
  /**
   * Say that nothing more comes.
   * @throws {DecodeError} `truncated` within a Message when no `onDamage` was given.
   */
  end(): void;
  /** Octets that belong to no Message. */
  readonly skippedBytes: number;
}

/** Create a stream that cuts octets into Messages. */
export function createMessageStream(options: MessageStreamOptions): MessageStream {
  return new Stream(options);
}

const nothing = new Uint8Array(0);

class Stream implements MessageStream {
  skippedBytes = 0;
  readonly #options: MessageStreamOptions;
  readonly #header: MessageHeader = { length: 0, exportTime: 0, sequence: 0, domain: 0 };
  /** What is left of the chunks so far. */
  #pending: Uint8Array = nothing;
  /** Offset of `#pending` in the stream. */
  #base = 0;
  #searching = false;

  constructor(options: MessageStreamOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    const bytes = this.#pending.length === 0 ? chunk : join(this.#pending, chunk);
    const used = this.#walk(bytes, false);
    this.#pending = used === bytes.length ? nothing : bytes.slice(used);
    this.#base += used;
  }

  end(): void {
    const bytes = this.#pending;
    const used = this.#walk(bytes, true);
    const left = bytes.length - used;
    this.#pending = nothing;
    this.#base += used;
    if (left === 0) return;
    this.skippedBytes += left;
    if (this.#searching) return;
    const what =
      left < messageHeaderBytes ? "Message Header" : `Message of ${this.#header.length} octets`;
    this.#damage(new DecodeError("truncated", this.#base, `${what}, ${left} left`));
  }

  /** Hands out what is whole; returns how many octets are done with. */
  #walk(bytes: Uint8Array, final: boolean): number {
    let at = 0;
    while (bytes.length - at >= messageHeaderBytes) {
      if (this.#searching) {
        const found = this.#search(bytes, at, final);
        this.skippedBytes += found - at;
        at = found;
        if (this.#searching) break;
      }
      if (!this.#readHeader(bytes, at)) continue;
      const next = at + this.#header.length;
      if (next > bytes.length) break;
      this.#options.onMessage(bytes.subarray(at, next), this.#base + at);
      at = next;
    }
    return at;
  }

  #readHeader(bytes: Uint8Array, at: number): boolean {
    try {
      readMessageHeader(bytes, at, this.#header);
      return true;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#damage(error.shifted(this.#base));
      this.#searching = true;
      return false;
    }
  }

  #damage(error: DecodeError): void {
    if (!this.#options.onDamage) throw error;
    this.#options.onDamage(error);
  }

  /** Offset of the next likely Message, or how far the search came; ends it when it found one. */
  #search(bytes: Uint8Array, from: number, final: boolean): number {
    let at = from;
    for (; bytes.length - at >= messageHeaderBytes; at++) {
      if (readUint16(bytes, at) !== ipfixVersion) continue;
      const length = readUint16(bytes, at + 2);
      if (length < messageHeaderBytes) continue;
      const next = at + length;
      if (next + 2 > bytes.length && !(final && next === bytes.length)) {
        if (final) continue;
        return at; // what follows it is not there yet
      }
      if (next < bytes.length && readUint16(bytes, next) !== ipfixVersion) continue;
      this.#searching = false;
      return at;
    }
    return at;
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
