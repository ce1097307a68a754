import type { HeaderDecoder } from "./headers.ts";
import { decodeIcmp, protocolIcmp, protocolIcmpV6 } from "./icmp.ts";
import { decodeTcp, protocolTcp } from "./tcp.ts";
import { decodePorts, protocolSctp, protocolUdp, protocolUdpLite } from "./udp.ts";

/** Decode the header of the transport protocol; one without ports has both 0. */
export const decodeTransport: HeaderDecoder = (packet, at, headers) => {
  headers.sourcePort = 0;
  headers.destinationPort = 0;
  switch (headers.protocol) {
    case protocolTcp:
      return decodeTcp(packet, at, headers);
    case protocolUdp:
    case protocolUdpLite:
    case protocolSctp:
      return decodePorts(packet, at, headers);
    case protocolIcmp:
    case protocolIcmpV6:
      return decodeIcmp(packet, at, headers);
    default:
      return undefined;
  }
};
