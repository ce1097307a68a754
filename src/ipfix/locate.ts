import { readUint16 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";
import { variableLength } from "./element.ts";
import type { Template } from "./template.ts";

/** First octet of a length that takes three octets (RFC 7011 §7, Figure S). */
const longLength = 255;

/**
 * Where the record of `template` at `at` ends. Hot: called once per record of variable length, so
 * it reads only the length octets and hops over the runs of fixed fields between them.
 * @throws {DecodeError} `truncated` when the record does not end by `end`.
 */
export function skipRecord(template: Template, bytes: Uint8Array, at: number, end: number): number {
  const runs = template.runs;
  let next = at + (runs[0] as number);
  for (let i = 1; i < runs.length; i++) {
    if (next >= end) throw cutShort(template, at, end);
    let length = bytes[next++] as number;
    if (length === longLength) {
      if (next + 2 > end) throw cutShort(template, at, end);
      length = readUint16(bytes, next);
      next += 2;
    }
    next += length + (runs[i] as number);
  }
  if (next > end) throw cutShort(template, at, end);
  return next;
}

/**
 * Find the fields of the record at `[start, end)`: `out[2 * i]` and `out[2 * i + 1]` become start
 * and end of the content of field `i`, without its length octets. Returns the end of the record.
 * @throws {DecodeError} `truncated` when the record does not end by `end`.
 */
export function locateFields(
  template: Template,
  bytes: Uint8Array,
  start: number,
  end: number,
  out: Int32Array,
): number {
  const fields = template.fields;
  let at = start;
  for (let i = 0; i < fields.length; i++) {
    let length = (fields[i] as Template["fields"][number]).length;
    if (length === variableLength) {
      if (at >= end) throw cutShort(template, start, end);
      length = bytes[at++] as number;
      if (length === longLength) {
        if (at + 2 > end) throw cutShort(template, start, end);
        length = readUint16(bytes, at);
        at += 2;
      }
    }
    out[2 * i] = at;
    at += length;
    out[2 * i + 1] = at;
    if (at > end) throw cutShort(template, start, end);
  }
  return at;
}

function cutShort(template: Template, at: number, end: number): DecodeError {
  return new DecodeError("truncated", at, `record of Template ${template.id}, ${end - at} left`);
}
