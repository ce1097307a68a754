import type { BatchSink, RecordBatch } from "../../ipfix/batch.ts";
import { limits } from "../../limits.ts";

/**
 * Collects what leaves a stage, in order. Runs of untouched records leave as views of the batch
 * they came in; changed records, and short runs between them, are copied together.
 */
export class RecordOutput {
  /** Octets of the records collected so far and of the one being changed. */
  bytes = new Uint8Array(4_096);
  #offsets = new Uint32Array(64);
  #count = 0;
  /** Where the record being changed starts. */
  #end = 0;
  #runStart = 0;
  #runEnd = 0;
  #batch: RecordBatch | undefined;
  #sink: BatchSink = () => {};
  records = 0;

  begin(batch: RecordBatch, sink: BatchSink): void {
    this.#batch = batch;
    this.#sink = sink;
    this.#runStart = 0;
    this.#runEnd = 0;
    this.#count = 0;
    this.#end = 0;
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

  /** Copy `[start, end)` of `from` to where the next record goes; returns its start in `bytes`. */
  startChange(from: Uint8Array, start: number, end: number): number {
    this.#closeRun();
    this.reserve(this.#end + end - start);
    this.bytes.set(from.subarray(start, end), this.#end);
    return this.#end;
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
  }

  /** Hand over what is left. */
  finish(): void {
    const batch = this.#batch as RecordBatch;
    const untouched = this.#count === 0 && this.#runStart === 0 && this.#runEnd === batch.count;
    if (untouched && batch.count > 0) {
      this.records += batch.count;
      this.#sink(batch);
    } else {
      this.#closeRun();
      this.#flush();
    }
    this.#batch = undefined;
  }

  #closeRun(): void {
    const start = this.#runStart;
    const end = this.#runEnd;
    if (start === end) return;
    this.#runStart = end;
    if (end - start < limits.copiedRunRecords) this.#copyRun(start, end);
    else this.#passRun(start, end);
  }

  #copyRun(start: number, end: number): void {
    const { bytes, offsets } = this.#batch as RecordBatch;
    const from = offsets[start] as number;
    const to = offsets[end] as number;
    this.reserve(this.#end + to - from);
    this.bytes.set(bytes.subarray(from, to), this.#end);
    const shift = this.#end - from;
    for (let i = start; i < end; i++) this.#finishRecord((offsets[i + 1] as number) + shift);
  }

  #passRun(start: number, end: number): void {
    this.#flush();
    const batch = this.#batch as RecordBatch;
    const offsets = batch.offsets.subarray(start, end + 1);
    this.records += end - start;
    this.#sink({ ...batch, offsets, count: end - start });
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

  #flush(): void {
    const count = this.#count;
    if (count === 0) return;
    this.#count = 0;
    this.#end = 0;
    this.records += count;
    const { bytes } = this;
    this.#sink({ ...(this.#batch as RecordBatch), bytes, offsets: this.#offsets, count });
  }
}
