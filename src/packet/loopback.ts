import { readUint32 } from "../bytes/read.ts";
import { decodeRawIp } from "./raw-ip.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

const familyBytes = 4;
/** AF_INET everywhere; AF_INET6 of Linux, Windows, NetBSD, FreeBSD and macOS. */
const ipFamilies: readonly number[] = [2, 10, 23, 24, 28, 30];

/** Decode a frame of LINKTYPE_NULL: a protocol family in the byte order of its host. */
export function decodeNull(summary: PacketSummary, at: number): PacketOutcome {
  if (at + familyBytes > summary.end) return summary.short();
  const family = readUint32(summary.bytes, at);
  const swapped = family > 0xffff ? family / 16_777_216 : family;
  return ipFamilies.includes(swapped) ? decodeRawIp(summary, at + familyBytes) : "nonIp";
}

/** Decode a frame of LINKTYPE_LOOP: a protocol family in network byte order. */
export function decodeLoopback(summary: PacketSummary, at: number): PacketOutcome {
  if (at + familyBytes > summary.end) return summary.short();
  const family = readUint32(summary.bytes, at);
  return ipFamilies.includes(family) ? decodeRawIp(summary, at + familyBytes) : "nonIp";
}
