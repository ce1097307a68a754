import { readUint16 } from "../bytes/read.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

/** Octets of a PPPoE header (RFC 2516 §4). */
const pppoeBytes = 6;
/** Address and control octets of PPP in HDLC-like framing (RFC 1662 §3.1). */
const framing = 0xff03;
/** PPP protocol numbers. */
const protocols = { ipv4: 0x0021, ipv6: 0x0057 } as const;

/** Decode a PPPoE session packet. */
export function decodePppoe(summary: PacketSummary, at: number): PacketOutcome {
  return decodeProtocol(summary, at + pppoeBytes);
}

/** Decode a PPP frame with or without its address and control octets. */
export function decodePpp(summary: PacketSummary, at: number): PacketOutcome {
  if (at + 2 > summary.end) return summary.short();
  const framed = readUint16(summary.bytes, at) === framing;
  return decodeProtocol(summary, framed ? at + 2 : at);
}

function decodeProtocol(summary: PacketSummary, at: number): PacketOutcome {
  if (at + 2 > summary.end) return summary.short();
  const protocol = readUint16(summary.bytes, at);
  if (protocol === protocols.ipv4) return decodeIpv4(summary, at + 2);
  if (protocol === protocols.ipv6) return decodeIpv6(summary, at + 2);
  return "nonIp";
}
