import type { HeaderDecoder } from "./headers.ts";

/** protocolIdentifier of UDP (RFC 768). */
export const protocolUdp = 17;
/** protocolIdentifier of UDP-Lite (RFC 3828). */
export const protocolUdpLite = 136;
/** protocolIdentifier of SCTP (RFC 9260). */
export const protocolSctp = 132;

/** Octets of a UDP header; SCTP's is longer, but starts alike. */
const headerBytes = 8;

/** Decode a header that starts with source and destination port. */
export const decodePorts: HeaderDecoder = ({ view, end }, at, headers) => {
  if (at + headerBytes > end) return "headersTruncated";
  headers.sourcePort = view.getUint16(at);
  headers.destinationPort = view.getUint16(at + 2);
  headers.payloadOctets = Math.max(0, headers.payloadOctets - headerBytes);
  return undefined;
};
