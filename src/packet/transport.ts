import { decodeIcmp } from "./icmp.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";
import { decodeTcp } from "./tcp.ts";
import { decodeUdp } from "./udp.ts";

/** Protocol numbers of which the header is read. */
export const protocols = { icmp: 1, tcp: 6, udp: 17, icmpv6: 58 } as const;

/** Decode the transport header at `at` of a packet that says it ends at `declaredEnd`. */
export function decodeTransport(
  summary: PacketSummary,
  at: number,
  declaredEnd: number,
): PacketOutcome {
  const { protocol } = summary;
  summary.transportAt = at;
  if (protocol === protocols.tcp) return decodeTcp(summary, at, declaredEnd);
  if (protocol === protocols.udp) return decodeUdp(summary, at, declaredEnd);
  if (protocol === protocols.icmp || protocol === protocols.icmpv6) {
    return decodeIcmp(summary, at, declaredEnd);
  }
  summary.sourcePort = 0;
  summary.destinationPort = 0;
  summary.payloadLength = Math.max(0, declaredEnd - at);
  return "ip";
}
