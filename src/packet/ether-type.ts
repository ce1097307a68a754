import { readUint16 } from "../bytes/read.ts";
import { limits } from "../limits.ts";
import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import { decodeMpls } from "./mpls.ts";
import { decodePppoe } from "./ppp.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";
import { isVlanTag, vlanIdentifier, vlanTagBytes } from "./vlan.ts";

/** EtherTypes (IEEE 802 numbers) that lead to IP; frames of other ones are counted by it. */
export const etherTypes = {
  ipv4: 0x0800,
  arp: 0x0806,
  ipv6: 0x86dd,
  mpls: 0x8847,
  mplsMulticast: 0x8848,
  pppoe: 0x8864,
} as const;

/** Lowest value that is a type: values below are lengths of IEEE 802.3 frames. */
const lowestType = 0x0600;
/** LLC header of SNAP with the OUI of encapsulated Ethernet (RFC 1042), then the type. */
const snapBytes = 8;

/** Decode what follows an EtherType, of which the header ends at `at`. */
export function decodeEtherType(summary: PacketSummary, type: number, at: number): PacketOutcome {
  for (let tags = 0; isVlanTag(type); tags++) {
    if (tags >= limits.linkHeaders) return "malformed";
    if (at + vlanTagBytes > summary.end) return summary.short();
    summary.vlan = vlanIdentifier(summary.bytes, at);
    type = readUint16(summary.bytes, at + 2);
    at += vlanTagBytes;
  }
  summary.etherType = type;
  if (type === etherTypes.ipv4) return decodeIpv4(summary, at);
  if (type === etherTypes.ipv6) return decodeIpv6(summary, at);
  return decodeLessCommonType(summary, type, at);
}

/** Separate, so that the common types stay a short way. */
function decodeLessCommonType(summary: PacketSummary, type: number, at: number): PacketOutcome {
  if (type === etherTypes.mpls || type === etherTypes.mplsMulticast) return decodeMpls(summary, at);
  if (type === etherTypes.pppoe) return decodePppoe(summary, at);
  return type < lowestType ? decodeSnap(summary, at) : "nonIp";
}

/** Decode an IEEE 802.2 header: SNAP leads on to an EtherType, others are no IP. */
export function decodeSnap(summary: PacketSummary, at: number): PacketOutcome {
  const { bytes, end } = summary;
  if (!isSnap(bytes, at, end)) return "nonIp";
  if (at + snapBytes > end) return summary.short();
  const type = readUint16(bytes, at + snapBytes - 2);
  return type < lowestType ? "nonIp" : decodeEtherType(summary, type, at + snapBytes);
}

function isSnap(bytes: Uint8Array, at: number, end: number): boolean {
  if (at + 6 > end || readUint16(bytes, at) !== 0xaaaa || bytes[at + 2] !== 3) return false;
  return bytes[at + 3] === 0 && readUint16(bytes, at + 4) === 0;
}
