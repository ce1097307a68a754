import { formatIpv4, formatIpv6, formatMac } from "../../bytes/address.ts";
import { variableLength } from "../element.ts";
import { locateFields } from "../locate.ts";
import type { Template } from "../template.ts";
import { decodeValue, type FieldValue } from "../value.ts";
import { fitsType } from "../values/decode.ts";
import type { ElementOperand, Literal, Where } from "./syntax.ts";
import { valueKind } from "./syntax.ts";

/** A record to look at. */
interface RecordPlace {
  readonly template: Template;
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/**
 * Whether a record matches, found by walking the expression and decoding each value: slow, and the
 * oracle of `compileWhere` in tests.
 */
export function interpretWhere(where: Where, record: RecordPlace): boolean {
  switch (where.kind) {
    case "and":
      return interpretWhere(where.left, record) && interpretWhere(where.right, record);
    case "or":
      return interpretWhere(where.left, record) || interpretWhere(where.right, record);
    case "not":
      return !interpretWhere(where.operand, record);
    case "constant":
      return where.value;
    case "present": {
      const isFlag = valueKind(where.operand.element) === "boolean";
      return isFlag ? readValue(where.operand, record) === true : hasField(where.operand, record);
    }
    case "inside":
      return isInside(where, record);
    case "late":
      return interpretWhere(where.bind(record.template), record);
    case "compare":
      return compare(where, record);
  }
}

/** Whether records of the Template have the element, with a length that fits its type. */
function hasField({ name }: ElementOperand, { template }: RecordPlace): boolean {
  const field = template.fields.find((candidate) => candidate.name === name);
  if (field === undefined) return false;
  return field.length === variableLength || fitsType(field.element.type, field.length);
}

/** The value of an element as it is compared; undefined when it is nil or its octets are none. */
function readValue(operand: ElementOperand, record: RecordPlace): FieldValue | undefined {
  const { template, bytes, start, end } = record;
  const index = template.fields.findIndex(({ name }) => name === operand.name);
  const field = template.fields[index];
  if (field === undefined) return undefined;
  const places = new Int32Array(2 * template.fields.length);
  locateFields(template, bytes, start, end, places);
  const value = decodeValue(
    field.element,
    bytes,
    places[2 * index] ?? 0,
    places[2 * index + 1] ?? 0,
  );
  const isComparable = valueKind(field.element) !== "other";
  return isComparable && value instanceof Uint8Array ? undefined : value;
}

function compare(where: Where & { readonly kind: "compare" }, record: RecordPlace): boolean {
  const { comparison, left, right } = where;
  if (right.kind === "nil") return hasField(left, record) !== (comparison === "==");
  const a = readValue(left, record);
  const b = right.kind === "element" ? readValue(right, record) : literalValue(left, right);
  if (comparison === "==") return equals(a, b);
  if (comparison === "~=") return !equals(a, b);
  if (a === undefined || b === undefined) return false;
  return { "<": a < b, "<=": a <= b, ">": a > b, ">=": a >= b }[comparison];
}

/** Equal values; a number and a bigint by what they count. */
function equals(a: FieldValue | undefined, b: FieldValue | undefined): boolean {
  if (typeof a === typeof b || a === undefined || b === undefined) return a === b;
  return a <= b && a >= b;
}

/** A literal as `decodeValue` would give it. */
function literalValue({ element }: ElementOperand, literal: Literal): FieldValue | undefined {
  if (literal.kind === "nil") return undefined;
  if (literal.kind !== "octets") return literal.value;
  if (element.type === "ipv4Address") return formatIpv4(literal.value, 0);
  if (element.type === "ipv6Address") return formatIpv6(literal.value, 0);
  if (element.type === "macAddress") return formatMac(literal.value, 0);
  return new TextDecoder().decode(literal.value);
}

function isInside(
  { operand, prefix, bits }: Where & { readonly kind: "inside" },
  record: RecordPlace,
) {
  const address = readValue(operand, record);
  if (typeof address !== "string") return false;
  const { template, bytes, start, end } = record;
  const index = template.fields.findIndex(({ name }) => name === operand.name);
  const places = new Int32Array(2 * template.fields.length);
  locateFields(template, bytes, start, end, places);
  const octets = bytes.subarray(places[2 * index], places[2 * index + 1]);
  const text = (all: Uint8Array) => [...all].map((o) => o.toString(2).padStart(8, "0")).join("");
  return text(octets).slice(0, bits) === text(prefix).slice(0, bits);
}
