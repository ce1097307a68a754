import { hex } from "./hex.ts";
import { messageOf } from "./hostile.ts";

/** An element as an exporter may describe it. */
export interface Described {
  readonly pen?: number;
  readonly id: number;
  /** Number of the type, 3 for unsigned32 (RFC 5610 §3.1). */
  readonly type?: number;
  readonly semantics?: number;
  readonly units?: number;
  readonly name: string;
}

const digits = (value: number, octets: number) => value.toString(16).padStart(2 * octets, "0");

/** Template 400 of type records: scope enterprise and number, then type, semantics, units, name. */
export const typeTemplateSet =
  "0003 0022 0190 0006 0002 015a0004 012f0002 01530001 01580001 01590002 0155ffff";

/** A Data Set of type records. */
export function typeRecords(...elements: readonly Described[]): string {
  const records = elements.map(({ pen = 32_473, id, type = 3, semantics = 0, units = 0, name }) => {
    const text = Buffer.from(name);
    const fixed = [digits(pen, 4), digits(id, 2), digits(type, 1), digits(semantics, 1)];
    return [...fixed, digits(units, 2), digits(text.length, 1), text.toString("hex")].join("");
  });
  const body = records.join("");
  return `0190 ${digits(4 + hex(body).length, 2)} ${body}`;
}

/** A Template `id` of one field of enterprise 32473. */
export function vendorTemplate(field: number, length = 4, id = 256): string {
  const specifier = `${digits(field | 0x8000, 2)} ${digits(length, 2)} 00007ed9`;
  return `0002 0010 ${digits(id, 2)} 0001 ${specifier}`;
}

/** A Message that describes `elements`. */
export function describingMessage(...elements: readonly Described[]): Uint8Array {
  return messageOf(`${typeTemplateSet} ${typeRecords(...elements)}`);
}
