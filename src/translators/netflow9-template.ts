import { readUint16 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";
import type { Element } from "../ipfix/element.ts";
import { firstDataSetId } from "../ipfix/message.ts";
import { createTemplate, type Template } from "../ipfix/template.ts";
import { limits } from "../limits.ts";
import { fieldElement, scopeElement } from "./elements.ts";

/** FlowSet ID of Templates (RFC 3954 §5.2). */
export const templateFlowSetId = 0;
/** FlowSet ID of Options Templates (RFC 3954 §6.1). */
export const optionsFlowSetId = 1;

type Specifier = readonly [element: Element, length: number];

/** The content of a FlowSet, `[start, end)` of an export packet. */
interface FlowSet {
  readonly bytes: Uint8Array;
  start: number;
  readonly end: number;
}

/**
 * Walk the records of a Template FlowSet (RFC 3954 §5.2).
 * @throws {DecodeError} `truncated`, `bad-template` or `limit`; the records before were visited.
 */
export function walkTemplates(set: FlowSet, visit: (template: Template) => void): void {
  while (set.end - set.start >= 4) {
    const { bytes, start } = set;
    const id = readUint16(bytes, start);
    const count = readUint16(bytes, start + 2);
    if (id === 0 && count === 0) return; // padding
    checkHead(id, count, start);
    set.start = start + 4;
    visit(createTemplate(id, 0, readSpecifiers(set, id, count, fieldElement)));
  }
}

/**
 * Walk the records of an Options Template FlowSet (RFC 3954 §6.1): the lengths of scope and options
 * count octets, not fields.
 * @throws {DecodeError} `truncated`, `bad-template` or `limit`; the records before were visited.
 */
export function walkOptionsTemplates(set: FlowSet, visit: (template: Template) => void): void {
  while (set.end - set.start >= 6) {
    const { bytes, start } = set;
    const id = readUint16(bytes, start);
    const scopeCount = readUint16(bytes, start + 2) / 4;
    const count = scopeCount + readUint16(bytes, start + 4) / 4;
    if (id === 0 && count === 0) return; // padding
    if (!Number.isInteger(scopeCount) || !Number.isInteger(count)) {
      throw new DecodeError("bad-template", start, `Options Template ${id} of broken fields`);
    }
    checkHead(id, count, start);
    set.start = start + 6;
    const scope = readSpecifiers(set, id, scopeCount, scopeElement);
    const options = readSpecifiers(set, id, count - scopeCount, fieldElement);
    visit(createTemplate(id, scopeCount, [...scope, ...options]));
  }
}

function checkHead(id: number, count: number, at: number): void {
  if (id < firstDataSetId || count === 0) {
    const detail = `Template ID ${id} of ${count} fields, expected 256 or more`;
    throw new DecodeError("bad-template", at, detail);
  }
  if (count > limits.templateFields) {
    throw new DecodeError("limit", at, `Template ${id} of ${count} fields`);
  }
}

function readSpecifiers(
  set: FlowSet,
  id: number,
  count: number,
  find: (type: number) => Element,
): Specifier[] {
  const { bytes, start, end } = set;
  if (start + 4 * count > end) {
    throw new DecodeError("truncated", start, `Template ${id} of ${count} fields`);
  }
  set.start = start + 4 * count;
  return Array.from({ length: count }, (_, i) => {
    const at = start + 4 * i;
    return [find(readUint16(bytes, at)), readUint16(bytes, at + 2)] as const;
  });
}
