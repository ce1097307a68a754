import { readUint16, readUint32 } from "../../bytes/read.ts";
import { DecodeError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { type AbstractType, type Element, variableLength } from "../element.ts";
import { skipRecord } from "../locate.ts";
import { elementById, unknownElement } from "../registry.ts";
import type { Template, TemplateLookup } from "../template.ts";

/** Where the values of a basicList stand (RFC 6313 §4.5.1). */
export interface BasicList {
  readonly list: "basic";
  /** Structured data type semantics (RFC 6313 §4.4), such as 3 for allOf. */
  readonly semantic: number;
  readonly element: Element;
  /** Octets of each value; 65 535 when each has a length of its own. */
  readonly length: number;
  /** Start and end of each value's content, in pairs. */
  readonly ranges: readonly number[];
}

/** Where the records of one Template in a list stand. */
export interface RecordGroup {
  readonly id: number;
  /** Undefined when nobody knows the Template: the records cannot be told apart. */
  readonly template: Template | undefined;
  /** Start of each record and the end of the last; start and end only without Template. */
  readonly offsets: readonly number[];
}

/** Where the records of a subTemplateList or subTemplateMultiList stand (RFC 6313 §4.5.2). */
export interface RecordList {
  readonly list: "stl" | "stml";
  readonly semantic: number;
  /** Exactly one in a subTemplateList. */
  readonly groups: readonly RecordGroup[];
}

/** What a list is read from: the octets of a record and the Templates that explain it. */
export interface ListSource {
  readonly bytes: Uint8Array;
  readonly templates: TemplateLookup;
  /** How many lists are around it. */
  readonly depth: number;
}

/** The source one list further in. @throws {DecodeError} `limit` beyond `limits.listDepth`. */
export function enterList(source: ListSource, at: number): ListSource {
  if (source.depth >= limits.listDepth) {
    throw new DecodeError("limit", at, `lists nested deeper than ${limits.listDepth}`);
  }
  const { bytes, templates, depth } = source;
  return { bytes, templates, depth: depth + 1 };
}

/**
 * Find the values of the basicList with content `[start, end)`.
 * @throws {DecodeError} `truncated` or `bad-length`.
 */
export function locateBasicList(source: ListSource, start: number, end: number): BasicList {
  const { bytes } = source;
  const enterprise = end - start >= 5 && readUint16(bytes, start + 1) >= 0x8000;
  const headEnd = start + (enterprise ? 9 : 5);
  if (headEnd > end) throw new DecodeError("truncated", start, "basicList header");
  const id = readUint16(bytes, start + 1) & 0x7fff;
  const pen = enterprise ? readUint32(bytes, start + 5) : 0;
  const find = source.templates.element ?? elementById;
  const element = find(pen, id) ?? unknownElement(pen, id);
  const length = readUint16(bytes, start + 3);
  const ranges: number[] = [];
  for (let at = headEnd; at < end; ) {
    const content = contentStart(bytes, at, length, end);
    const next = content + contentLength(bytes, content, at, length);
    if (next > end) throw new DecodeError("truncated", at, `${element.name} in basicList`);
    if (next === at) throw new DecodeError("bad-length", at, "values of 0 octets in basicList");
    ranges.push(content, next);
    at = next;
  }
  return { list: "basic", semantic: bytes[start] as number, element, length, ranges };
}

function contentStart(bytes: Uint8Array, at: number, length: number, end: number): number {
  if (length !== variableLength) return at;
  if (bytes[at] !== 255) return at + 1;
  if (at + 3 > end) throw new DecodeError("truncated", at, "length in basicList");
  return at + 3;
}

function contentLength(bytes: Uint8Array, content: number, at: number, length: number): number {
  if (length !== variableLength) return length;
  return content - at === 1 ? (bytes[at] as number) : readUint16(bytes, at + 1);
}

/**
 * Find the records of the subTemplateList or subTemplateMultiList with content `[start, end)`.
 * @throws {DecodeError} `truncated` or `bad-length`.
 */
export function locateRecordList(
  source: ListSource,
  type: AbstractType,
  start: number,
  end: number,
): RecordList {
  const single = type === "subTemplateList";
  const { bytes } = source;
  if (end - start < (single ? 3 : 1)) throw new DecodeError("truncated", start, `${type} header`);
  const semantic = bytes[start] as number;
  if (single) {
    const group = locateGroup(source, readUint16(bytes, start + 1), start + 3, end);
    return { list: "stl", semantic, groups: [group] };
  }
  const groups: RecordGroup[] = [];
  for (let at = start + 1; at < end; ) {
    const length = end - at < 4 ? 0 : readUint16(bytes, at + 2);
    if (length < 4 || at + length > end) {
      throw new DecodeError("bad-length", at, `${type} entry of ${length} octets`);
    }
    groups.push(locateGroup(source, readUint16(bytes, at), at + 4, at + length));
    at += length;
  }
  return { list: "stml", semantic, groups };
}

function locateGroup(source: ListSource, id: number, start: number, end: number): RecordGroup {
  const template = source.templates(id);
  if (!template) return { id, template, offsets: start === end ? [start] : [start, end] };
  const offsets = [start];
  for (let at = start; at < end; ) {
    at = skipRecord(template, source.bytes, at, end);
    offsets.push(at);
  }
  return { id, template, offsets };
}
