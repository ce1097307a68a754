import { readUint16 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";
import { MessageJudge, type Piece } from "./files/resync.ts";
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
   * Gets what is wrong between Messages and how many octets from its offset on are lost by it; the
   * stream then goes on with the next Message, as a file reader does. Without it the first damage
   * is thrown, as a writer that appends needs it.
   */
  readonly onDamage?: (error: DecodeError, lostBytes: number) => void;
}

/** Cuts a byte stream, such as a file, into Messages (RFC 7011 §10.4). */
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

/**
 * Create a stream that cuts octets into Messages. Where it may go on after damage it does not trust
 * the Length of a Message when another one begins within: what is whole must not be swallowed by
 * what is not. A Message is then handed out once the first octets behind it are there, too.
 */
export function createMessageStream(options: MessageStreamOptions): MessageStream {
  return new Stream(options);
}

const nothing = new Uint8Array(0);

class Stream implements MessageStream {
  skippedBytes = 0;
  readonly #options: MessageStreamOptions;
  readonly #judge = new MessageJudge();
  readonly #header: MessageHeader = { length: 0, exportTime: 0, sequence: 0, domain: 0 };
  /** What is left of the chunks so far. */
  #pending: Uint8Array = nothing;
  /** Offset of `#pending` in the stream. */
  #base = 0;
  /** What is wrong, and where the octets begin that are lost by it, while the search is on. */
  #loss: { readonly error: DecodeError; readonly from: number } | undefined;

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
    this.#pending = nothing;
    const used = this.#walk(bytes, true);
    const left = bytes.length - used;
    this.#base += used;
    if (left > 0) this.#lose(this.#truncated(left), this.#base);
    this.#base += left;
    this.#endLoss(this.#base);
  }

  /** Hands out what is whole; returns how many octets are done with. */
  #walk(bytes: Uint8Array, final: boolean): number {
    const piece = { bytes, base: this.#base, final };
    let at = 0;
    while (bytes.length - at >= messageHeaderBytes) {
      const next = this.#loss ? this.#search(piece, at) : this.#step(piece, at);
      if (next === undefined) break;
      at = next;
    }
    return at;
  }

  /** Take what stands at `at`; returns where to go on, or undefined when it takes more octets. */
  #step(piece: Piece, at: number): number | undefined {
    const { bytes, final, base } = piece;
    if (!this.#readHeader(bytes, at)) return at + 1;
    const { length } = this.#header;
    const next = at + length;
    if (!this.#options.onDamage) {
      return next <= bytes.length ? this.#deliver(bytes, at, next) : undefined;
    }
    const trusted = this.#judge.trust(piece, at, length, true);
    if (trusted === "yes") return this.#deliver(bytes, at, next);
    if (trusted === "more") return undefined;
    if (final && next > bytes.length) {
      this.#lose(this.#truncated(bytes.length - at).shifted(at), base + at);
    } else {
      const detail = `Message of ${length} octets, but another one begins within`;
      this.#lose(new DecodeError("bad-length", base + at, detail), base + at);
    }
    return at + 1;
  }

  /** Look for the next Message from `at` on; returns how far the search came, if at all. */
  #search(piece: Piece, from: number): number | undefined {
    const { bytes } = piece;
    let at = from;
    for (; bytes.length - at >= messageHeaderBytes; at++) {
      if (readUint16(bytes, at) !== ipfixVersion) continue;
      const length = readUint16(bytes, at + 2);
      if (length < messageHeaderBytes) continue;
      const trusted = this.#judge.trust(piece, at, length, false);
      if (trusted === "no") continue;
      if (trusted === "more") break;
      this.#endLoss(this.#base + at);
      return this.#deliver(bytes, at, at + length);
    }
    return at > from ? at : undefined;
  }

  #deliver(bytes: Uint8Array, at: number, next: number): number {
    this.#options.onMessage(bytes.subarray(at, next), this.#base + at);
    return next;
  }

  #readHeader(bytes: Uint8Array, at: number): boolean {
    try {
      readMessageHeader(bytes, at, this.#header);
      return true;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      // The octets lost begin with the Message, not with the field that is wrong.
      const from = this.#base + at;
      this.#lose(new DecodeError(error.code, from, error.detail), from);
      return false;
    }
  }

  /** What is wrong with a stream that ends `left` octets after the beginning of a Message. */
  #truncated(left: number): DecodeError {
    const isShort = left < messageHeaderBytes;
    const what = isShort ? "Message Header" : `Message of ${this.#header.length} octets`;
    return new DecodeError("truncated", this.#base, `${what}, ${left} left`);
  }

  /** Octets from `from` on belong to no Message, unless others before them are lost already. */
  #lose(error: DecodeError, from: number): void {
    if (!this.#options.onDamage) throw error;
    this.#loss ??= { error, from };
  }

  #endLoss(at: number): void {
    if (!this.#loss) return;
    const { error, from } = this.#loss;
    this.#loss = undefined;
    this.skippedBytes += at - from;
    this.#options.onDamage?.(error, at - from);
  }
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
