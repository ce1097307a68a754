import { readUint16, readUint32 } from "../bytes/read.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

/** Flags of the header (RFC 9293 §3.1) that a meter asks for. */
export const tcpFlags = { fin: 1, syn: 2, rst: 4, ack: 16 } as const;

const leastBytes = 20;

/** Decode a TCP header; its options need not be captured. */
export function decodeTcp(summary: PacketSummary, at: number, declaredEnd: number): PacketOutcome {
  const { bytes, end } = summary;
  if (at + leastBytes > end) return summary.short();
  const headerBytes = ((bytes[at + 12] as number) >>> 4) * 4;
  if (headerBytes < leastBytes) return "malformed";
  summary.sourcePort = readUint16(bytes, at);
  summary.destinationPort = readUint16(bytes, at + 2);
  summary.tcpSequence = readUint32(bytes, at + 4);
  summary.tcpAcknowledgment = readUint32(bytes, at + 8);
  summary.tcpFlags = bytes[at + 13] as number;
  summary.payloadLength = Math.max(0, declaredEnd - at - headerBytes);
  return "ip";
}
