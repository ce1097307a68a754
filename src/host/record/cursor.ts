import type { RecordBatch } from "../../ipfix/batch.ts";
import { variableLength } from "../../ipfix/element.ts";
import { locateFields } from "../../ipfix/locate.ts";
import type { Template, TemplateLookup } from "../../ipfix/template.ts";
import { limits } from "../../limits.ts";
import { RecordOutput } from "./output.ts";

/** Content this long or longer needs three length octets (RFC 7011 §7). */
const longLength = 255;

/**
 * The record that a script sees now. It reads the batch in place; the first change copies the
 * record into the output, where it is then edited.
 */
export class RecordCursor {
  readonly output = new RecordOutput();
  template: Template | undefined;
  templates: TemplateLookup = () => undefined;
  /** Holds the record at `[start, end)`. */
  bytes: Uint8Array = new Uint8Array(0);
  /** The same memory as `bytes`. */
  view: DataView = new DataView(new ArrayBuffer(0));
  start = 0;
  end = 0;
  /** False outside of the call that the record was handed to. */
  live = false;
  changed = false;
  #located = false;
  #batchView: DataView = this.view;
  readonly #positions = new Int32Array(2 * limits.templateFields);

  /** Take the batch whose records come next. */
  open(batch: RecordBatch): void {
    this.template = batch.template;
    this.templates = batch.templates;
    const { buffer, byteOffset, byteLength } = batch.bytes;
    this.#batchView = new DataView(buffer, byteOffset, byteLength);
  }

  moveTo(batch: RecordBatch, index: number): void {
    this.bytes = batch.bytes;
    this.view = this.#batchView;
    this.start = batch.offsets[index] as number;
    this.end = batch.offsets[index + 1] as number;
    this.live = true;
    this.changed = false;
    this.#located = false;
  }

  /** Where the content of field `index` starts. @throws {DecodeError} in a damaged record. */
  fieldStart(index: number): number {
    const offset = (this.template as Template).fields[index]?.offset ?? -1;
    if (offset >= 0 && this.template?.fields[index]?.length !== variableLength) {
      return this.start + offset;
    }
    this.#locate();
    return this.#positions[2 * index] as number;
  }

  /** Where the content of field `index` ends. @throws {DecodeError} in a damaged record. */
  fieldEnd(index: number): number {
    const field = (this.template as Template).fields[index];
    if (field !== undefined && field.offset >= 0 && field.length !== variableLength) {
      return this.start + field.offset + field.length;
    }
    this.#locate();
    return this.#positions[2 * index + 1] as number;
  }

  /** Make the record ours to write. */
  makeWritable(): void {
    if (this.changed) return;
    const length = this.end - this.start;
    this.start = this.output.startChange(this.start, this.end);
    this.end = this.start + length;
    this.bytes = this.output.bytes;
    this.view = this.output.view;
    this.changed = true;
    this.#located = false;
  }

  /** Replace the content of field `index`; the record changes its length where need be. */
  replace(index: number, content: Uint8Array): void {
    this.makeWritable();
    const start = this.fieldStart(index);
    const end = this.fieldEnd(index);
    if (content.length === end - start) {
      this.bytes.set(content, start);
      return;
    }
    const prefix = index === 0 ? this.start : this.fieldEnd(index - 1);
    const head = content.length < longLength ? 1 : 3;
    const growth = head + content.length - (end - prefix);
    this.output.reserve(this.end + growth);
    this.bytes = this.output.bytes;
    this.view = this.output.view;
    this.bytes.copyWithin(prefix + head + content.length, end, this.end);
    this.bytes.set(lengthOctets(content.length), prefix);
    this.bytes.set(content, prefix + head);
    this.end += growth;
    this.#located = false;
  }

  #locate(): void {
    if (this.#located) return;
    const { bytes, start, end } = this;
    locateFields(this.template as Template, bytes, start, end, this.#positions);
    this.#located = true;
  }
}

function lengthOctets(length: number): number[] {
  if (length < longLength) return [length];
  return [longLength, length >>> 8, length & 0xff];
}
