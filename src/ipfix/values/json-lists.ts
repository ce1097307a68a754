import { formatHex } from "../../bytes/hex.ts";
import type { AbstractType } from "../element.ts";
import {
  enterList,
  type ListSource,
  locateBasicList,
  locateRecordList,
  type RecordGroup,
} from "../structured/list.ts";
import type { Template } from "../template.ts";

/** Writes what stands in `source.bytes[start .. end)` as JSON text. */
export type Formatter = (source: ListSource, start: number, end: number) => string;

/** How the contents of lists are written. */
export interface ContentFormatters {
  /** What writes values of a type that have `length` octets. */
  readonly format: (type: AbstractType, length: number) => Formatter;
  /** What writes records of a Template. */
  readonly record: (template: Template) => Formatter;
}

/** The types that are lists (RFC 6313 §4.5), each with what writes it. */
export type ListFormatters = Readonly<
  Record<"basicList" | "subTemplateList" | "subTemplateMultiList", Formatter>
>;

/** Create what writes lists, as the record schema has them; each throws a DecodeError. */
export function createListFormatters(content: ContentFormatters): ListFormatters {
  const recordList =
    (type: "subTemplateList" | "subTemplateMultiList"): Formatter =>
    (source, start, end) => {
      const inner = enterList(source, start);
      const { list, semantic, groups } = locateRecordList(inner, type, start, end);
      const head = `{"list":"${list}","semantic":${semantic},`;
      if (list === "stl") return `${head}${formatGroup(content, inner, groups[0])}}`;
      let text = "";
      for (const group of groups) {
        text += `${text === "" ? "" : ","}{${formatGroup(content, inner, group)}}`;
      }
      return `${head}"groups":[${text}]}`;
    };
  return {
    basicList: (source, start, end) => formatBasicList(content, source, start, end),
    subTemplateList: recordList("subTemplateList"),
    subTemplateMultiList: recordList("subTemplateMultiList"),
  };
}

function formatBasicList(
  content: ContentFormatters,
  source: ListSource,
  start: number,
  end: number,
): string {
  const inner = enterList(source, start);
  const { semantic, element, ranges } = locateBasicList(inner, start, end);
  let values = "";
  for (let i = 0; i < ranges.length; i += 2) {
    const [from, to] = [ranges[i] as number, ranges[i + 1] as number];
    if (i > 0) values += ",";
    values += content.format(element.type, to - from)(inner, from, to);
  }
  const name = JSON.stringify(element.name);
  return `{"list":"basic","semantic":${semantic},"element":${name},"values":[${values}]}`;
}

function formatGroup(
  content: ContentFormatters,
  source: ListSource,
  group: RecordGroup | undefined,
): string {
  const { id, template, offsets } = group as RecordGroup;
  const write = template && content.record(template);
  let records = "";
  for (let i = 0; i + 1 < offsets.length; i++) {
    const [start, end] = [offsets[i] as number, offsets[i + 1] as number];
    if (i > 0) records += ",";
    records += write
      ? write(source, start, end)
      : `{"unknownTemplate":${id},"raw":"${formatHex(source.bytes, start, end)}"}`;
  }
  return `"template":${id},"records":[${records}]`;
}
