import { readUint16 } from "../bytes/read.ts";
import { decodeEtherType } from "./ether-type.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

/** LINKTYPE_LINUX_SLL: packet type, device type, address, then the EtherType. */
const version1 = { typeAt: 14, bytes: 16 } as const;
/** LINKTYPE_LINUX_SLL2: the EtherType comes first. */
const version2 = { typeAt: 0, bytes: 20 } as const;

/** Decode a frame of Linux's "any" device. */
export function decodeLinuxCooked(summary: PacketSummary, at: number): PacketOutcome {
  if (at + version1.bytes > summary.end) return summary.short();
  const type = readUint16(summary.bytes, at + version1.typeAt);
  return decodeEtherType(summary, type, at + version1.bytes);
}

/** Decode a frame of Linux's "any" device in the second version of its header. */
export function decodeLinuxCooked2(summary: PacketSummary, at: number): PacketOutcome {
  if (at + version2.bytes > summary.end) return summary.short();
  const type = readUint16(summary.bytes, at + version2.typeAt);
  return decodeEtherType(summary, type, at + version2.bytes);
}
