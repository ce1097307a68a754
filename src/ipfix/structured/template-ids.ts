import { readUint16, readUint32 } from "../../bytes/read.ts";
import { DecodeError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { type AbstractType, type Element, isList, variableLength } from "../element.ts";
import { skipRecord } from "../locate.ts";
import { elementById } from "../registry.ts";
import type { Template, TemplateLookup } from "../template.ts";

/** Where the lists of a record name Templates, and how to find those. */
export interface TemplateIdWalk {
  readonly bytes: Uint8Array;
  readonly templates: TemplateLookup;
  /** Gets each Template ID in a list and its offset; lists inside lists come after their outer. */
  readonly visit: (id: number, at: number) => void;
  /** Gets the elements of basicLists, where somebody knows them. */
  element?: (element: Element) => void;
  /** Lists around the current one; 0 to begin with. */
  depth: number;
}

/**
 * Walk the Template IDs that the lists in the record at `[start, end)` name (RFC 6313 §4.5).
 * Lists of a Template nobody knows are not entered. Hot: allocates nothing.
 * @throws {DecodeError} `truncated`, `bad-length` or, beyond `limits.listDepth`, `limit`.
 */
export function walkTemplateIds(
  walk: TemplateIdWalk,
  template: Template,
  start: number,
  end: number,
): void {
  const { bytes } = walk;
  let at = start;
  for (const { length: fixed, element } of template.fields) {
    let length = fixed;
    if (length === variableLength) {
      length = at < end ? (bytes[at] as number) : 0;
      at += length === 255 ? 3 : 1;
      if (at > end) throw new DecodeError("truncated", start, `record of Template ${template.id}`);
      if (length === 255) length = readUint16(bytes, at - 2);
    }
    if (at + length > end) {
      throw new DecodeError("truncated", start, `record of Template ${template.id}`);
    }
    if (isList(element.type)) walkList(walk, element.type, at, at + length);
    at += length;
  }
}

function walkList(walk: TemplateIdWalk, type: AbstractType, start: number, end: number): void {
  if (walk.depth >= limits.listDepth) {
    throw new DecodeError("limit", start, `lists nested deeper than ${limits.listDepth}`);
  }
  walk.depth++;
  if (type === "basicList") walkBasicList(walk, start, end);
  else if (type === "subTemplateList") walkSubTemplateList(walk, start, end);
  else walkSubTemplateMultiList(walk, start, end);
  walk.depth--;
}

function walkBasicList(walk: TemplateIdWalk, start: number, end: number): void {
  const { bytes } = walk;
  if (end - start < 5) return;
  const id = readUint16(bytes, start + 1);
  const enterprise = id >= 0x8000;
  if (enterprise && end - start < 9) return;
  const pen = enterprise ? readUint32(bytes, start + 5) : 0;
  const element = (walk.templates.element ?? elementById)(pen, id & 0x7fff);
  if (!element) return;
  walk.element?.(element);
  if (!isList(element.type)) return;
  const fixed = readUint16(bytes, start + 3);
  let at = start + (enterprise ? 9 : 5);
  while (at < end) {
    let length = fixed;
    if (fixed === variableLength) {
      length = bytes[at++] as number;
      if (length === 255) {
        length = at + 2 <= end ? readUint16(bytes, at) : end;
        at += 2;
      }
    }
    if (length === 0 && fixed === 0) throw new DecodeError("bad-length", at, "values of 0 octets");
    if (at + length > end) throw new DecodeError("truncated", at, `${element.name} in basicList`);
    walkList(walk, element.type, at, at + length);
    at += length;
  }
}

function walkSubTemplateList(walk: TemplateIdWalk, start: number, end: number): void {
  if (end - start < 3) throw new DecodeError("truncated", start, "subTemplateList header");
  walkRecords(walk, start + 1, start + 3, end);
}

function walkSubTemplateMultiList(walk: TemplateIdWalk, start: number, end: number): void {
  if (end - start < 1) throw new DecodeError("truncated", start, "subTemplateMultiList header");
  for (let at = start + 1; at < end; ) {
    const length = end - at < 4 ? 0 : readUint16(walk.bytes, at + 2);
    if (length < 4 || at + length > end) {
      throw new DecodeError("bad-length", at, `subTemplateMultiList entry of ${length} octets`);
    }
    walkRecords(walk, at, at + 4, at + length);
    at += length;
  }
}

function walkRecords(walk: TemplateIdWalk, idAt: number, start: number, end: number): void {
  const id = readUint16(walk.bytes, idAt);
  walk.visit(id, idAt);
  const template = walk.templates(id);
  if (!template) return;
  for (let at = start; at < end; ) {
    const next = skipRecord(template, walk.bytes, at, end);
    if (template.firstList >= 0) walkTemplateIds(walk, template, at, next);
    at = next;
  }
}
