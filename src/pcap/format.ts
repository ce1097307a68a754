/** Octets of a capture that are at hand: `[at, end)` of `bytes` is not decoded yet. */
export interface CaptureWindow {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  /** Where `at` is in the capture. */
  readonly offset: number;
  /** Be done with the next `length` octets, of which those after `end` are yet to come. */
  advance(length: number): void;
}

/** Decodes one record or block after the other. */
export interface CaptureFormat {
  /** Decode the next record; false when it is not whole yet. @throws {DecodeError} */
  step(window: CaptureWindow): boolean;
}

/** Octets of a chunk that are tried first to complete what is carried: a packet of Ethernet. */
const pieceBytes = 2_048;

/**
 * The window over a capture that comes in chunks. Records that lie within a chunk are decoded where
 * they are; what straddles two of them is carried over in a buffer of its own:
 *
 *     chunk 1                      chunk 2
 *     | record | record | rec      ord | record | record …
 *                       └ carried ───┘ └ in place again
 */
export class ChunkWindow implements CaptureWindow {
  bytes: Uint8Array<ArrayBufferLike> = new Uint8Array(pieceBytes);
  view = new DataView(this.bytes.buffer);
  at = 0;
  end = 0;
  offset = 0;
  /** Octets to come that nobody wants, and the record that they belong to. */
  #missing = 0;
  #skipped = { offset: 0, bytes: 0 };
  /** Holds what is carried; doubles as needed. */
  #carry = { bytes: this.bytes, view: this.view };

  /** Octets that are at hand and not decoded. */
  get left(): number {
    return this.end - this.at;
  }

  /** The record that is not whole yet, if any: its place in the capture, and what is there. */
  get incomplete(): { offset: number; bytes: number } | undefined {
    if (this.#missing > 0) return this.#skipped;
    return this.left === 0 ? undefined : { offset: this.offset, bytes: this.left };
  }

  advance(length: number): void {
    if (length > this.left) this.#skip(length);
    else {
      this.at += length;
      this.offset += length;
    }
  }

  #skip(length: number): void {
    const { left } = this;
    this.#skipped = { offset: this.offset, bytes: left };
    this.#missing = length - left;
    this.advance(left);
  }

  /** Show `chunk` behind what is left; `decode` is called whenever there is more to see. */
  pass(chunk: Uint8Array, decode: () => void): void {
    const rest = this.#drop(this.#complete(this.#drop(chunk), decode));
    if (rest.length === 0) return;
    this.bytes = rest;
    this.view = new DataView(rest.buffer, rest.byteOffset, rest.length);
    this.at = 0;
    this.end = rest.length;
    decode();
    this.#keep();
  }

  /** What remains of `chunk` without the octets that nobody wants. */
  #drop(chunk: Uint8Array): Uint8Array {
    const dropped = Math.min(this.#missing, chunk.length);
    if (dropped === 0) return chunk;
    this.#missing -= dropped;
    this.#skipped.bytes += dropped;
    this.offset += dropped;
    return chunk.subarray(dropped);
  }

  /** Complete what is carried with as little of `chunk` as does; returns the rest of it. */
  #complete(chunk: Uint8Array, decode: () => void): Uint8Array {
    let from = 0;
    for (let size = pieceBytes; this.left > 0 && from < chunk.length; size *= 2) {
      const piece = chunk.subarray(from, from + size);
      from += piece.length;
      this.#extend(piece);
      decode();
      if (this.left > piece.length) continue;
      from -= this.left;
      this.at = this.end;
    }
    return from === 0 ? chunk : chunk.subarray(from);
  }

  #extend(piece: Uint8Array): void {
    const { left } = this;
    this.#reserve(left + piece.length);
    if (this.at > 0) this.#carry.bytes.copyWithin(0, this.at, this.end);
    this.#carry.bytes.set(piece, left);
    this.#readCarry(left + piece.length);
  }

  /** Carry over what is left of the chunk. */
  #keep(): void {
    const { left } = this;
    this.#reserve(left);
    this.#carry.bytes.set(this.bytes.subarray(this.at, this.end));
    this.#readCarry(left);
  }

  #readCarry(length: number): void {
    this.bytes = this.#carry.bytes;
    this.view = this.#carry.view;
    this.at = 0;
    this.end = length;
  }

  /** Have room for `length` octets in the buffer for what is carried, keeping what it holds. */
  #reserve(length: number): void {
    const old = this.#carry.bytes;
    if (length <= old.length) return;
    const bytes = new Uint8Array(2 ** Math.ceil(Math.log2(length)));
    bytes.set(old);
    this.#carry = { bytes, view: new DataView(bytes.buffer) };
  }
}
