import { readUint16 } from "../bytes/read.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";
import { decodeTransport } from "./transport.ts";

/** Offsets in the header (RFC 791 §3.1). */
const at4 = {
  service: 1,
  length: 2,
  identification: 4,
  fragment: 6,
  protocol: 9,
  source: 12,
  destination: 16,
};
const leastBytes = 20;
const moreFragments = 0x2000;
const offsetMask = 0x1fff;

/** Decode an IPv4 packet and its transport header. */
export function decodeIpv4(summary: PacketSummary, at: number): PacketOutcome {
  const { bytes, end } = summary;
  if (at + leastBytes > end) return summary.short();
  const first = bytes[at] as number;
  const headerBytes = (first & 15) * 4;
  if (first >>> 4 !== 4 || headerBytes < leastBytes) return "malformed";
  if (at + headerBytes > end) return summary.short();
  summary.version = 4;
  summary.serviceClass = bytes[at + at4.service] as number;
  summary.protocol = bytes[at + at4.protocol] as number;
  summary.sourceAt = at + at4.source;
  summary.destinationAt = at + at4.destination;
  setLength(summary, at, headerBytes);
  const fragment = readUint16(bytes, at + at4.fragment);
  summary.fragmentId = readUint16(bytes, at + at4.identification);
  if ((fragment & offsetMask) !== 0) return "fragment";
  summary.isFragment = (fragment & moreFragments) !== 0;
  return decodeTransport(summary, at + headerBytes, at + summary.ipLength);
}

/**
 * Keep the declared length, except for 0: network cards that segment for the host leave it so
 * in what they capture, and then the captured length is right.
 */
function setLength(summary: PacketSummary, at: number, headerBytes: number): void {
  const declared = readUint16(summary.bytes, at + at4.length);
  const captured = summary.end - at;
  summary.ipLength = declared === 0 ? captured : declared;
  if (summary.ipLength < headerBytes || (summary.ipLength > captured && !summary.isCut)) {
    summary.hasLyingLength = true;
  } else if (summary.ipLength < captured) {
    summary.end = at + summary.ipLength;
  }
}
