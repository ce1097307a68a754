import { type AbstractType, isList } from "../element.ts";
import { locateFields } from "../locate.ts";
import {
  enterList,
  type ListSource,
  locateBasicList,
  locateRecordList,
  type RecordGroup,
} from "../structured/list.ts";
import type { Template } from "../template.ts";
import { decodeValue } from "../values/decode.ts";
import { type FieldSelection, selectFields } from "../values/selection.ts";
import type { PlainBasicList, PlainGroup, PlainList, PlainRecord, PlainValue } from "./plain.ts";

/** Reads the record in `source.bytes[start .. end)` as plain data. */
export type RecordReader = (source: ListSource, start: number, end: number) => PlainRecord;

/** Gives the reader of records of a Template that a list names. */
export type ReaderLookup = (template: Template) => RecordReader;

/**
 * Interpret `template` to read its records: the twin of `compileRecordReader`, slower and plain to
 * see right, that tests compare it with. The reader throws a DecodeError for what is damaged.
 */
export function interpretRecordReader(template: Template, selection?: FieldSelection) {
  const wanted = selectFields(template, selection);
  const read: RecordReader = (source, start, end) => {
    const ranges = new Int32Array(2 * template.fields.length);
    locateFields(template, source.bytes, start, end, ranges);
    const values = template.fields.flatMap(({ name, element }, i): [string, PlainValue][] => {
      if (!wanted[i]) return [];
      const [from, to] = [ranges[2 * i] as number, ranges[2 * i + 1] as number];
      if (!isList(element.type)) return [[name, decodeValue(element, source.bytes, from, to)]];
      const lookup = (inner: Template) => interpretRecordReader(inner);
      return [[name, readList({ source, lookup }, element.type, from, to)]];
    });
    return Object.fromEntries(values);
  };
  return read;
}

/** What lists are read from and by. */
export interface ListReading {
  readonly source: ListSource;
  readonly lookup: ReaderLookup;
}

/**
 * Read the list of `type` with content `[start, end)`.
 * @throws {DecodeError} when it is damaged, or nested beyond `limits.listDepth`.
 */
export function readList(
  reading: ListReading,
  type: AbstractType,
  start: number,
  end: number,
): PlainList {
  const source = enterList(reading.source, start);
  const inner = { source, lookup: reading.lookup };
  if (type === "basicList") return readBasicList(inner, start, end);
  const { list, semantic, groups } = locateRecordList(source, type, start, end);
  const plain = groups.map((group) => readGroup(inner, group));
  if (list === "stml") return { list, semantic, groups: plain };
  return { list, semantic, ...(plain[0] as PlainGroup) };
}

function readBasicList(reading: ListReading, start: number, end: number): PlainBasicList {
  const { source } = reading;
  const { semantic, element, length, ranges } = locateBasicList(source, start, end);
  const values: PlainValue[] = [];
  for (let i = 0; i < ranges.length; i += 2) {
    const [from, to] = [ranges[i] as number, ranges[i + 1] as number];
    values.push(
      isList(element.type)
        ? readList(reading, element.type, from, to)
        : decodeValue(element, source.bytes, from, to),
    );
  }
  const { name, pen } = element;
  return { list: "basic", semantic, element: name, pen, length, values };
}

function readGroup({ source, lookup }: ListReading, group: RecordGroup): PlainGroup {
  const { id, template, offsets } = group;
  if (!template) return { template: id, raw: source.bytes.slice(offsets[0], offsets.at(-1)) };
  const read = lookup(template);
  const records: PlainRecord[] = [];
  for (let i = 0; i + 1 < offsets.length; i++) {
    records.push(read(source, offsets[i] as number, offsets[i + 1] as number));
  }
  return { template: id, records };
}
