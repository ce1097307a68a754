import { DecodeError } from "../../errors.ts";
import { variableLength } from "../element.ts";
import type { ListSource } from "../structured/list.ts";
import type { TemplateField } from "../template.ts";
import { type Formatter, formatterOf, type RecordPlan } from "./json.ts";

/** Writes the record in `source.bytes[start .. end)` as JSON, as `formatRecord` does. */
export type RecordWriter = (source: ListSource, start: number, end: number) => string;

/**
 * Compile a plan to straight-line code, about 2 times faster than `formatRecord`, its interpreted
 * twin. Only JSON text of names and integers are interpolated.
 */
export function compileRecordWriter(plan: RecordPlan): RecordWriter {
  const { template, keys } = plan;
  const lines: string[] = [];
  let separator = "{";
  let offset = 0;
  let rest = template.minimumLength;
  template.fields.forEach((field, i) => {
    const key = keys[i];
    const text = key === undefined ? undefined : JSON.stringify(separator + key);
    if (text !== undefined) separator = ",";
    if (field.length === variableLength) {
      rest -= offset + 1;
      lines.push(`at += ${offset};`, readSize, `if (!(at + size + ${rest} <= end)) cut(start);`);
      if (text !== undefined) lines.push(`text += ${text} + f[${i}](source, at, at + size);`);
      lines.push("at += size;");
      offset = 0;
      return;
    }
    if (text !== undefined) lines.push(`text += ${text} + ${fixedExpression(field, i, offset)};`);
    offset += field.length;
  });
  const body = `
    const b = source.bytes;
    let at = start, size = 0, text = "";
    if (end - start < ${template.minimumLength}) cut(start);
    ${lines.join("\n")}
    return text + ${separator === "{" ? '"{}"' : '"}"'};`;
  const formatters: readonly Formatter[] = template.fields.map(({ element, length }) =>
    formatterOf(element.type, length === variableLength ? undefined : length),
  );
  const cut = (start: number): never => {
    throw new DecodeError("truncated", start, `record of Template ${template.id}`);
  };
  const create = new Function("f", "cut", `return (source, start, end) => {${body}};`);
  return (create as (f: readonly Formatter[], cut: (at: number) => never) => RecordWriter)(
    formatters,
    cut,
  );
}

/** The length octets of a field of variable length (RFC 7011 §7). */
const readSize = "size = b[at++]; if (size === 255) { size = b[at] << 8 | b[at + 1]; at += 2; }";

/** Types with code of their own: the ones most fields of most records have. */
function fixedExpression({ element, length }: TemplateField, i: number, offset: number): string {
  const octet = (k: number) => `b[at + ${offset + k}]`;
  const { type } = element;
  if (type.startsWith("unsigned") && length >= 1 && length <= 6) {
    const terms = Array.from({ length }, (_, k) => `${octet(k)} * ${256 ** (length - 1 - k)}`);
    return `(${terms.join(" + ")})`;
  }
  if (type === "ipv4Address" && length === 4) {
    const octets = [0, 1, 2, 3].map(octet);
    return `'"' + ${octets.join(` + "." + `)} + '"'`;
  }
  return `f[${i}](source, at + ${offset}, at + ${offset + length})`;
}
