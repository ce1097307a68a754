import { writeIpv4 } from "../../bytes/address.ts";
import { isList, variableLength } from "../element.ts";
import type { Template, TemplateField } from "../template.ts";
import { fitsType } from "../values/decode.ts";
import { encodeValue } from "../values/encode.ts";
import type { PlainValue } from "./plain.ts";
import type { PlainWriter, RecordTarget } from "./target.ts";
import { checkNames, checkRecord, ownValue, writeField } from "./write.ts";

/**
 * Compile `template` to a writer of its records from plain data, as `interpretPlainWriter` writes
 * them. Only integers and JSON text of names are interpolated. The writer throws a ConfigError for
 * values that do not fit their fields.
 */
export function compilePlainWriter(template: Template): PlainWriter {
  const { fields } = template;
  const lines: string[] = [];
  for (let i = 0; i < fields.length; ) {
    const last = endOfRun(fields, i);
    if (last === i) {
      const field = fields[i] as TemplateField;
      lines.push(`${take(field)} put[${i}](target, v);`);
      i++;
      continue;
    }
    const sizes = fields.slice(i, last).reduce((sum, { length }) => sum + length, 0);
    lines.push(`at = octets.extend(${sizes}); b = octets.bytes;`);
    for (let offset = 0; i < last; i++) {
      const field = fields[i] as TemplateField;
      lines.push(`${take(field)} ${storeCode(field, i, offset)}`);
      offset += field.length;
    }
  }
  const body = `
    if (typeof r !== "object" || r === null) checkRecord(r);
    const octets = target.octets;
    let at = 0, b, v, taken = 0;
    ${lines.join("\n")}
    if (Object.keys(r).length !== taken) check(template, r);`;
  const create = new Function(
    ...Object.keys(runtime),
    "template",
    "put",
    "store",
    `return (target, r) => {${body}};`,
  ) as (...values: unknown[]) => PlainWriter;
  return create(...Object.values(runtime), template, fields.map(putter), fields.map(storer));
}

const writers = new WeakMap<Template, PlainWriter>();

/** The writer of records of `template`, compiled once. */
export function plainWriterOf(template: Template): PlainWriter {
  const known = writers.get(template);
  if (known) return known;
  const writer = compilePlainWriter(template);
  writers.set(template, writer);
  return writer;
}

/** Index behind the fields from `first` whose place is known from the first one's. */
function endOfRun(fields: readonly TemplateField[], first: number): number {
  let last = first;
  for (; last < fields.length; last++) {
    const { element, length } = fields[last] as TemplateField;
    if (length === variableLength || isList(element.type)) break;
  }
  return last;
}

/** Code that makes `v` the value of a field and counts it. */
function take({ name }: TemplateField): string {
  const key = JSON.stringify(name);
  const value = name in Object.prototype ? `own(r, ${key})` : `r[${key}]`;
  return `v = ${value}; if (v !== undefined) taken++;`;
}

/** Stores a value, or zeros where there is none, at its place in a record. */
type Storer = (bytes: Uint8Array, at: number, value: PlainValue | undefined) => void;

function storer(field: TemplateField): Storer {
  const { element, length } = field;
  return (bytes, at, value) => {
    if (value === undefined) bytes.fill(0, at, at + length);
    else bytes.set(encodeValue(element, value as Exclude<typeof value, object>, length), at);
  };
}

function putter(field: TemplateField) {
  return (target: RecordTarget, value: PlainValue | undefined) => writeField(target, field, value);
}

/** What compiled code calls. */
const runtime = { check: checkNames, checkRecord, own: ownValue, writeIpv4 };

/** Code that stores `v` at `b[at + offset]`: usual values in place, the others by the twin. */
function storeCode(field: TemplateField, index: number, offset: number): string {
  const { element, length } = field;
  const { type } = element;
  const place = `at + ${offset}`;
  const slow = `store[${index}](b, ${place}, v);`;
  if (!fitsType(type, length)) return slow;
  const unsigned = type.startsWith("unsigned") && length <= 8;
  if (unsigned || type === "dateTimeMilliseconds" || type === "dateTimeSeconds") {
    const most = Math.min(2 ** (8 * length) - 1, Number.MAX_SAFE_INTEGER);
    const test = `typeof v === "number" && v >= 0 && v <= ${most} && Math.floor(v) === v`;
    return `if (${test}) { ${storeUnsigned(place, length)} } else ${slow}`;
  }
  if (type === "ipv4Address") {
    return `if (typeof v !== "string" || !writeIpv4(b, ${place}, v)) ${slow}`;
  }
  return slow;
}

function storeUnsigned(place: string, length: number): string {
  const low = Array.from({ length: Math.min(length, 4) }, (_, k) => {
    return `b[${place} + ${length - 1 - k}] = ${k === 0 ? "v" : `v >>> ${8 * k}`};`;
  });
  if (length <= 4) return low.join(" ");
  const high = Array.from({ length: length - 4 }, (_, k) => {
    return `b[${place} + ${length - 5 - k}] = ${k === 0 ? "h" : `h >>> ${8 * k}`};`;
  });
  return `const h = Math.floor(v / 4294967296); ${low.join(" ")} ${high.join(" ")}`;
}
