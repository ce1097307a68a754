import type { Element } from "../element.ts";
import type { Template } from "../template.ts";

/** An element whose value is looked at. */
export interface ElementOperand {
  readonly kind: "element";
  readonly name: string;
  readonly element: Element;
}

/** What an element may be compared with; text for addresses is already in its octets. */
export type Literal =
  | { readonly kind: "number"; readonly value: number | bigint }
  | { readonly kind: "octets"; readonly value: Uint8Array }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "nil" };

export type Comparison = "==" | "~=" | "<" | "<=" | ">" | ">=";

/** A `where` expression, checked: every comparison is of things that can be compared. */
export type Where =
  | { readonly kind: "and" | "or"; readonly left: Where; readonly right: Where }
  | { readonly kind: "not"; readonly operand: Where }
  | {
      readonly kind: "compare";
      readonly comparison: Comparison;
      readonly left: ElementOperand;
      readonly right: ElementOperand | Literal;
    }
  /** An element alone: whether the record has it, and for a boolean whether it is true. */
  | { readonly kind: "present"; readonly operand: ElementOperand }
  /** Whether the first `bits` bits of an address are those of `prefix`. */
  | {
      readonly kind: "inside";
      readonly operand: ElementOperand;
      readonly prefix: Uint8Array;
      readonly bits: number;
    }
  | { readonly kind: "constant"; readonly value: boolean }
  /** What `field("name")` is in: it is known with the Template which elements are meant. */
  | { readonly kind: "late"; readonly bind: (template: Template) => Where };

/** How the values of an element are compared. */
export type ValueKind = "number" | "address" | "text" | "boolean" | "other";

const kinds: Readonly<Record<string, ValueKind>> = {
  float32: "number",
  float64: "number",
  dateTimeSeconds: "number",
  dateTimeMilliseconds: "number",
  ipv4Address: "address",
  ipv6Address: "address",
  macAddress: "address",
  string: "text",
  boolean: "boolean",
};

/** How the values of `element` are compared; lists, octets and fine times are not. */
export function valueKind({ type }: Element): ValueKind {
  return kinds[type] ?? (/^(un)?signed(8|16|32|64)$/.test(type) ? "number" : "other");
}
