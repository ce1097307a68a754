import { readUint16 } from "../../bytes/read.ts";
import { DecodeError } from "../../errors.ts";
import { ipfixVersion, messageHeaderBytes } from "../../ipfix/message.ts";
import { limits } from "../../limits.ts";

/** Octets of a Message Header up to the end of its Length. */
const lengthEnd = 4;

/**
 * Cuts what a TCP connection brings into Messages (RFC 7011 §10.4). Unlike the reader of files it
 * looks at a version as soon as its two octets are there and keeps at most one Message, so that a
 * peer that sends octet by octet costs no more than one that does not.
 */
export class MessageFramer {
  /** Octets taken so far. */
  bytes = 0;
  /** Messages handed out so far. */
  messages = 0;
  readonly #onMessage: (bytes: Uint8Array) => void;
  #partial = new Uint8Array(1_024);
  #filled = 0;

  /** `onMessage` gets each whole Message, lent for the call. */
  constructor(onMessage: (bytes: Uint8Array) => void) {
    this.#onMessage = onMessage;
  }

  /** Octets of a Message whose rest is still to come. */
  get pendingBytes(): number {
    return this.#filled;
  }

  /**
   * Take the next octets, in pieces of any size.
   * @throws {DecodeError} `bad-version` or `bad-length`; the offset counts from the first octet
   *   ever. What follows cannot be framed any more.
   */
  push(chunk: Uint8Array): void {
    for (let at = 0; at < chunk.length; ) {
      const end = this.#filled === 0 ? this.#wholeMessage(chunk, at) : at;
      if (end > at) this.#deliver(chunk.subarray(at, end));
      at = end > at ? end : this.#gather(chunk, at);
    }
  }

  /** End of the Message at `at`, or `at` when it is not whole. */
  #wholeMessage(chunk: Uint8Array, at: number): number {
    if (chunk.length - at < lengthEnd) return at;
    const end = at + this.#messageLength(chunk, at);
    return end <= chunk.length ? end : at;
  }

  /** Keep what the Message begun still lacks; returns where the chunk goes on. */
  #gather(chunk: Uint8Array, at: number): number {
    const before = this.#filled;
    const wanted = before < lengthEnd ? lengthEnd : readUint16(this.#partial, 2);
    const end = Math.min(chunk.length, at + wanted - before);
    this.#reserve(before + end - at);
    this.#partial.set(chunk.subarray(at, end), before);
    this.#filled += end - at;
    this.bytes += end - at;
    if (this.#filled >= 2) this.#checkVersion(this.#partial, 0);
    if (this.#filled < lengthEnd) return end;
    if (this.#messageLength(this.#partial, 0) > this.#filled) return end;
    const message = this.#partial.subarray(0, this.#filled);
    this.bytes -= this.#filled;
    this.#filled = 0;
    this.#deliver(message);
    return end;
  }

  #deliver(message: Uint8Array): void {
    this.bytes += message.length;
    this.messages++;
    this.#onMessage(message);
  }

  #reserve(size: number): void {
    if (size <= this.#partial.length) return;
    const grown = Math.min(limits.messageBytes, Math.max(size, 2 * this.#partial.length));
    const partial = new Uint8Array(grown);
    partial.set(this.#partial.subarray(0, this.#filled));
    this.#partial = partial;
  }

  #checkVersion(bytes: Uint8Array, at: number): void {
    const version = readUint16(bytes, at);
    if (version === ipfixVersion) return;
    const detail = `version ${version}, expected ${ipfixVersion}`;
    throw new DecodeError("bad-version", this.bytes - this.#filled, detail);
  }

  #messageLength(bytes: Uint8Array, at: number): number {
    this.#checkVersion(bytes, at);
    const length = readUint16(bytes, at + 2);
    if (length >= messageHeaderBytes) return length;
    const detail = `Message of ${length} octets`;
    throw new DecodeError("bad-length", this.bytes - this.#filled + 2, detail);
  }
}
