import { DecodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import { type Element, isList, variableLength } from "./element.ts";

/** One Field Specifier of a Template (RFC 7011 §3.2). */
export interface TemplateField {
  readonly element: Element;
  /** Octets on the wire; 65 535 announces a variable-length field (RFC 7011 §7). */
  readonly length: number;
  /** The element's name; a repeated element counts up as `name#2`, `name#3`. */
  readonly name: string;
  /** Offset in the record when all fields before it have a fixed length, else -1. */
  readonly offset: number;
}

/** A Template or, when `scopeCount` is above 0, an Options Template (RFC 7011 §3.4). */
export interface Template {
  /** Template ID, 256..65 535. */
  readonly id: number;
  /** Leading fields that are the scope of an Options Template; 0 for a Template. */
  readonly scopeCount: number;
  readonly fields: readonly TemplateField[];
  /** Octets of the shortest record: a variable-length field counts 1 (RFC 7011 §7). */
  readonly minimumLength: number;
  /** Octets of every record, or 0 when a field has variable length. */
  readonly fixedLength: number;
  /**
   * Octets of the fixed-length fields before, between and after the fields of variable length:
   * one entry more than there are of the latter, so that a reader skips a record without a look
   * at its fields.
   */
  readonly runs: readonly number[];
  /** Index of the first field that is a list (RFC 6313), or -1. */
  readonly firstList: number;
  /** Equal for two Templates with the same fields and scope, whatever their ids. */
  readonly signature: string;
}

/** Finds a Template by id in the Transport Session and domain that a record came from. */
export interface TemplateLookup {
  (id: number): Template | undefined;
  /** Finds the elements of basicLists as the session knows them; the registry by default. */
  readonly element?: (pen: number, id: number) => Element | undefined;
}

/**
 * Create a Template from its fields in wire order.
 * @throws {DecodeError} `bad-template` without fields, with records of 0 octets, or with a scope
 *   beyond the fields; `limit` above `limits.templateFields`.
 */
export function createTemplate(
  id: number,
  scopeCount: number,
  specifiers: readonly (readonly [element: Element, length: number])[],
): Template {
  if (specifiers.length > limits.templateFields) {
    throw new DecodeError("limit", 0, `Template ${id} of ${specifiers.length} fields`);
  }
  const seen = new Map<string, number>();
  let minimumLength = 0;
  let variable = false;
  const fields = specifiers.map(([element, length]): TemplateField => {
    const nth = (seen.get(element.name) ?? 0) + 1;
    seen.set(element.name, nth);
    const offset = variable ? -1 : minimumLength;
    minimumLength += length === variableLength ? 1 : length;
    variable ||= length === variableLength;
    return { element, length, name: nth === 1 ? element.name : `${element.name}#${nth}`, offset };
  });
  if (minimumLength === 0 || scopeCount > fields.length) {
    throw new DecodeError(
      "bad-template",
      0,
      `Template ${id} of ${fields.length} fields, ${scopeCount} in scope, ${minimumLength} octets`,
    );
  }
  const fixedLength = variable ? 0 : minimumLength;
  return {
    id,
    scopeCount,
    fields,
    minimumLength,
    fixedLength,
    runs: measureRuns(fields),
    firstList: fields.findIndex(({ element }) => isList(element.type)),
    signature: sign(scopeCount, fields),
  };
}

function measureRuns(fields: readonly TemplateField[]): readonly number[] {
  const runs = [0];
  for (const { length } of fields) {
    if (length === variableLength) runs.push(0);
    else runs[runs.length - 1] = (runs.at(-1) ?? 0) + length;
  }
  return runs;
}

function sign(scopeCount: number, fields: readonly TemplateField[]): string {
  const specifiers = fields.map(({ element, length }) => `${element.pen}/${element.id}:${length}`);
  return `${scopeCount}|${specifiers.join(",")}`;
}
