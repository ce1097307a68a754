import { formatIpv4, formatIpv6, formatMac } from "../../bytes/address.ts";
import { formatHex } from "../../bytes/hex.ts";
import { readSigned, readUnsigned } from "../../bytes/integer.ts";
import { readUint32 } from "../../bytes/read.ts";
import { formatTime, readNtpMicros, readNtpNanos } from "../../bytes/time.ts";
import { decodeUtf8 } from "../../bytes/utf8.ts";
import { safeJson } from "../../text/json.ts";
import { type AbstractType, abstractTypes, type Element, variableLength } from "../element.ts";
import { locateFields } from "../locate.ts";
import type { ListSource } from "../structured/list.ts";
import type { Template } from "../template.ts";
import { fitsType, isBoolean, readFloat } from "./decode.ts";
import { createListFormatters, type Formatter } from "./json-lists.ts";
import { type FieldSelection, selectFields } from "./selection.ts";

function formatInteger(value: number | bigint): string {
  return typeof value === "number" ? String(value) : `"${value}"`;
}

function formatMoment(count: number | bigint, digits: 0 | 3 | 6 | 9): string {
  const text = formatTime(count, digits);
  return text === undefined ? formatInteger(count) : `"${text}"`;
}

function formatFloat(value: number): string {
  return Number.isFinite(value) ? String(value) : "null";
}

const unsigned: Formatter = ({ bytes }, start, end) =>
  formatInteger(readUnsigned(bytes, start, end));
const signed: Formatter = ({ bytes }, start, end) => formatInteger(readSigned(bytes, start, end));
const float: Formatter = ({ bytes }, start, end) => formatFloat(readFloat(bytes, start, end));
const octets: Formatter = ({ bytes }, start, end) => `"${formatHex(bytes, start, end)}"`;
const formatters: Readonly<Record<AbstractType, Formatter>> = {
  octetArray: octets,
  unsigned8: unsigned,
  unsigned16: unsigned,
  unsigned32: unsigned,
  unsigned64: unsigned,
  unsigned256: unsigned,
  signed8: signed,
  signed16: signed,
  signed32: signed,
  signed64: signed,
  float32: float,
  float64: float,
  boolean: (source, start, end) =>
    isBoolean(source.bytes[start]) ? String(source.bytes[start] === 1) : octets(source, start, end),
  macAddress: ({ bytes }, start) => `"${formatMac(bytes, start)}"`,
  string: ({ bytes }, start, end) => safeJson(decodeUtf8(bytes, start, end)),
  dateTimeSeconds: ({ bytes }, start) => formatMoment(readUint32(bytes, start), 0),
  dateTimeMilliseconds: ({ bytes }, start, end) => formatMoment(readUnsigned(bytes, start, end), 3),
  dateTimeMicroseconds: ({ bytes }, start) => formatMoment(readNtpMicros(bytes, start), 6),
  dateTimeNanoseconds: ({ bytes }, start) => formatMoment(readNtpNanos(bytes, start), 9),
  ipv4Address: ({ bytes }, start) => `"${formatIpv4(bytes, start)}"`,
  ipv6Address: ({ bytes }, start) => `"${formatIpv6(bytes, start)}"`,
  ...createListFormatters({
    // Both are looked up when they are needed: each of them needs the lists in turn.
    format: (type, length) => formatterOf(type, length),
    record: (template) => {
      const plan = planOf(template);
      return (source, start, end) => formatRecord(plan, source, start, end);
    },
  }),
};

/**
 * The value of `element` in `source.bytes[start .. end)` as JSON text, as the record schema has it:
 * times in ISO 8601, integers from 2^53 up as decimal strings, octets in hexadecimal.
 * @throws {DecodeError} when a list is damaged.
 */
export function formatValue(
  element: Element,
  source: ListSource,
  start: number,
  end: number,
): string {
  return formatterOf(element.type, end - start)(source, start, end);
}

/** What writes values of `type` that have `length` octets; of any length when that is undefined. */
export function formatterOf(type: AbstractType, length: number | undefined): Formatter {
  if (length !== undefined) return fitsType(type, length) ? formatters[type] : octets;
  return abstractTypes[type] === variableLength
    ? formatters[type]
    : (source, start, end) => formatterOf(type, end - start)(source, start, end);
}

/** How records of one Template become JSON; made once per Template. */
export interface RecordPlan {
  readonly template: Template;
  /** `"name":` of each field, or undefined for one that is left out. */
  readonly keys: readonly (string | undefined)[];
  readonly ranges: Int32Array;
}

/** Make the plan for records of `template`; a repeated element is selected by its plain name. */
export function createRecordPlan(template: Template, selection?: FieldSelection): RecordPlan {
  const wanted = selectFields(template, selection);
  const keys = template.fields.map(({ name }, i) =>
    wanted[i] ? `${JSON.stringify(name)}:` : undefined,
  );
  return { template, keys, ranges: new Int32Array(2 * keys.length) };
}

const plans = new WeakMap<Template, RecordPlan>();

function planOf(template: Template): RecordPlan {
  const known = plans.get(template);
  if (known) return known;
  const plan = createRecordPlan(template);
  plans.set(template, plan);
  return plan;
}

/**
 * The record of `plan.template` in `source.bytes[start .. end)` as JSON text of an object by field
 * name.
 * @throws {DecodeError} when the record or a list in it is damaged.
 */
export function formatRecord(
  plan: RecordPlan,
  source: ListSource,
  start: number,
  end: number,
): string {
  const { keys, ranges, template } = plan;
  locateFields(template, source.bytes, start, end, ranges);
  // The ranges are shared by all records of a Template, so one nested in itself needs its own.
  const own = template.firstList < 0 ? ranges : ranges.slice();
  let text = "{";
  for (let i = 0; i < keys.length; i++) {
    const key = keys[i];
    if (key === undefined) continue;
    if (text.length > 1) text += ",";
    const { element } = template.fields[i] as Template["fields"][number];
    text += key + formatValue(element, source, own[2 * i] as number, own[2 * i + 1] as number);
  }
  return `${text}}`;
}
