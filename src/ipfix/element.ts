/**
 * Abstract data types (RFC 7012 §3.1, RFC 6313 §4, RFC 9740) and their natural length in octets;
 * 65 535 marks a type of variable length (RFC 7011 §7).
 */
export const abstractTypes = {
  octetArray: 65_535,
  unsigned8: 1,
  unsigned16: 2,
  unsigned32: 4,
  unsigned64: 8,
  unsigned256: 32,
  signed8: 1,
  signed16: 2,
  signed32: 4,
  signed64: 8,
  float32: 4,
  float64: 8,
  boolean: 1,
  macAddress: 6,
  string: 65_535,
  dateTimeSeconds: 4,
  dateTimeMilliseconds: 8,
  dateTimeMicroseconds: 8,
  dateTimeNanoseconds: 8,
  ipv4Address: 4,
  ipv6Address: 16,
  basicList: 65_535,
  subTemplateList: 65_535,
  subTemplateMultiList: 65_535,
} as const;

export type AbstractType = keyof typeof abstractTypes;

/** Field Length that announces a variable-length field (RFC 7011 §7). */
export const variableLength = 65_535;

/** An Information Element (RFC 7012 §2). */
export interface Element {
  /** IANA or CERT name; `pen/id` for an element no registry knows. */
  readonly name: string;
  /** Private Enterprise Number; 0 is IANA's registry. */
  readonly pen: number;
  /** Element number without the enterprise bit. */
  readonly id: number;
  readonly type: AbstractType;
  /** Data type semantics (RFC 7012 §3.2), such as `deltaCounter`; empty when there are none. */
  readonly semantics: string;
  /** Units in the registry's words, such as `octets`; empty when it has none. */
  readonly units: string;
}

/** Whether values of `type` are structured data that names further elements (RFC 6313 §4). */
export function isList(type: AbstractType): boolean {
  return type === "basicList" || type === "subTemplateList" || type === "subTemplateMultiList";
}
