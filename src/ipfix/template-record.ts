import { readUint16, readUint32, writeUint16, writeUint32 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { Element } from "./element.ts";
import { firstDataSetId, optionsTemplateSetId, templateSetId } from "./message.ts";
import { elementById, unknownElement } from "./registry.ts";
import { createTemplate, type Template } from "./template.ts";

/** Bit of a Field Specifier that announces an Enterprise Number (RFC 7011 §3.2). */
const enterpriseBit = 0x8000;

/** Finds an element by enterprise and number; undefined when it knows none. */
export type ElementLookup = (pen: number, id: number) => Element | undefined;

/** What a Template Set or Options Template Set tells, record by record. */
export interface TemplateVisitor {
  /** How elements are found; the registry unless an exporter taught others (RFC 5610). */
  readonly element?: ElementLookup;
  template(template: Template): void;
  /** A Template Withdrawal (RFC 7011 §8.1); id 2 or 3 withdraws all Templates of that kind. */
  withdrawal(id: number): void;
}

type Specifier = readonly [element: Element, length: number];

/**
 * Walk the records of a Template Set or Options Template Set with content `[start, end)`.
 * @throws {DecodeError} `truncated`, `bad-template` or `limit`; the records before were visited.
 */
export function walkTemplateSet(
  set: { readonly bytes: Uint8Array; readonly setId: number; start: number; readonly end: number },
  visitor: TemplateVisitor,
): void {
  const { bytes, setId, end } = set;
  while (end - set.start >= 4) {
    const at = set.start;
    const id = readUint16(bytes, at);
    const count = readUint16(bytes, at + 2);
    if (id === 0 && count === 0) return; // padding (RFC 7011 §3.3.1)
    if (count === 0 && (id === setId || id >= firstDataSetId)) {
      set.start = at + 4;
      visitor.withdrawal(id);
      continue;
    }
    if (id < firstDataSetId || count === 0) {
      throw new DecodeError("bad-template", at, `Template ID ${id}, expected 256 or more`);
    }
    if (count > limits.templateFields) {
      throw new DecodeError("limit", at, `Template ${id} of ${count} fields`);
    }
    visitor.template(readTemplate(set, visitor.element ?? elementById));
  }
}

function readTemplate(
  set: { readonly bytes: Uint8Array; readonly setId: number; start: number; readonly end: number },
  find: ElementLookup,
): Template {
  const { bytes, start, end } = set;
  const id = readUint16(bytes, start);
  const count = readUint16(bytes, start + 2);
  let at = start + 4;
  let scopeCount = 0;
  if (set.setId === optionsTemplateSetId) {
    if (end - at < 2) throw new DecodeError("truncated", at, `Options Template ${id}`);
    scopeCount = readUint16(bytes, at);
    at += 2;
    if (scopeCount === 0) {
      throw new DecodeError("bad-template", start, `Options Template ${id} without scope`);
    }
  }
  const specifiers: Specifier[] = [];
  for (let i = 0; i < count; i++) {
    const enterprise = at + 1 < end && (readUint16(bytes, at) & enterpriseBit) !== 0;
    const next = at + (enterprise ? 8 : 4);
    if (next > end) {
      throw new DecodeError("truncated", at, `Template ${id}: field ${i + 1} of ${count}`);
    }
    const number = readUint16(bytes, at) & ~enterpriseBit;
    const pen = enterprise ? readUint32(bytes, at + 4) : 0;
    specifiers.push([find(pen, number) ?? unknownElement(pen, number), readUint16(bytes, at + 2)]);
    at = next;
  }
  set.start = at;
  return createTemplate(id, scopeCount, specifiers);
}

/** The Template Record or Options Template Record of `template` under the id `id`. */
export function encodeTemplate(template: Template, id: number): Uint8Array {
  const { fields, scopeCount } = template;
  const head = scopeCount > 0 ? 6 : 4;
  const size = fields.reduce((sum, { element }) => sum + (element.pen === 0 ? 4 : 8), head);
  const bytes = new Uint8Array(size);
  writeUint16(bytes, 0, id);
  writeUint16(bytes, 2, fields.length);
  if (scopeCount > 0) writeUint16(bytes, 4, scopeCount);
  let at = head;
  for (const { element, length } of fields) {
    writeUint16(bytes, at, element.pen === 0 ? element.id : element.id | enterpriseBit);
    writeUint16(bytes, at + 2, length);
    if (element.pen !== 0) writeUint32(bytes, at + 4, element.pen);
    at += element.pen === 0 ? 4 : 8;
  }
  return bytes;
}

/** The Set ID under which `template` is announced. */
export function announcingSetId(template: Template): number {
  return template.scopeCount > 0 ? optionsTemplateSetId : templateSetId;
}
