import type { AbstractType } from "../element.ts";

// biome-ignore format: a table reads by columns
/** Abstract data types by their number in type records (RFC 5610 §3.1 and its IANA registry). */
export const typeNumbers: readonly AbstractType[] = [
  "octetArray", "unsigned8", "unsigned16", "unsigned32", "unsigned64",
  "signed8", "signed16", "signed32", "signed64", "float32", "float64", "boolean", "macAddress",
  "string", "dateTimeSeconds", "dateTimeMilliseconds", "dateTimeMicroseconds",
  "dateTimeNanoseconds", "ipv4Address", "ipv6Address",
  "basicList", "subTemplateList", "subTemplateMultiList", "unsigned256",
];

// biome-ignore format: a table reads by columns
/** Data type semantics by their number in type records (RFC 5610 §3.2). */
export const semanticsNumbers: readonly string[] = [
  "", "quantity", "totalCounter", "deltaCounter", "identifier", "flags", "list",
  "snmpCounter", "snmpGauge",
];

// biome-ignore format: a table reads by columns
/** Units by their number in type records (RFC 5610 §3.3 and its IANA registry). */
export const unitsNumbers: readonly string[] = [
  "", "bits", "octets", "packets", "flows", "seconds", "milliseconds", "microseconds",
  "nanoseconds", "4-octet words", "messages", "hops", "entries", "frames", "ports", "inferred",
];

/** What the name of an element may look like that no registry has. */
export const acceptableName = /^[A-Za-z][A-Za-z0-9_.-]{0,127}$/;
