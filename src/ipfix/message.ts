import { readUint16, readUint32 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";

/** Octets of a Message Header (RFC 7011 §3.1). */
export const messageHeaderBytes = 16;
/** Octets of a Set Header (RFC 7011 §3.3.2). */
export const setHeaderBytes = 4;
/** Version Number of IPFIX (RFC 7011 §3.1). */
export const ipfixVersion = 10;
/** Set ID of a Template Set (RFC 7011 §3.3.2). */
export const templateSetId = 2;
/** Set ID of an Options Template Set (RFC 7011 §3.3.2). */
export const optionsTemplateSetId = 3;
/** Smallest Set ID of a Data Set, and so the smallest Template ID (RFC 7011 §3.4.1). */
export const firstDataSetId = 256;

/** What else begins with these two octets, for those who mistake it for IPFIX. */
const otherFormats: Readonly<Record<number, string>> = {
  0: "sFlow",
  5: "NetFlow v5",
  9: "NetFlow v9",
  [0xa1b2]: "a packet capture",
  [0xd4c3]: "a packet capture",
  [0x4d3c]: "a packet capture",
  [0x0a0d]: "a pcapng capture",
};

/** The Message Header (RFC 7011 §3.1). */
export interface MessageHeader {
  /** Octets of the whole Message. */
  length: number;
  /** Seconds since the epoch. */
  exportTime: number;
  /** Data Records sent before this Message, modulo 2^32. */
  sequence: number;
  /** Observation Domain ID. */
  domain: number;
}

/**
 * Read the Message Header at `at` into `header`.
 * @throws {DecodeError} `truncated`, `bad-version` or `bad-length`; whether the whole Message is
 *   there is for the caller to check.
 */
export function readMessageHeader(bytes: Uint8Array, at: number, header: MessageHeader): void {
  if (bytes.length - at < messageHeaderBytes) {
    throw new DecodeError("truncated", at, `Message Header, ${bytes.length - at} left`);
  }
  const version = readUint16(bytes, at);
  if (version !== ipfixVersion) {
    const known = otherFormats[version];
    const what = known === undefined ? `version ${version}` : `version ${version} (${known})`;
    throw new DecodeError("bad-version", at, `${what}, expected ${ipfixVersion}`);
  }
  header.length = readUint16(bytes, at + 2);
  if (header.length < messageHeaderBytes) {
    throw new DecodeError("bad-length", at + 2, `Message of ${header.length} octets`);
  }
  header.exportTime = readUint32(bytes, at + 4);
  header.sequence = readUint32(bytes, at + 8);
  header.domain = readUint32(bytes, at + 12);
}

/** What is known of the Message or foreign export packet that a batch came in. */
export interface MessageOrigin extends MessageHeader {
  /** Version Number of the protocol: 10 for IPFIX, below it NetFlow's; or sFlow's. */
  readonly version: number | "sflow5";
  /** Address and port of who sent it, such as `192.0.2.1:2055`, where there is a network. */
  readonly exporter?: string;
  /** Header fields that IPFIX does not have, such as `sysUpTime`, by name. */
  readonly details?: Readonly<Record<string, number>>;
}

/** The origin of a Transport Session before its first Message. */
export function createOrigin(
  version: MessageOrigin["version"],
  exporter: string | undefined,
): MessageOrigin {
  const empty = { version, length: 0, exportTime: 0, sequence: 0, domain: 0 };
  return exporter === undefined ? empty : { ...empty, exporter };
}

/** Receives each Set's content as the half-open byte range `[start, end)`. */
export type SetVisitor = (setId: number, start: number, end: number) => void;

/**
 * Walk the Sets of the Message in `bytes[0 .. length)` without copying (RFC 7011 §3.3).
 * @throws {DecodeError} `truncated` or `bad-length`; the Sets before it were already visited.
 */
export function walkSets(bytes: Uint8Array, length: number, visit: SetVisitor): void {
  for (let at = messageHeaderBytes; at < length; ) {
    if (at + setHeaderBytes > length) {
      throw new DecodeError("truncated", at, `Set Header, ${length - at} left`);
    }
    const setId = readUint16(bytes, at);
    const setLength = readUint16(bytes, at + 2);
    if (setLength < setHeaderBytes || at + setLength > length) {
      const left = length - at;
      throw new DecodeError("bad-length", at, `Set ${setId} of ${setLength} octets, ${left} left`);
    }
    visit(setId, at + setHeaderBytes, at + setLength);
    at += setLength;
  }
}
