import { readUint16 } from "../bytes/read.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

const headerBytes = 8;

/** Decode a UDP header (RFC 768); its Length field is not trusted. */
export function decodeUdp(summary: PacketSummary, at: number, declaredEnd: number): PacketOutcome {
  if (at + headerBytes > summary.end) return summary.short();
  summary.sourcePort = readUint16(summary.bytes, at);
  summary.destinationPort = readUint16(summary.bytes, at + 2);
  summary.payloadLength = Math.max(0, declaredEnd - at - headerBytes);
  return "ip";
}
