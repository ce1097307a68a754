import { formatIpv4, formatIpv6, formatMac } from "../../bytes/address.ts";
import { readSigned, readUnsigned } from "../../bytes/integer.ts";
import { readUint32 } from "../../bytes/read.ts";
import { readNtpMicros, readNtpNanos } from "../../bytes/time.ts";
import { decodeUtf8 } from "../../bytes/utf8.ts";
import { type AbstractType, abstractTypes, type Element, variableLength } from "../element.ts";

/**
 * A value as programs work with it: integers are numbers, and bigints from 2^53 up; addresses are
 * canonical text; times count from the Unix epoch in the element's own unit, nanoseconds as
 * bigint; octets and lists are copies of their octets.
 */
export type FieldValue = number | bigint | boolean | string | Uint8Array;

/** Reads a value from `bytes[start .. end)`. */
type Reader = (bytes: Uint8Array, start: number, end: number) => FieldValue;

const scratch = new DataView(new ArrayBuffer(8));

/** A float64, or the float32 it may be reduced to (RFC 7011 §6.2). */
export function readFloat(bytes: Uint8Array, start: number, end: number): number {
  for (let i = start; i < end; i++) scratch.setUint8(i - start, bytes[i] as number);
  return end - start === 4 ? scratch.getFloat32(0) : scratch.getFloat64(0);
}

const readOctets: Reader = (bytes, start, end) => bytes.slice(start, end);

const readers: Readonly<Record<AbstractType, Reader>> = {
  octetArray: readOctets,
  unsigned8: readUnsigned,
  unsigned16: readUnsigned,
  unsigned32: readUnsigned,
  unsigned64: readUnsigned,
  unsigned256: readUnsigned,
  signed8: readSigned,
  signed16: readSigned,
  signed32: readSigned,
  signed64: readSigned,
  float32: readFloat,
  float64: readFloat,
  boolean: (bytes, start, end) =>
    isBoolean(bytes[start]) ? bytes[start] === 1 : readOctets(bytes, start, end),
  macAddress: (bytes, start) => formatMac(bytes, start),
  string: decodeUtf8,
  dateTimeSeconds: (bytes, start) => readUint32(bytes, start),
  dateTimeMilliseconds: readUnsigned,
  dateTimeMicroseconds: (bytes, start) => readNtpMicros(bytes, start),
  dateTimeNanoseconds: (bytes, start) => readNtpNanos(bytes, start),
  ipv4Address: (bytes, start) => formatIpv4(bytes, start),
  ipv6Address: (bytes, start) => formatIpv6(bytes, start),
  basicList: readOctets,
  subTemplateList: readOctets,
  subTemplateMultiList: readOctets,
};

/** Types whose octets are a number of any length (RFC 7011 §6.2). */
const integers: ReadonlySet<AbstractType> = new Set<AbstractType>([
  ...(["unsigned8", "unsigned16", "unsigned32", "unsigned64", "unsigned256"] as const),
  ...(["signed8", "signed16", "signed32", "signed64"] as const),
]);

/**
 * Whether content of `length` octets can be a value of `type`: its natural length or a reduced
 * one; integers also longer ones up to 8 octets, since exporters do that and nothing is in doubt.
 * Anything else is shown as octets.
 */
export function fitsType(type: AbstractType, length: number): boolean {
  const natural: number = abstractTypes[type];
  if (length === natural || natural === variableLength) return true;
  if (integers.has(type)) return length > 0 && length <= Math.max(natural, 8);
  return type === "float64" && length === 4;
}

/** Whether an octet is true or false as a boolean (RFC 7011 §6.1.5); anything else is neither. */
export function isBoolean(octet: number | undefined): boolean {
  return octet === 1 || octet === 2;
}

/** The value of `element` in `bytes[start .. end)`; octets when the length is not of its type. */
export function decodeValue(
  element: Element,
  bytes: Uint8Array,
  start: number,
  end: number,
): FieldValue {
  const { type } = element;
  return fitsType(type, end - start)
    ? readers[type](bytes, start, end)
    : readOctets(bytes, start, end);
}
