import { parseIpv4, parseIpv6 } from "../../bytes/address.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { ConfigError } from "../../errors.ts";
import type { AbstractType } from "../element.ts";
import { valueHint, valueNames, valueOfName } from "../elements/value-names.ts";
import { unknownElement } from "../registry.ts";
import type { Template } from "../template.ts";
import {
  type Comparison,
  type ElementOperand,
  type Literal,
  valueKind,
  type Where,
} from "./syntax.ts";
import { syntaxError } from "./tokens.ts";

/** One side of a comparison before it is known what it is compared with. */
export type Side =
  | ElementOperand
  | { readonly kind: "number"; readonly value: number | bigint }
  | { readonly kind: "string"; readonly value: string }
  | { readonly kind: "boolean"; readonly value: boolean }
  | { readonly kind: "nil" }
  | Late;

/** `field("name")`: an element that perhaps only an exporter describes (RFC 5610). */
export interface Late {
  readonly kind: "late";
  readonly name: string;
}

const turned: Readonly<Record<Comparison, Comparison>> = {
  "==": "==",
  "~=": "~=",
  "<": ">",
  "<=": ">=",
  ">": "<",
  ">=": "<=",
};

/** Both sides, as they are written. */
export type Sides = readonly [left: Side, right: Side];

/**
 * The comparison of two sides.
 * @throws {ConfigError} `syntax` or `wrong-type` when they cannot be compared, with the column.
 */
export function relate(at: number, comparison: Comparison, [left, right]: Sides): Where {
  if (left.kind === "late" || right.kind === "late")
    return relateLate(at, comparison, [left, right]);
  if (left.kind === "element") return compare(at, comparison, left, right);
  if (right.kind === "element") return compare(at, turned[comparison], right, left);
  throw syntaxError(at, "neither side is an element");
}

/** A comparison of names that are looked up in each Template. */
function relateLate(at: number, comparison: Comparison, [left, right]: Sides): Where {
  const bind = (template?: Template) =>
    relate(at, comparison, [meant(left, right, template), meant(right, left, template)]);
  bind(); // what no Template can mend is a mistake of the user
  return {
    kind: "late",
    bind(template) {
      try {
        return bind(template);
      } catch (error) {
        if (!(error instanceof ConfigError)) throw error;
        // An exporter's element of another kind than was thought is equal to nothing.
        return { kind: "constant", value: comparison === "~=" };
      }
    },
  };
}

/** `field("name")` without a comparison. */
export function presentLate(late: Late, at: number): Where {
  return { kind: "late", bind: (template) => alone(meant(late, late, template), at) };
}

/** The element that `side` names in a Template; nil, of a type that fits `other`, if none. */
function meant(side: Side, other: Side, template: Template | undefined): Side {
  if (side.kind !== "late") return side;
  const { name } = side;
  const field = template?.fields.find((each) => each.name === name);
  if (field) return { kind: "element", name, element: field.element };
  if (other.kind === "element") return { kind: "element", name, element: other.element };
  const type = Object.hasOwn(standIns, other.kind) ? standIns[other.kind] : undefined;
  const element = { ...unknownElement(0, 0), type: type ?? "unsigned64" };
  return { kind: "element", name, element };
}

const standIns: Readonly<Record<string, AbstractType>> = { string: "string", boolean: "boolean" };

/** A side without a comparison. @throws {ConfigError} `syntax` when it says nothing. */
export function alone(side: Side, at: number): Where {
  if (side.kind === "element") return { kind: "present", operand: side };
  if (side.kind === "boolean") return { kind: "constant", value: side.value };
  throw syntaxError(at, "expected a comparison");
}

function compare(at: number, comparison: Comparison, left: ElementOperand, right: Side): Where {
  const kind = valueKind(left.element);
  const equality = comparison === "==" || comparison === "~=";
  const mismatch = (expected: string) => {
    const detail = `Cannot compare ${left.name} (column ${at + 1}): expected ${expected}`;
    return new ConfigError("wrong-type", "", detail);
  };
  if (!equality && (kind !== "number" || right.kind === "nil" || right.kind === "string")) {
    throw mismatch("== or ~=, only numbers have an order");
  }
  if (right.kind === "nil") return { kind: "compare", comparison, left, right };
  if (kind === "other") throw mismatch("nil, which asks whether the record has it");
  if (right.kind === "element") {
    const same = valueKind(right.element) === kind;
    const sameType = kind !== "address" || right.element.type === left.element.type;
    if (!same || !sameType) throw mismatch(`an element of the same kind as ${left.element.type}`);
    return { kind: "compare", comparison, left, right };
  }
  const literal = literalFor(left, right);
  if (literal === undefined) throw mismatch(expectedFor[kind] + nameHint(left, right));
  return { kind: "compare", comparison, left, right: literal };
}

const expectedFor = {
  number: "a number",
  address: "an address of its type in quotes",
  text: "text in quotes",
  boolean: "true or false",
} as const;

/** The names that a number has instead of the text that it is compared with. */
function nameHint({ element }: ElementOperand, right: Side): string {
  const isName = right.kind === "string" && valueNames(element) !== undefined;
  return isName ? ` or a name of one${valueHint(element, right.value)}` : "";
}

/** `side` as `element` is compared with it, or nothing when it cannot be. */
function literalFor({ element }: ElementOperand, side: Side): Literal | undefined {
  const kind = valueKind(element);
  if (side.kind === "number") return kind === "number" ? side : undefined;
  if (side.kind === "boolean") return kind === "boolean" ? side : undefined;
  if (side.kind !== "string") return undefined;
  if (kind === "number") {
    const value = valueOfName(element, side.value);
    return value === undefined ? undefined : { kind: "number", value };
  }
  if (kind === "text") return { kind: "octets", value: encodeUtf8(side.value) };
  const value = kind === "address" ? addressOctets(element.type, side.value) : undefined;
  return value && { kind: "octets", value };
}

/** The octets of an address as `type` has them; undefined when it is none. */
export function addressOctets(type: string, text: string): Uint8Array | undefined {
  if (type === "ipv4Address") return parseIpv4(text);
  if (type === "ipv6Address") return parseIpv6(text);
  if (!/^([\da-f]{1,2}:){5}[\da-f]{1,2}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(":"), (part) => Number.parseInt(part, 16));
}
