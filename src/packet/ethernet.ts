import type { HeaderDecoder, HeaderFault, Headers } from "./headers.ts";
import { decodeIPv4 } from "./ipv4.ts";
import { decodeIPv6 } from "./ipv6.ts";
import { isVlanTag, vlanTagBytes } from "./vlan.ts";

/** Destination, source, EtherType or length (IEEE 802.3). */
const headerBytes = 14;
const typeAt = 12;

/** EtherTypes (IANA "IEEE 802 Numbers"). */
const etherTypes = { ipv4: 0x0800, ipv6: 0x86dd } as const;
/** EtherTypes that carry IP behind a header of their own: MPLS, PPPoE session, PBB. */
const encapsulations: ReadonlySet<number> = new Set([0x8847, 0x8848, 0x8864, 0x88e7]);

/** Decode an Ethernet frame with any number of VLAN tags. */
export const decodeEthernet: HeaderDecoder = (packet, at, headers) =>
  at + headerBytes > packet.end
    ? "headersTruncated"
    : decodeEtherType(packet, at + headerBytes, {
        headers,
        etherType: packet.view.getUint16(at + typeAt),
      });

/** Decode what follows an EtherType, which starts at `at`. */
export function decodeEtherType(
  packet: { readonly view: DataView; readonly end: number },
  at: number,
  { headers, etherType }: { headers: Headers; etherType: number },
): HeaderFault | undefined {
  let type = etherType;
  let next = at;
  while (isVlanTag(type)) {
    if (next + vlanTagBytes > packet.end) return "headersTruncated";
    headers.vlan = packet.view.getUint16(next) & 0x0fff;
    type = packet.view.getUint16(next + 2);
    next += vlanTagBytes;
  }
  if (type === etherTypes.ipv4) return decodeIPv4(packet, next, headers);
  if (type === etherTypes.ipv6) return decodeIPv6(packet, next, headers);
  return encapsulations.has(type) ? "encapsulationUnsupported" : "nonIp";
}
