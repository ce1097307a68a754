import { readUint16, readUint32 } from "../bytes/read.ts";
import { limits } from "../limits.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";
import { decodeTransport } from "./transport.ts";

/** Offsets in the header (RFC 8200 §3). */
const at6 = { length: 4, nextHeader: 6, source: 8, destination: 24 };
const headerBytes = 40;
/** Extension headers that lead on to the transport header (RFC 8200 §4). */
const extensions = { hopByHop: 0, routing: 43, fragment: 44, destination: 60 } as const;
/** Octets of the shortest extension header, and of each of its units. */
const unitBytes = 8;

/** Decode an IPv6 packet, its extension headers and its transport header. */
export function decodeIpv6(summary: PacketSummary, at: number): PacketOutcome {
  const { bytes, end } = summary;
  if (at + headerBytes > end) return summary.short();
  const first = readUint16(bytes, at);
  if (first >>> 12 !== 6) return "malformed";
  summary.version = 6;
  summary.serviceClass = (first >>> 4) & 0xff;
  summary.sourceAt = at + at6.source;
  summary.destinationAt = at + at6.destination;
  setLength(summary, at);
  const declaredEnd = at + summary.ipLength;
  return decodeExtensions(summary, at + headerBytes, declaredEnd);
}

/** A payload length of 0 is a jumbogram or left to the network card: the captured one is right. */
function setLength(summary: PacketSummary, at: number): void {
  const declared = readUint16(summary.bytes, at + at6.length);
  const captured = summary.end - at;
  summary.protocol = summary.bytes[at + at6.nextHeader] as number;
  const isEmpty = summary.protocol === 59;
  summary.ipLength = declared === 0 && !isEmpty ? captured : headerBytes + declared;
  if (summary.ipLength > captured) summary.hasLyingLength ||= !summary.isCut;
  else summary.end = at + summary.ipLength;
}

function decodeExtensions(summary: PacketSummary, at: number, declaredEnd: number): PacketOutcome {
  const { bytes, end } = summary;
  for (let count = 0; isExtension(summary.protocol); count++) {
    if (count >= limits.ipv6ExtensionHeaders) return "malformed";
    if (at + unitBytes > end) return summary.short();
    if (summary.protocol === extensions.fragment) {
      const fragment = readUint16(bytes, at + 2);
      summary.protocol = bytes[at] as number;
      summary.fragmentId = readUint32(bytes, at + 4);
      if (fragment >>> 3 !== 0) return "fragment";
      summary.isFragment = (fragment & 1) === 1;
      at += unitBytes;
      continue;
    }
    const length = unitBytes + (bytes[at + 1] as number) * unitBytes;
    if (at + length > end) return summary.short();
    summary.protocol = bytes[at] as number;
    at += length;
  }
  return decodeTransport(summary, at, declaredEnd);
}

function isExtension(protocol: number): boolean {
  if (protocol === extensions.hopByHop || protocol === extensions.destination) return true;
  return protocol === extensions.routing || protocol === extensions.fragment;
}
