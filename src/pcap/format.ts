/** Octets of a capture that are at hand: `[at, end)` of `bytes` is not decoded yet. */
export interface CaptureWindow {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  /** Where `at` is in the capture. */
  readonly offset: number;
  /** Be done with the next `length` octets. */
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
  /** Holds what is carried; doubles as needed. */
  #carry = { bytes: this.bytes, view: this.view };

  get left(): number {
    return this.end - this.at;
  }

  advance(length: number): void {
    this.at += length;
    this.offset += length;
  }

  /** Show `chunk` behind what is left; `decode` is called whenever there is more to see. */
  pass(chunk: Uint8Array, decode: () => void): void {
    const from = this.#complete(chunk, decode);
    if (from === chunk.length) return;
    this.bytes = new Uint8Array(chunk.buffer, chunk.byteOffset, chunk.length);
    this.view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length);
    this.at = from;
    this.end = chunk.length;
    decode();
    this.#keep();
  }

  /** Complete what is carried with as little of `chunk` as does; returns where the rest starts. */
  #complete(chunk: Uint8Array, decode: () => void): number {
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
    return from;
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
