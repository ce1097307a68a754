import { readUint16 } from "../bytes/read.ts";
import { decodeEtherType } from "./ether-type.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

/** Octets of the two addresses, and of the header (IEEE 802.3). */
const typeAt = 12;
const headerBytes = 14;

/** Decode an Ethernet frame. */
export function decodeEthernet(summary: PacketSummary, at: number): PacketOutcome {
  if (at + headerBytes > summary.end) return summary.short();
  return decodeEtherType(summary, readUint16(summary.bytes, at + typeAt), at + headerBytes);
}
