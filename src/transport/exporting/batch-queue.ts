import { DecodeError } from "../../errors.ts";
import type { RecordBatch } from "../../ipfix/batch.ts";
import { type TemplateIdWalk, walkTemplateIds } from "../../ipfix/structured/template-ids.ts";
import type { Template, TemplateLookup } from "../../ipfix/template.ts";
import { batchBytes } from "./exporter.ts";

/** Batches that wait, first in first out, within a bound of octets. */
export class BatchQueue {
  /** Records in it. */
  records = 0;
  /** Octets in it. */
  bytes = 0;
  readonly #maximumBytes: number;
  #batches: RecordBatch[] = [];
  #head = 0;

  constructor(maximumBytes: number) {
    this.#maximumBytes = maximumBytes;
  }

  /** Whether nothing waits, not even a Template to be announced. */
  get isEmpty(): boolean {
    return this.#head === this.#batches.length;
  }

  /** Keep a copy of the batch; false when it does not fit. */
  push(batch: RecordBatch): boolean {
    const size = batchBytes(batch);
    if (this.bytes + size > this.#maximumBytes) return false;
    this.#batches.push(copyBatch(batch));
    this.bytes += size;
    this.records += batch.count;
    return true;
  }

  /** Take the oldest batch out. */
  shift(): RecordBatch | undefined {
    const batch = this.#batches[this.#head];
    if (!batch) return undefined;
    this.#head++;
    if (this.#head >= 1_024 || this.#head === this.#batches.length) {
      this.#batches = this.#batches.slice(this.#head);
      this.#head = 0;
    }
    this.bytes -= batchBytes(batch);
    this.records -= batch.count;
    return batch;
  }

  /** Empty it; returns how many records went. */
  clear(): number {
    const { records } = this;
    this.#batches = [];
    this.#head = this.bytes = this.records = 0;
    return records;
  }
}

function copyBatch(batch: RecordBatch): RecordBatch {
  const { offsets, count, bytes, domain, exportTime, template, layout } = batch;
  const start = offsets[0] as number;
  const copied = new Uint32Array(count + 1);
  for (let i = 0; i <= count; i++) copied[i] = (offsets[i] as number) - start;
  return {
    domain,
    exportTime,
    template,
    templates: copyTemplates(batch),
    bytes: bytes.slice(start, (offsets[count] as number) + (layout?.padding ?? 0)),
    offsets: copied,
    count,
    layout,
  };
}

/** The Templates that the batch's lists name: a later definition must not change them. */
function copyTemplates({
  bytes,
  offsets,
  count,
  template,
  templates,
}: RecordBatch): TemplateLookup {
  const named = new Map<number, Template>();
  const { element } = templates;
  const lookup = (id: number) => named.get(id);
  const copied = element ? Object.assign(lookup, { element }) : lookup;
  if (template.firstList < 0) return copied;
  const visit = (id: number) => {
    const meant = templates(id);
    if (meant) named.set(id, meant);
  };
  const walk: TemplateIdWalk = { bytes, templates, visit, depth: 0 };
  for (let i = 0; i < count; i++) {
    try {
      walk.depth = 0;
      walkTemplateIds(walk, template, offsets[i] as number, offsets[i + 1] as number);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error; // the writer drops and counts it later
    }
  }
  return copied;
}
