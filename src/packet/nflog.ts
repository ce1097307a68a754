import { decodeRawIp } from "./raw-ip.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

/** Address family, version, resource; then attributes of length, type and value. */
const headerBytes = 4;
const attributeBytes = 4;
const payloadType = 9;

/** Decode a frame of Linux's netfilter log, as little-endian hosts write it. */
export function decodeNflog(summary: PacketSummary, at: number): PacketOutcome {
  const { bytes, end } = summary;
  for (at += headerBytes; at + attributeBytes <= end; ) {
    const length = (bytes[at] as number) | ((bytes[at + 1] as number) << 8);
    const type = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
    if (length < attributeBytes) return "malformed";
    if (type === payloadType) return decodeRawIp(summary, at + attributeBytes);
    at += (length + 3) & ~3;
  }
  return summary.isCut ? "truncated" : "nonIp";
}
