import { readUint16 } from "../bytes/read.ts";
import { decodeEtherType } from "./ether-type.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

const headerBytes = 4;

/** Decode a frame of Cisco's HDLC: address, control, then an EtherType. */
export function decodeCiscoHdlc(summary: PacketSummary, at: number): PacketOutcome {
  if (at + headerBytes > summary.end) return summary.short();
  return decodeEtherType(summary, readUint16(summary.bytes, at + 2), at + headerBytes);
}
