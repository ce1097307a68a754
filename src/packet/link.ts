import { decodeEthernet, decodeEtherType } from "./ethernet.ts";
import type { HeaderDecoder, HeaderFault, Headers } from "./headers.ts";
import { decodeIPv4 } from "./ipv4.ts";
import { decodeIPv6 } from "./ipv6.ts";

/** What the decoders need of a captured packet. */
interface LinkPacket {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  readonly linkType: number;
}

/**
 * Decode the headers of a captured packet from its link type up to the transport protocol.
 * Returns why it cannot be metered, or nothing.
 */
export function decodeHeaders(packet: LinkPacket, headers: Headers): HeaderFault | undefined {
  headers.vlan = 0;
  const decode = decoders[packet.linkType];
  return decode === undefined ? "linkTypeUnsupported" : decode(packet, packet.start, headers);
}

/** LINKTYPE_ values whose packets start with an IP header say its version in the first nibble. */
const decodeRaw: HeaderDecoder = (packet, at, headers) => {
  if (at >= packet.end) return "headersTruncated";
  const version = packet.view.getUint8(at) >>> 4;
  if (version === 4) return decodeIPv4(packet, at, headers);
  return version === 6 ? decodeIPv6(packet, at, headers) : "nonIp";
};

/** BSD loopback: four octets of address family, in the byte order of whoever captured it. */
const decodeLoopback: HeaderDecoder = (packet, at, headers) =>
  at + 4 > packet.end ? "headersTruncated" : decodeRaw(packet, at + 4, headers);

/** Linux cooked captures have an EtherType `typeAt` octets into a header of `length` octets. */
function decodeCooked(typeAt: number, length: number): HeaderDecoder {
  return (packet, at, headers) =>
    at + length > packet.end
      ? "headersTruncated"
      : decodeEtherType(packet, at + length, {
          headers,
          etherType: packet.view.getUint16(at + typeAt),
        });
}

/** Decoders by LINKTYPE_ value. */
const decoders: Readonly<Record<number, HeaderDecoder>> = {
  0: decodeLoopback, // NULL
  1: decodeEthernet,
  12: decodeRaw,
  14: decodeRaw,
  101: decodeRaw, // RAW
  108: decodeLoopback, // LOOP
  113: decodeCooked(14, 16), // LINUX_SLL
  228: decodeIPv4, // IPV4
  229: decodeIPv6, // IPV6
  276: decodeCooked(0, 20), // LINUX_SLL2
};
