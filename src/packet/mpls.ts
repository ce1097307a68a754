import { limits } from "../limits.ts";
import { decodeRawIp } from "./raw-ip.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

const labelBytes = 4;

/** Decode a stack of MPLS labels (RFC 3032 §2.1) and the IP packet that may follow it. */
export function decodeMpls(summary: PacketSummary, at: number): PacketOutcome {
  for (let labels = 0; labels < limits.linkHeaders; labels++) {
    if (at + labelBytes > summary.end) return summary.short();
    const isBottom = ((summary.bytes[at + 2] as number) & 1) === 1;
    at += labelBytes;
    if (isBottom) return decodeRawIp(summary, at);
  }
  return "malformed";
}
