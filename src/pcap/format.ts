/** Octets of a capture that are at hand: `[at, end)` of `bytes` is not decoded yet. */
export interface CaptureWindow {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly at: number;
  readonly end: number;
  /** Where `at` is in the capture. */
  readonly offset: number;
  append(chunk: Uint8Array): void;
  /** Be done with the next `length` octets. */
  advance(length: number): void;
}

/** Decodes one record or block after the other. */
export interface CaptureFormat {
  /** Decode the next record; false when it is not whole yet. @throws {DecodeError} */
  step(window: CaptureWindow): boolean;
}

const leastBytes = 65_536;

/** Create an empty window. One buffer serves for the whole capture and grows to its chunks. */
export function createWindow(): CaptureWindow {
  return new Window();
}

class Window implements CaptureWindow {
  bytes = new Uint8Array(leastBytes);
  view = new DataView(this.bytes.buffer);
  at = 0;
  end = 0;
  offset = 0;

  append(chunk: Uint8Array): void {
    const left = this.end - this.at;
    if (left + chunk.length > this.bytes.length) this.#grow(left + chunk.length);
    else if (this.at > 0) this.bytes.copyWithin(0, this.at, this.end);
    this.at = 0;
    this.bytes.set(chunk, left);
    this.end = left + chunk.length;
  }

  advance(length: number): void {
    this.at += length;
    this.offset += length;
  }

  #grow(needed: number): void {
    const old = this.bytes.subarray(this.at, this.end);
    this.bytes = new Uint8Array(2 ** Math.ceil(Math.log2(needed)));
    this.view = new DataView(this.bytes.buffer);
    this.bytes.set(old);
  }
}
