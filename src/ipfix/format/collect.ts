import { isList } from "../element.ts";
import { locateFields } from "../locate.ts";
import {
  enterList,
  type ListSource,
  locateBasicList,
  locateRecordList,
  type RecordGroup,
} from "../structured/list.ts";
import type { Template } from "../template.ts";
import { decodeValue, type FieldValue } from "../value.ts";
import { createCache } from "./lines.ts";

/** What a record holds, its lists flattened. */
export interface CollectedFields {
  /** Fields that can occur once in a flow, by element name; the outermost one wins. */
  readonly single: Map<string, FieldValue>;
  /** All other values in lists, by element name, in their order. */
  readonly listed: Map<string, FieldValue[]>;
}

const scratchOf = createCache((template: Template) => new Int32Array(2 * template.fields.length));

/**
 * Flatten the record of `template` at `[start, end)`: its fields, and those in its lists, by
 * element name. `singles` names the elements that stay single when they are in a list.
 * @throws {DecodeError} when the record or a list in it is damaged.
 */
export function collectFields(
  record: { readonly template: Template; readonly source: ListSource },
  singles: ReadonlySet<string>,
  start: number,
  end: number,
): CollectedFields {
  const collected: CollectedFields = { single: new Map(), listed: new Map() };
  const collector = new Collector(collected, singles);
  collector.record(record.template, record.source, start, end);
  return collected;
}

class Collector {
  readonly #into: CollectedFields;
  readonly #singles: ReadonlySet<string>;

  constructor(into: CollectedFields, singles: ReadonlySet<string>) {
    this.#into = into;
    this.#singles = singles;
  }

  record(template: Template, source: ListSource, start: number, end: number): void {
    const scratch = scratchOf(template);
    locateFields(template, source.bytes, start, end, scratch);
    const ranges = template.firstList < 0 ? scratch : scratch.slice();
    for (const [i, { element }] of template.fields.entries()) {
      const from = ranges[2 * i] as number;
      const to = ranges[2 * i + 1] as number;
      if (isList(element.type)) this.#list(element.type, source, from, to);
      else if (element.name !== "paddingOctets") {
        this.#add(element.name, decodeValue(element, source.bytes, from, to), source.depth);
      }
    }
  }

  #add(name: string, value: FieldValue, depth: number): void {
    const { single, listed } = this.#into;
    if (depth === 0 || this.#singles.has(name)) {
      if (!single.has(name)) single.set(name, value);
      return;
    }
    const values = listed.get(name);
    if (values) values.push(value);
    else listed.set(name, [value]);
  }

  #list(type: string, source: ListSource, start: number, end: number): void {
    const inner = enterList(source, start);
    if (type === "basicList") this.#basicList(inner, start, end);
    else {
      const kind = type === "subTemplateList" ? "subTemplateList" : "subTemplateMultiList";
      for (const group of locateRecordList(inner, kind, start, end).groups) {
        this.#group(inner, group);
      }
    }
  }

  #basicList(source: ListSource, start: number, end: number): void {
    const { element, ranges } = locateBasicList(source, start, end);
    for (let i = 0; i < ranges.length; i += 2) {
      const from = ranges[i] as number;
      const to = ranges[i + 1] as number;
      if (isList(element.type)) this.#list(element.type, source, from, to);
      else this.#add(element.name, decodeValue(element, source.bytes, from, to), source.depth);
    }
  }

  #group(source: ListSource, { template, offsets }: RecordGroup): void {
    if (!template) return;
    for (let i = 0; i + 1 < offsets.length; i++) {
      this.record(template, source, offsets[i] as number, offsets[i + 1] as number);
    }
  }
}
