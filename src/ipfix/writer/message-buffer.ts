import { writeUint16, writeUint32 } from "../../bytes/read.ts";
import { ipfixVersion, messageHeaderBytes, setHeaderBytes } from "../message.ts";

const noSet = -1;

/** One IPFIX Message in the making: a buffer of fixed size and where it stands in it. */
export class MessageBuffer {
  readonly bytes: Uint8Array;
  /** Octets written so far; 0 before `begin` and after `finish`. */
  length = 0;
  /** Data Records in it. */
  records = 0;
  domain = 0;
  exportTime = 0;
  #setId = noSet;
  #setAt = 0;

  constructor(maximumBytes: number) {
    this.bytes = new Uint8Array(maximumBytes);
  }

  /** Whether a Message was begun. */
  get isOpen(): boolean {
    return this.length > 0;
  }

  /** Whether the Message holds nothing but its header. */
  get isEmpty(): boolean {
    return this.length <= messageHeaderBytes;
  }

  /** Begin a Message; exportTime in seconds since the epoch. */
  begin(domain: number, exportTime: number): void {
    this.length = messageHeaderBytes;
    this.records = 0;
    this.domain = domain;
    this.exportTime = exportTime;
  }

  /** Octets that still fit into the Set `setId`, with its header where that one is not open. */
  room(setId: number): number {
    return this.bytes.length - this.length - (setId === this.#setId ? 0 : setHeaderBytes);
  }

  /** Append `source[start .. end)`, which fits, to the Set `setId`; returns where it stands. */
  put(setId: number, source: Uint8Array, start: number, end: number): number {
    if (setId !== this.#setId) this.#openSet(setId);
    const at = this.length;
    // A loop is faster than a view and set() below the size of about one record.
    if (end - start < 64) {
      for (let from = start, to = at; from < end; ) this.bytes[to++] = source[from++] as number;
    } else {
      this.bytes.set(source.subarray(start, end), at);
    }
    this.length += end - start;
    return at;
  }

  /** End the open Set with padding, `source[start .. end)`, if there is room (RFC 7011 §3.3.1). */
  endSet(source: Uint8Array, start: number, end: number): void {
    if (this.#setId !== noSet && end - start <= this.room(this.#setId)) {
      this.put(this.#setId, source, start, end);
    }
    this.#closeSet();
  }

  /** Complete the Message; the view is good until the next `begin`. */
  finish(sequence: number): Uint8Array {
    this.#closeSet();
    writeUint16(this.bytes, 0, ipfixVersion);
    writeUint16(this.bytes, 2, this.length);
    writeUint32(this.bytes, 4, this.exportTime);
    writeUint32(this.bytes, 8, sequence);
    writeUint32(this.bytes, 12, this.domain);
    const message = this.bytes.subarray(0, this.length);
    this.length = 0;
    return message;
  }

  #openSet(setId: number): void {
    this.#closeSet();
    this.#setId = setId;
    this.#setAt = this.length;
    writeUint16(this.bytes, this.length, setId);
    this.length += setHeaderBytes;
  }

  #closeSet(): void {
    if (this.#setId === noSet) return;
    writeUint16(this.bytes, this.#setAt + 2, this.length - this.#setAt);
    this.#setId = noSet;
  }
}
