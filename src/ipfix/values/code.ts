import { DecodeError } from "../../errors.ts";
import { variableLength } from "../element.ts";
import type { Template, TemplateField } from "../template.ts";

/** A field and where its content stands in the record at hand, as code. */
export interface FieldPlace {
  readonly index: number;
  readonly field: TemplateField;
  readonly start: string;
  readonly end: string;
}

/**
 * The one generator of code that reads records: straight-line code that walks a record of
 * `template` with octets `b`, from `start` to `end`, and has `statement` say what is done with each
 * field. The code uses `at` and `size` of its own and calls `cut(start)` for a record that does not
 * end by `end`. Whoever makes statements interpolates integers and JSON text of names only.
 */
export function walkCode(
  template: Template,
  statement: (place: FieldPlace) => string | undefined,
): string {
  const lines = [
    "let at = start, size = 0;",
    `if (end - start < ${template.minimumLength}) cut(start);`,
  ];
  let offset = 0;
  let rest = template.minimumLength;
  template.fields.forEach((field, index) => {
    const { length } = field;
    if (length === variableLength) {
      rest -= offset + 1;
      lines.push(`at += ${offset};`, readSize, `if (!(at + size + ${rest} <= end)) cut(start);`);
      lines.push(statement({ index, field, start: "at", end: "at + size" }) ?? "");
      lines.push("at += size;");
      offset = 0;
      return;
    }
    const [start, end] = [`at + ${offset}`, `at + ${offset + length}`];
    lines.push(statement({ index, field, start, end }) ?? "");
    offset += length;
  });
  return lines.join("\n");
}

/** The length octets of a field of variable length (RFC 7011 §7). */
const readSize = "size = b[at++]; if (size === 255) { size = b[at] << 8 | b[at + 1]; at += 2; }";

/** What `walkCode` calls for a record of `template` that is cut short. */
export function createCut({ id }: Template): (start: number) => never {
  return (start) => {
    throw new DecodeError("truncated", start, `record of Template ${id}`);
  };
}

/** Code for the unsigned number at `start`, of 1 to 6 octets: these fit a number for sure. */
export function unsignedCode(start: string, length: number): string {
  const terms = Array.from({ length }, (_, k) => `b[${start} + ${k}] * ${256 ** (length - 1 - k)}`);
  return `(${terms.join(" + ")})`;
}

/** Whether `unsignedCode` reads the field: most fields of most records are such. */
export function isPlainUnsigned({ element, length }: TemplateField): boolean {
  return element.type.startsWith("unsigned") && length >= 1 && length <= 6;
}
