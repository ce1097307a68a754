import type { HeaderDecoder } from "./headers.ts";

/** protocolIdentifier of ICMP (RFC 792). */
export const protocolIcmp = 1;
/** protocolIdentifier of ICMPv6 (RFC 4443). */
export const protocolIcmpV6 = 58;

/** Whether a protocol has type and code in the place of ports. */
export function isIcmp(protocol: number): boolean {
  return protocol === protocolIcmp || protocol === protocolIcmpV6;
}

/** Octets of the header that all messages share. */
const headerBytes = 4;

/** Decode type and code into the destination port, as IPFIX counts them (icmpTypeCodeIPv4). */
export const decodeIcmp: HeaderDecoder = ({ view, end }, at, headers) => {
  if (at + headerBytes > end) return "headersTruncated";
  headers.destinationPort = view.getUint16(at);
  headers.payloadOctets = Math.max(0, headers.payloadOctets - headerBytes);
  return undefined;
};
