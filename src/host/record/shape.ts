import { type AbstractType, type Element, variableLength } from "../../ipfix/element.ts";
import type { ListSource } from "../../ipfix/structured/list.ts";
import type { TemplateField } from "../../ipfix/template.ts";
import { fitsType } from "../../ipfix/values/decode.ts";

/** How a field goes to Lua and back; `plain` is what `decodeValue` and `encodeValue` do. */
export type Shape = "unsigned" | "signed" | "string" | "octets" | "list" | "plain";

const shapes: Readonly<Partial<Record<AbstractType, Shape>>> = {
  unsigned8: "unsigned",
  unsigned16: "unsigned",
  unsigned32: "unsigned",
  unsigned64: "unsigned",
  dateTimeSeconds: "unsigned",
  dateTimeMilliseconds: "unsigned",
  signed8: "signed",
  signed16: "signed",
  signed32: "signed",
  signed64: "signed",
  string: "string",
  octetArray: "octets",
  basicList: "list",
  subTemplateList: "list",
  subTemplateMultiList: "list",
};

/** The shape of content of `length` octets; octets when it cannot be a value of its type. */
export function shapeOf(element: Element, length: number): Shape {
  const shape = shapes[element.type] ?? "plain";
  if (length === variableLength && (shape === "unsigned" || shape === "signed")) return "plain";
  // Only text of a fixed length is filled up with NULs.
  if (length === variableLength && shape === "string") return "octets";
  return fitsType(element.type, length) || length === variableLength ? shape : "octets";
}

/** What a field's key gives: where the field stands and how to read it. */
export interface FieldAccess {
  readonly kind: "field";
  readonly index: number;
  readonly field: TemplateField;
  readonly shape: Shape;
  /** Offset in the record where it is the same in all, else -1. */
  readonly offset: number;
  /** Octets on the wire, where they are the same in all. */
  readonly length: number;
}

/** How to read `field`, the one at `index` of its Template. */
export function fieldAccess(field: TemplateField, index: number): FieldAccess {
  const { element, length } = field;
  const offset = length === variableLength ? -1 : field.offset;
  return { kind: "field", index, field, shape: shapeOf(element, length), offset, length };
}

/** Content of an element somewhere in a record. */
export interface Content {
  readonly element: Element;
  readonly source: ListSource;
  readonly start: number;
  readonly end: number;
}
