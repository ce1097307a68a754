import { readUint32, writeUint32 } from "../bytes/read.ts";
import type { BatchSink, RecordBatch } from "../ipfix/batch.ts";
import { type Element, variableLength } from "../ipfix/element.ts";
import { locateFields } from "../ipfix/locate.ts";
import { firstDataSetId } from "../ipfix/message.ts";
import { createTemplate, type Template, type TemplateField } from "../ipfix/template.ts";
import { type ExporterClock, epochOf } from "./clock.ts";
import { element, ipfixElement } from "./elements.ts";
import type { SourceSink } from "./source.ts";

/** What one field of the source becomes: its octets, or an absolute time instead of an up-time. */
type Step = "copy" | "time";

/** Octets next to each other that take the same step; offsets count from the record's start. */
interface Run {
  readonly step: Step;
  readonly offset: number;
  readonly length: number;
}

/** How the records of one source Template become IPFIX. */
interface Translation {
  readonly template: Template;
  /** Index of the source field for each field of `template` that comes from one. */
  readonly sources: readonly number[];
  readonly steps: readonly Step[];
  /** The same where all records have one length: neighbours that are copied are one run. */
  readonly runs: readonly Run[] | undefined;
  /** Whether records end with how packets were sampled. */
  readonly sampled: boolean;
  /** Whether the scope had to be made up from the Observation Domain. */
  readonly scopeAdded: boolean;
  /** Where the source's fields lie, two numbers a field. */
  readonly ranges: Int32Array;
}

/** Up-times and the elements that say the same on the calendar (RFC 7011 §6.1.8). */
const absolute: ReadonlyMap<string, Element> = new Map([
  ["flowStartSysUpTime", element("flowStartMilliseconds")],
  ["flowEndSysUpTime", element("flowEndMilliseconds")],
]);

const samplingFields: readonly (readonly [Element, number])[] = [
  [element("samplingAlgorithm"), 1],
  [element("samplingInterval"), 4],
];
const samplingBytes = 5;
const timeBytes = 8;
/** 2^32, by which the high word of a number counts. */
const high = 4_294_967_296;

/**
 * Translate NetFlow into IPFIX on the way to `sink`: up-times become times since the epoch, the
 * header's sampling becomes elements of each record (counters stay as they were sent), scopes and
 * vendors' fields get elements that IPFIX can carry, and fields without octets are left out.
 */
export function createTranslation(sink: BatchSink): SourceSink {
  return new Translator(sink).translate;
}

class Translator {
  readonly #sink: BatchSink;
  readonly #plain = new WeakMap<Template, Translation>();
  readonly #sampled = new WeakMap<Template, Translation>();
  #bytes = new Uint8Array(4_096);
  #offsets = new Uint32Array(64);
  #at = 0;

  constructor(sink: BatchSink) {
    this.#sink = sink;
  }

  readonly translate: SourceSink = (batch, clock) => {
    const plan = this.#planOf(batch.template, (clock.samplingInterval ?? 0) > 0);
    const { count } = batch;
    if (this.#offsets.length <= count) this.#offsets = new Uint32Array(2 * count + 1);
    this.#at = 0;
    for (let i = 0; i < count; i++) {
      this.#offsets[i] = this.#at;
      this.#record(plan, batch, i, clock);
    }
    this.#offsets[count] = this.#at;
    this.#sink({
      domain: batch.domain,
      exportTime: batch.exportTime,
      template: plan.template,
      templates: () => undefined,
      bytes: this.#bytes,
      offsets: this.#offsets,
      count,
    });
  };

  #planOf(source: Template, sampled: boolean): Translation {
    const plans = sampled ? this.#sampled : this.#plain;
    const known = plans.get(source);
    if (known) return known;
    const plan = planTranslation(source, sampled);
    plans.set(source, plan);
    return plan;
  }

  #record(plan: Translation, batch: RecordBatch, index: number, clock: ExporterClock): void {
    const start = batch.offsets[index] as number;
    const end = batch.offsets[index + 1] as number;
    // Each field may gain: 3 octets of length, or 4 as it becomes a time.
    this.#reserve(end - start + 4 * (plan.sources.length + 1) + samplingBytes);
    if (plan.scopeAdded) this.#number(batch.domain, 4);
    if (plan.runs !== undefined) this.#runs(plan.runs, batch.bytes, start, clock);
    else {
      locateFields(batch.template, batch.bytes, start, end, plan.ranges);
      this.#fields(plan, batch, clock);
    }
    if (!plan.sampled) return;
    this.#number(clock.samplingAlgorithm ?? 0, 1);
    this.#number(clock.samplingInterval ?? 0, 4);
  }

  /** A record of fixed length: hot, since most are such. */
  #runs(runs: readonly Run[], bytes: Uint8Array, start: number, clock: ExporterClock): void {
    const out = this.#bytes;
    for (const { step, offset, length } of runs) {
      let from = start + offset;
      if (step === "time") {
        this.#time(epochOf(clock, readUint32(bytes, from)));
        continue;
      }
      let at = this.#at;
      for (const end = at + length; at < end; ) out[at++] = bytes[from++] as number;
      this.#at = at;
    }
  }

  /** A record with fields of variable length, which were located. */
  #fields({ ranges, sources, steps }: Translation, batch: RecordBatch, clock: ExporterClock): void {
    const { bytes, template: source } = batch;
    for (let i = 0; i < sources.length; i++) {
      const field = sources[i] as number;
      const from = ranges[2 * field] as number;
      const to = ranges[2 * field + 1] as number;
      if (steps[i] === "time") this.#time(epochOf(clock, readUint32(bytes, from)));
      else this.#copy(source.fields[field] as TemplateField, bytes, from, to);
    }
  }

  #reserve(octets: number): void {
    if (this.#at + octets <= this.#bytes.length) return;
    const grown = new Uint8Array(2 * (this.#at + octets));
    grown.set(this.#bytes);
    this.#bytes = grown;
  }

  #number(value: number, octets: 1 | 4): void {
    if (octets === 4) writeUint32(this.#bytes, this.#at, value);
    else this.#bytes[this.#at] = value;
    this.#at += octets;
  }

  #time(milliseconds: number): void {
    // Before 1970 is where the exporter has no calendar: the epoch is as near as IPFIX can say.
    const told = Math.max(0, milliseconds);
    writeUint32(this.#bytes, this.#at, Math.floor(told / high));
    writeUint32(this.#bytes, this.#at + 4, told % high);
    this.#at += timeBytes;
  }

  #copy(field: TemplateField, bytes: Uint8Array, from: number, to: number): void {
    const out = this.#bytes;
    let at = this.#at;
    if (field.length === variableLength) {
      out[at++] = 255; // the form of three octets fits every length (RFC 7011 §7)
      out[at++] = (to - from) >> 8;
      out[at++] = to - from;
    }
    for (let i = from; i < to; i++) out[at++] = bytes[i] as number;
    this.#at = at;
  }
}

function planTranslation(source: Template, sampled: boolean): Translation {
  const names = new Set(source.fields.map(({ name }) => name));
  const fields: (readonly [Element, number])[] = [];
  const sources: number[] = [];
  const steps: Step[] = [];
  let scopeCount = 0;
  for (const [i, { element: old, length, name }] of source.fields.entries()) {
    if (length === 0) continue;
    const time = length === 4 ? absolute.get(name) : undefined;
    const isTime = time !== undefined && !names.has(time.name);
    fields.push(isTime ? [time, timeBytes] : [ipfixElement(old), length]);
    sources.push(i);
    steps.push(isTime ? "time" : "copy");
    if (i < source.scopeCount) scopeCount++;
  }
  const scopeAdded = source.scopeCount > 0 && scopeCount === 0;
  if (scopeAdded) fields.unshift([element("observationDomainId"), 4]);
  const adds = sampled && !names.has("samplingInterval");
  if (adds) fields.push(...samplingFields);
  const runs = source.fixedLength > 0 ? joinRuns(source, sources, steps) : undefined;
  const id = source.id < firstDataSetId ? firstDataSetId + source.id : source.id;
  return {
    template: createTemplate(id, scopeAdded ? 1 : scopeCount, fields),
    sources,
    steps,
    runs,
    sampled: adds,
    scopeAdded,
    ranges: new Int32Array(2 * source.fields.length),
  };
}

function joinRuns(source: Template, sources: readonly number[], steps: readonly Step[]): Run[] {
  const runs: Run[] = [];
  for (const [i, field] of sources.entries()) {
    const { offset, length } = source.fields[field] as TemplateField;
    const last = runs.at(-1);
    const step = steps[i] as Step;
    if (step === "copy" && last?.step === "copy" && last.offset + last.length === offset) {
      runs[runs.length - 1] = { ...last, length: last.length + length };
    } else runs.push({ step, offset, length });
  }
  return runs;
}
