import type { FieldValue } from "../values/decode.ts";

/**
 * A record as plain data: values by field name, a repeated element as `name#2`, `name#3`. Padding
 * is left out. It has the shape of the record schema, with values as `decodeValue` has them.
 */
export type PlainRecord = Readonly<Record<string, PlainValue>>;

/** The value of a field; lists as data of their own, or as the octets of their content. */
export type PlainValue = FieldValue | PlainList;

/** Structured data (RFC 6313 §4.5). */
export type PlainList = PlainBasicList | PlainTemplateList | PlainMultiList;

/** A basicList (RFC 6313 §4.5.1). */
export interface PlainBasicList {
  readonly list: "basic";
  /** Structured data type semantics (RFC 6313 §4.4), such as 3 for allOf. */
  readonly semantic: number;
  /** Name of the element; `pen/id` where no registry knows it. */
  readonly element: string;
  /** Its Private Enterprise Number, needed where the name alone means another one's element. */
  readonly pen?: number;
  /** Octets of each value, 65 535 for variable length; the natural length by default. */
  readonly length?: number;
  readonly values: readonly PlainValue[];
}

/** Records of one Template: read, or as octets where nobody knows the Template. */
export type PlainGroup =
  | { readonly template: number; readonly records: readonly PlainRecord[] }
  | { readonly template: number; readonly raw: Uint8Array };

/** A subTemplateList (RFC 6313 §4.5.2). */
export type PlainTemplateList = PlainGroup & { readonly list: "stl"; readonly semantic: number };

/** A subTemplateMultiList (RFC 6313 §4.5.3). */
export interface PlainMultiList {
  readonly list: "stml";
  readonly semantic: number;
  readonly groups: readonly PlainGroup[];
}

/** Whether a value is a list, rather than something that has no parts. */
export function isPlainList(value: PlainValue): value is PlainList {
  return typeof value === "object" && value !== null && !(value instanceof Uint8Array);
}
