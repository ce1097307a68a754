import type { HeaderDecoder } from "./headers.ts";

/** protocolIdentifier of TCP (RFC 9293). */
export const protocolTcp = 6;
/** Flags in the fourteenth octet of the header (RFC 9293 §3.1). */
export const tcpFlag = { fin: 0x01, syn: 0x02, rst: 0x04, ack: 0x10 } as const;

/** Octets of the header without options. */
const headerBytes = 20;
/** Offsets in the header. */
const field = { destination: 2, sequence: 4, dataOffset: 12, flags: 13 } as const;

/** Decode a TCP header (RFC 9293 §3.1). */
export const decodeTcp: HeaderDecoder = ({ view, end }, at, headers) => {
  if (at + headerBytes > end) return "headersTruncated";
  headers.sourcePort = view.getUint16(at);
  headers.destinationPort = view.getUint16(at + field.destination);
  headers.sequence = view.getUint32(at + field.sequence);
  headers.tcpFlags = view.getUint8(at + field.flags);
  const headerLength = (view.getUint8(at + field.dataOffset) >>> 4) * 4;
  headers.payloadOctets = Math.max(0, headers.payloadOctets - headerLength);
  return undefined;
};
