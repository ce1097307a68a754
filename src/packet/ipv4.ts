import type { HeaderDecoder } from "./headers.ts";
import { decodeTransport } from "./transport.ts";

/** Octets of the header without options (RFC 791 §3.1). */
const headerBytes = 20;
/** Offsets in the header. */
const field = { totalLength: 2, fragment: 6, protocol: 9, source: 12, destination: 16 } as const;
const moreFragments = 0x2000;
const fragmentOffset = 0x1fff;

/** Decode an IPv4 header and what follows (RFC 791). */
export const decodeIPv4: HeaderDecoder = (packet, at, headers) => {
  const { view, end } = packet;
  if (at + headerBytes > end) return "headersTruncated";
  const first = view.getUint8(at);
  const headerLength = (first & 0x0f) * 4;
  if (first >>> 4 !== 4 || headerLength < headerBytes) return "headersMalformed";
  const totalLength = view.getUint16(at + field.totalLength);
  headers.version = 4;
  headers.networkAt = at;
  headers.sourceAt = at + field.source;
  headers.destinationAt = at + field.destination;
  headers.classOfService = view.getUint8(at + 1);
  headers.protocol = view.getUint8(at + field.protocol);
  // A total length of 0 is what segmentation offload leaves: the packet is as long as captured.
  headers.octets = totalLength === 0 ? end - at : totalLength;
  const fragment = view.getUint16(at + field.fragment);
  headers.fragmented = (fragment & moreFragments) !== 0;
  if ((fragment & fragmentOffset) !== 0) return "fragments";
  headers.payloadOctets = headers.octets - headerLength;
  return decodeTransport(packet, at + headerLength, headers);
};
