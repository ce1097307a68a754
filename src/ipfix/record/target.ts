import { writeUint16 } from "../../bytes/read.ts";
import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { Template, TemplateLookup } from "../template.ts";
import type { RecordOctets } from "./octets.ts";
import type { PlainRecord } from "./plain.ts";

/** Appends a record of plain data to `target.octets`. */
export type PlainWriter = (target: RecordTarget, record: PlainRecord) => void;

/** What a record is written to, and what its lists need. */
export interface RecordTarget {
  readonly octets: RecordOctets;
  /** Finds the Templates that lists name. */
  readonly templates: TemplateLookup;
  /** Gives the writer of records of such a Template. */
  readonly lookup: (template: Template) => PlainWriter;
  /** How many lists are around what is written. */
  readonly depth: number;
}

/** The target one list further in. @throws {ConfigError} `limit` beyond `limits.listDepth`. */
export function deeper(target: RecordTarget): RecordTarget {
  if (target.depth >= limits.listDepth) {
    const detail = `Cannot encode lists nested deeper than ${limits.listDepth}`;
    throw new ConfigError("limit", "", detail);
  }
  return { ...target, depth: target.depth + 1 };
}

/** Append the length octets of content of variable length, in the shortest form (RFC 7011 §7). */
export function writeLength(octets: RecordOctets, length: number): void {
  const at = octets.extend(length < 255 ? 1 : 3);
  octets.bytes[at] = Math.min(length, 255);
  if (length >= 255) writeUint16(octets.bytes, at + 1, length);
}

/** Append what `write` appends, behind three octets that tell its length (RFC 7011 §7). */
export function writeSized(octets: RecordOctets, write: () => void): void {
  const at = octets.extend(3);
  write();
  octets.bytes[at] = 255;
  writeUint16(octets.bytes, at + 1, octets.length - at - 3);
}
