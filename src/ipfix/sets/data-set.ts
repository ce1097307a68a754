import type { BatchSink, SetLayout } from "../batch.ts";
import { skipRecord } from "../locate.ts";
import type { MessageHeader } from "../message.ts";
import type { Template, TemplateLookup } from "../template.ts";

/** Reads one Data Set as one batch. */
export type DataSetReader = (template: Template, templates: TemplateLookup, set: DataSet) => void;

/** The content of a Data Set, `[start, end)` of a Message. */
export interface DataSet {
  readonly header: Readonly<MessageHeader>;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Where the Set begins, when the layout is to be told. */
  readonly begins?: SetLayout["begins"] | undefined;
}

/** Most offsets a Data Set can need: one per octet of the largest Message, and the last end. */
const offsetsAtMost = 65_537;

/**
 * Create a reader that finds the records of Data Sets (RFC 7011 §3.4.3) and hands them to `sink`.
 * Hot: one batch object and one array of offsets serve all Sets; padding is left out (§3.3.1).
 * The reader throws a DecodeError `truncated` after it delivered the records before the damage.
 */
export function createDataSetReader(sink: BatchSink): DataSetReader {
  let offsets = new Uint32Array(256);
  const batch = {
    domain: 0,
    exportTime: 0,
    template: undefined as unknown as Template,
    templates: undefined as unknown as TemplateLookup,
    bytes: new Uint8Array(0) as Uint8Array,
    offsets,
    count: 0,
    layout: undefined as SetLayout | undefined,
  };

  function grow(needed: number): void {
    if (needed <= offsets.length) return;
    const grown = new Uint32Array(Math.min(offsetsAtMost, Math.max(needed, 2 * offsets.length)));
    grown.set(offsets);
    offsets = grown;
  }

  function walkFixed(size: number, start: number, end: number): number {
    const count = Math.floor((end - start) / size);
    grow(count + 1);
    for (let i = 0, at = start; i <= count; i++, at += size) offsets[i] = at;
    return count;
  }

  /** Finds what it can; `damage` is what stopped it before the padding. */
  function walkVariable(template: Template, set: DataSet): { count: number; damage?: unknown } {
    let count = 0;
    let at = set.start;
    offsets[0] = at;
    try {
      while (set.end - at >= template.minimumLength) {
        at = skipRecord(template, set.bytes, at, set.end);
        count++;
        grow(count + 1);
        offsets[count] = at;
      }
    } catch (damage) {
      return { count, damage };
    }
    return { count };
  }

  return (template, templates, set) => {
    const found: { count: number; damage?: unknown } =
      template.fixedLength > 0
        ? { count: walkFixed(template.fixedLength, set.start, set.end) }
        : walkVariable(template, set);
    if (found.count > 0) {
      batch.domain = set.header.domain;
      batch.exportTime = set.header.exportTime;
      batch.template = template;
      batch.templates = templates;
      batch.bytes = set.bytes;
      batch.offsets = offsets;
      batch.count = found.count;
      const { begins, end } = set;
      const padding = end - (offsets[found.count] as number);
      // After damage the rest of the Set is no padding.
      batch.layout = begins && { begins, padding: found.damage === undefined ? padding : 0 };
      sink(batch);
    }
    if (found.damage !== undefined) throw found.damage;
  };
}
