import { parseIpv4, parseIpv6, parseMac } from "../../bytes/address.ts";
import { encodeInteger } from "../../bytes/integer.ts";
import { encodeNtpMicros, encodeNtpNanos } from "../../bytes/time.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { ConfigError } from "../../errors.ts";
import { type AbstractType, abstractTypes, type Element, variableLength } from "../element.ts";
import { type FieldValue, fitsType, isBoolean } from "./decode.ts";

/** Largest content of a variable-length field: its length has 16 bits (RFC 7011 §7). */
const longestContent = 65_535;

/**
 * The octets of `value` for a field of `length` octets; 65 535 stands for a variable length, whose
 * length octets are not included. The twin of `decodeValue`: octets that it shows since they are no
 * value of the type may stand for themselves.
 * @throws {ConfigError} `wrong-type` or `bad-value`.
 */
export function encodeValue(element: Element, value: FieldValue, length: number): Uint8Array {
  const { type } = element;
  const size = length === variableLength ? abstractTypes[type] : length;
  if (value instanceof Uint8Array && isUntyped(type, value, length)) return value;
  if (!fitsType(type, size)) throw wrongType(element, value, `${size} octets`);
  switch (type) {
    case "float32":
    case "float64":
      return encodeFloat(element, value, size);
    case "boolean":
      if (typeof value !== "boolean") throw wrongType(element, value, "a boolean");
      return Uint8Array.of(value ? 1 : 2);
    case "macAddress":
      return encodeText(element, value, [parseMac, 6, "a MAC address such as 02:00:00:00:00:01"]);
    case "ipv4Address":
      return encodeText(element, value, [parseIpv4, 4, "an IPv4 address such as 192.0.2.1"]);
    case "ipv6Address":
      return encodeText(element, value, [parseIpv6, 16, "an IPv6 address such as 2001:db8::1"]);
    case "dateTimeMicroseconds":
      return encodeNtpMicros(Number(integer(element, value, [0, 2n ** 53n])));
    case "dateTimeNanoseconds":
      return encodeNtpNanos(BigInt(integer(element, value, [0, 2n ** 63n])));
    case "string":
    case "octetArray":
    case "basicList":
    case "subTemplateList":
    case "subTemplateMultiList":
      return encodeOctets(element, value, length);
    default: {
      const bits = BigInt(8 * size);
      const range = type.startsWith("signed")
        ? ([-(2n ** (bits - 1n)), 2n ** (bits - 1n) - 1n] as const)
        : ([0n, 2n ** bits - 1n] as const);
      return encodeInteger(integer(element, value, range), size);
    }
  }
}

/** Whether `value` is what `decodeValue` shows of content that is no value of `type`. */
function isUntyped(type: AbstractType, value: Uint8Array, length: number): boolean {
  const { length: size } = value;
  if (size > longestContent || (length !== variableLength && length !== size)) return false;
  return !fitsType(type, size) || (type === "boolean" && !isBoolean(value[0]));
}

function integer(
  element: Element,
  value: FieldValue,
  [least, most]: readonly [bigint | number, bigint | number],
): number | bigint {
  if (typeof value !== "number" && typeof value !== "bigint") {
    throw wrongType(element, value, "an integer");
  }
  if (typeof value === "number" && !Number.isInteger(value)) {
    throw badValue(element, value, "an integer");
  }
  if (value < least || value > most) throw badValue(element, value, `${least} to ${most}`);
  return value;
}

function encodeFloat(element: Element, value: FieldValue, size: number): Uint8Array {
  if (typeof value !== "number") throw wrongType(element, value, "a number");
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  if (size === 4) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  return bytes;
}

type Parser = (text: string) => Uint8Array | undefined;

function encodeText(
  element: Element,
  value: FieldValue,
  [parse, size, expected]: readonly [Parser, number, string],
): Uint8Array {
  if (value instanceof Uint8Array && value.length === size) return value;
  if (typeof value !== "string") throw wrongType(element, value, expected);
  const bytes = parse(value);
  if (!bytes) throw badValue(element, value, expected);
  return bytes;
}

function encodeOctets(element: Element, value: FieldValue, length: number): Uint8Array {
  if (typeof value !== "string" && !(value instanceof Uint8Array)) {
    throw wrongType(element, value, element.type === "string" ? "a string" : "octets");
  }
  const bytes = typeof value === "string" ? encodeUtf8(value) : value;
  const most = length === variableLength ? longestContent : length;
  if (bytes.length > most) {
    throw badValue(element, `${bytes.length} octets`, `at most ${most} octets`);
  }
  if (length === variableLength || bytes.length === length) return bytes;
  const padded = new Uint8Array(length);
  padded.set(bytes);
  return padded;
}

function wrongType(element: Element, value: FieldValue, expected: string): ConfigError {
  const kind = value instanceof Uint8Array ? "octets" : `a ${typeof value}`;
  return new ConfigError(
    "wrong-type",
    "",
    `Cannot set ${element.name}: ${kind}, expected ${expected}`,
  );
}

function badValue(element: Element, value: string | FieldValue, expected: string): ConfigError {
  return new ConfigError(
    "bad-value",
    "",
    `Cannot set ${element.name}: ${value}, expected ${expected}`,
  );
}
