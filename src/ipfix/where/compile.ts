import { readSigned, readUnsigned } from "../../bytes/integer.ts";
import { variableLength } from "../element.ts";
import { locateFields } from "../locate.ts";
import type { Template, TemplateField } from "../template.ts";
import { fitsType, isBoolean } from "../values/decode.ts";
import type { Comparison, ElementOperand, Literal, Where } from "./syntax.ts";
import { valueKind } from "./syntax.ts";

/** Whether the record at `[start, end)` of `bytes` matches; `view` is the same memory. */
export type Matcher = (bytes: Uint8Array, view: DataView, start: number, end: number) => boolean;

/**
 * Compile `where` for records of `template`: one function of straight code, about as fast as one
 * written by hand. Only integers are interpolated; what a user wrote comes in as constants.
 * The matcher throws a DecodeError for a record that is cut short.
 */
export function compileWhere(where: Where, template: Template): Matcher {
  const compiler = new Compiler(template);
  const condition = compiler.condition(where);
  const locate = compiler.needsPlaces ? "locate(template, b, o, e, p);" : "";
  const create = new Function(
    ...Object.keys(runtime),
    "locate",
    "template",
    "p",
    "k",
    `return (b, v, o, e) => { ${locate} return ${condition}; };`,
  ) as (...values: unknown[]) => Matcher;
  const places = new Int32Array(2 * template.fields.length);
  return create(...Object.values(runtime), locateFields, template, places, compiler.constants);
}

/** Where a field stands in the record, as code. */
interface Place {
  readonly field: TemplateField;
  readonly start: string;
  readonly end: string;
}

class Compiler {
  readonly constants: unknown[] = [];
  needsPlaces = false;
  readonly #template: Template;

  constructor(template: Template) {
    this.#template = template;
  }

  condition(where: Where): string {
    switch (where.kind) {
      case "and":
        return `(${this.condition(where.left)} && ${this.condition(where.right)})`;
      case "or":
        return `(${this.condition(where.left)} || ${this.condition(where.right)})`;
      case "not":
        return `!${this.condition(where.operand)}`;
      case "constant":
        return String(where.value);
      case "present":
        return this.#present(where.operand);
      case "inside":
        return this.#inside(where);
      case "late":
        return this.condition(where.bind(this.#template));
      case "compare":
        return this.#compare(where);
    }
  }

  /** The field of an element, when records have it with a length that fits its type. */
  #place({ name }: ElementOperand): Place | undefined {
    const index = this.#template.fields.findIndex((field) => field.name === name);
    const field = this.#template.fields[index];
    if (field === undefined) return undefined;
    const { element, length, offset } = field;
    if (offset >= 0 && length !== variableLength) {
      if (!fitsType(element.type, length)) return undefined;
      return { field, start: `(o + ${offset})`, end: `(o + ${offset + length})` };
    }
    this.needsPlaces = true;
    return { field, start: `p[${2 * index}]`, end: `p[${2 * index + 1}]` };
  }

  #constant(value: unknown): string {
    return `k[${this.constants.push(value) - 1}]`;
  }

  #present(operand: ElementOperand): string {
    const place = this.#place(operand);
    if (place === undefined) return "false";
    const isFlag = valueKind(operand.element) === "boolean";
    return isFlag ? `(${value(place)} === true)` : "true";
  }

  #inside({ operand, prefix, bits }: Where & { readonly kind: "inside" }): string {
    const place = this.#place(operand);
    if (place === undefined) return "false";
    return `inside(b, ${place.start}, ${place.end}, ${this.#constant(prefix)}, ${bits})`;
  }

  #compare({ comparison, left, right }: Where & { readonly kind: "compare" }): string {
    const place = this.#place(left);
    if (right.kind === "element") return this.#compareElements(comparison, place, right);
    const equal = comparison === "==";
    if (right.kind === "nil") return String((place === undefined) === equal);
    // nil is equal to no value, and has no order.
    if (place === undefined) return String(comparison === "~=");
    if (right.kind === "octets") {
      const constant = this.#constant(right.value);
      const test = `${sameAs(place)}(b, ${place.start}, ${place.end}, ${constant})`;
      return equal ? test : `!${test}`;
    }
    return `(${value(place, right)} ${script[comparison]} ${this.#literal(right)})`;
  }

  #compareElements(
    comparison: Comparison,
    left: Place | undefined,
    operand: ElementOperand,
  ): string {
    const right = this.#place(operand);
    const equality = comparison === "==" || comparison === "~=";
    if (left === undefined || right === undefined) {
      const bothAbsent = left === right;
      return String(equality && bothAbsent === (comparison === "=="));
    }
    const kind = valueKind(operand.element);
    if (kind === "number" || kind === "boolean") {
      return `(${value(left)} ${script[comparison]} ${value(right)})`;
    }
    const trim = kind === "text";
    const ends = `${left.start}, ${left.end}, ${right.start}, ${right.end}`;
    const test = `same(b, ${ends}, ${trim})`;
    return comparison === "==" ? test : `!${test}`;
  }

  #literal(literal: Literal): string {
    if (literal.kind === "number") return this.#constant(literal.value);
    return String((literal as { readonly value: boolean }).value);
  }
}

/** Loose equality compares numbers and bigints exactly; nothing else meets here. */
const script: Readonly<Record<Comparison, string>> = {
  "==": "==",
  "~=": "!=",
  "<": "<",
  "<=": "<=",
  ">": ">",
  ">=": ">=",
};

/** The value of a number or boolean as code; undefined when its octets are none. */
function value({ field, start, end }: Place, literal?: Literal): string {
  const { element, length } = field;
  if (element.type === "boolean") return `flag(b[${start}], ${end} - ${start})`;
  if (element.type.startsWith("float")) return `float(v, ${start}, ${end})`;
  if (element.type.startsWith("signed")) return `signed(b, ${start}, ${end})`;
  if (length === 1) return `b[${start}]`;
  if (length === 2) return `v.getUint16(${start})`;
  if (length === 4) return `v.getUint32(${start})`;
  if (length === 8 && isSmall(literal)) {
    // Rounded above 2^53, which is still above everything it is compared with.
    return `(v.getUint32(${start}) * 4294967296 + v.getUint32(${start} + 4))`;
  }
  return `unsigned(b, ${start}, ${end})`;
}

function isSmall(literal: Literal | undefined): boolean {
  if (literal?.kind !== "number" || typeof literal.value === "bigint") return false;
  return Math.abs(literal.value) <= Number.MAX_SAFE_INTEGER;
}

function sameAs({ field }: Place): string {
  return field.element.type === "string" ? "sameText" : "sameOctets";
}

/** What compiled code calls. */
const runtime = {
  unsigned: (b: Uint8Array, start: number, end: number) =>
    isIntegerLength(end - start) ? readUnsigned(b, start, end) : undefined,
  signed: (b: Uint8Array, start: number, end: number) =>
    isIntegerLength(end - start) ? readSigned(b, start, end) : undefined,
  float(v: DataView, start: number, end: number) {
    if (end - start === 8) return v.getFloat64(start);
    return end - start === 4 ? v.getFloat32(start) : undefined;
  },
  flag: (octet: number | undefined, length: number) =>
    length === 1 && isBoolean(octet) ? octet === 1 : undefined,
  sameOctets: (b: Uint8Array, start: number, end: number, octets: Uint8Array) =>
    end - start === octets.length && octets.every((octet, i) => b[start + i] === octet),
  sameText: (b: Uint8Array, start: number, end: number, octets: Uint8Array) =>
    runtime.sameOctets(b, start, textEnd(b, start, end), octets),
  same(b: Uint8Array, from: number, to: number, start: number, end: number, trim: boolean) {
    const [left, right] = trim ? [textEnd(b, from, to), textEnd(b, start, end)] : [to, end];
    const length = left - from;
    if (length !== right - start) return false;
    for (let i = 0; i < length; i++) if (b[from + i] !== b[start + i]) return false;
    return true;
  },
  inside(b: Uint8Array, start: number, end: number, prefix: Uint8Array, bits: number) {
    if (end - start !== prefix.length) return false;
    const whole = bits >>> 3;
    for (let i = 0; i < whole; i++) if (b[start + i] !== prefix[i]) return false;
    const rest = bits & 7;
    if (rest === 0) return true;
    const difference = (b[start + whole] as number) ^ (prefix[whole] as number);
    return difference >>> (8 - rest) === 0;
  },
};

function isIntegerLength(length: number): boolean {
  return length >= 1 && length <= 8;
}

/** Text of a fixed length is filled up with NULs. */
function textEnd(b: Uint8Array, start: number, end: number): number {
  let last = end;
  while (last > start && b[last - 1] === 0) last--;
  return last;
}
