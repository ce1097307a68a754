import { decodeIpv4 } from "./ipv4.ts";
import { decodeIpv6 } from "./ipv6.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

/** Decode an IP packet of the version that its first octet says. */
export function decodeRawIp(summary: PacketSummary, at: number): PacketOutcome {
  if (at >= summary.end) return summary.short();
  const version = (summary.bytes[at] as number) >>> 4;
  if (version === 4) return decodeIpv4(summary, at);
  if (version === 6) return decodeIpv6(summary, at);
  return "nonIp";
}
