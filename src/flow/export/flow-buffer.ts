import type { RecordBatch } from "../../ipfix/batch.ts";
import type { Template, TemplateLookup } from "../../ipfix/template.ts";

/** Octets of records gathered for one batch. */
const batchBytes = 65_536;
/** Octets of the shortest flow record. */
const leastRecordBytes = 63;
/** Octets that the longest flow record needs. */
const recordBytes = 256;

/** Records of one Template that wait for their batch; written in place by its user. */
export class FlowBuffer {
  readonly bytes = new Uint8Array(batchBytes);
  readonly template: Template;
  /** Where the next record starts. */
  at = 0;
  readonly #offsets = new Uint32Array(Math.ceil(batchBytes / leastRecordBytes) + 1);
  #count = 0;

  constructor(template: Template) {
    this.template = template;
  }

  /** No further record is sure to fit. */
  get isFull(): boolean {
    return this.at + recordBytes > batchBytes;
  }

  /** The record from `at` ends at `end`. */
  finish(end: number): void {
    this.at = end;
    this.#offsets[++this.#count] = end;
  }

  /** The records as a batch, valid until the next one is written; undefined when there are none. */
  take(domain: number, exportTime: number, templates: TemplateLookup): RecordBatch | undefined {
    if (this.#count === 0) return undefined;
    const { template, bytes } = this;
    const count = this.#count;
    this.#count = 0;
    this.at = 0;
    return { domain, exportTime, template, templates, bytes, offsets: this.#offsets, count };
  }
}
