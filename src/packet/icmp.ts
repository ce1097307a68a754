import { readUint16 } from "../bytes/read.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

/** Type, code and checksum (RFC 792, RFC 4443 §2.1). */
const headerBytes = 4;

/** Decode an ICMP or ICMPv6 header: type and code stand in the place of the destination port. */
export function decodeIcmp(summary: PacketSummary, at: number, declaredEnd: number): PacketOutcome {
  if (at + headerBytes > summary.end) return summary.short();
  summary.sourcePort = 0;
  summary.destinationPort = readUint16(summary.bytes, at);
  summary.payloadLength = Math.max(0, declaredEnd - at - headerBytes);
  return "ip";
}
