import type { BatchSink, RecordBatch } from "../ipfix/batch.ts";
import { limits } from "../limits.ts";

/**
 * Collects what leaves a stage, in order. Runs of untouched records leave as views of the batch
 * they came in; changed records, and short runs between them, are copied together:
 *
 *     bytes:  | the batch, once a record changes | records that leave | record being changed | …
 *
 * Copying within one array is twice as fast as from another, for records of some 70 octets.
 */
export class RecordOutput {
  /** Holds the records collected so far and the one being changed. */
  bytes = new Uint8Array(4_096);
  /** The same memory as `bytes`. */
  view: DataView = new DataView(this.bytes.buffer);
  /** Records handed over since `begin`. */
  records = 0;
  /** Whether the batch stands at the start of `bytes`. */
  #copied = false;
  #offsets = new Uint32Array(64);
  #count = 0;
  /** Where the next record starts in `bytes`. */
  #end = 0;
  #runStart = 0;
  #runEnd = 0;
  #batch: RecordBatch | undefined;
  #sink: BatchSink = () => {};
  /** What leaves, in order: runs of the batch, and of `bytes` from this record on. */
  readonly #parts: { readonly copied: boolean; readonly start: number; readonly end: number }[] =
    [];
  /** The first copied record that is not in a part. */
  #copiedStart = 0;

  /** Start with `batch`; what leaves goes to `sink`. */
  begin(batch: RecordBatch, sink: BatchSink): void {
    this.#batch = batch;
    this.#sink = sink;
    this.#runStart = 0;
    this.#runEnd = 0;
    this.#count = 0;
    this.#copiedStart = 0;
    this.#copied = false;
    this.#parts.length = 0;
    this.records = 0;
  }

  /** Record `index` leaves as it came. */
  keep(index: number): void {
    if (index !== this.#runEnd) {
      this.#closeRun();
      this.#runStart = index;
    }
    this.#runEnd = index + 1;
  }

  /** Copy `[start, end)` of the batch to where the next record goes; returns its start there. */
  startChange(start: number, end: number): number {
    this.#closeRun();
    return this.#copy(start, end);
  }

  /** The record being changed leaves; it ends at `end` in `bytes`. */
  keepChange(end: number): void {
    this.#finishRecord(end);
  }

  /** Make `bytes` at least `length` long; it may become another array. */
  reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(length, 2 * this.bytes.length));
    grown.set(this.bytes);
    this.bytes = grown;
    this.view = new DataView(grown.buffer);
  }

  /** Hand everything over. Not before: the script must not run into what its receivers throw. */
  finish(): void {
    const batch = this.#batch as RecordBatch;
    const sink = this.#sink;
    if (this.#count === 0 && this.#runStart === 0 && this.#runEnd === batch.count) {
      this.records = batch.count;
      if (batch.count > 0) sink(batch);
      return;
    }
    this.#closeRun();
    this.#closeCopied();
    for (const { copied, start, end } of this.#parts) {
      const offsets = (copied ? this.#offsets : batch.offsets).subarray(start, end + 1);
      const count = end - start;
      this.records += count;
      const part = { ...batch, offsets, count, layout: undefined };
      sink(copied ? { ...part, bytes: this.bytes } : part);
    }
  }

  /** Copy octets of the batch behind what is there; returns where they start. */
  #copy(start: number, end: number): number {
    const { bytes } = this.#batch as RecordBatch;
    if (!this.#copied) {
      this.reserve(2 * bytes.length);
      this.bytes.set(bytes);
      this.#end = bytes.length;
      this.#copied = true;
      this.#offsets[0] = this.#end;
    }
    this.reserve(this.#end + end - start);
    this.bytes.copyWithin(this.#end, start, end);
    return this.#end;
  }

  #closeRun(): void {
    const start = this.#runStart;
    const end = this.#runEnd;
    if (start === end) return;
    this.#runStart = end;
    if (end - start < limits.copiedRunRecords) this.#copyRun(start, end);
    else {
      this.#closeCopied();
      this.#parts.push({ copied: false, start, end });
    }
  }

  #closeCopied(): void {
    const start = this.#copiedStart;
    const end = this.#count;
    if (start < end) this.#parts.push({ copied: true, start, end });
    this.#copiedStart = end;
  }

  #copyRun(start: number, end: number): void {
    const { offsets } = this.#batch as RecordBatch;
    const from = offsets[start] as number;
    const shift = this.#copy(from, offsets[end] as number) - from;
    for (let i = start; i < end; i++) this.#finishRecord((offsets[i + 1] as number) + shift);
  }

  #finishRecord(end: number): void {
    if (this.#count + 2 > this.#offsets.length) {
      const grown = new Uint32Array(2 * this.#offsets.length);
      grown.set(this.#offsets);
      this.#offsets = grown;
    }
    this.#end = end;
    this.#offsets[++this.#count] = end;
  }
}
