import type { HeaderDecoder } from "./headers.ts";
import { decodeTransport } from "./transport.ts";

/** Octets of the fixed header (RFC 8200 §3). */
const headerBytes = 40;
/** Offsets in the header. */
const field = { payloadLength: 4, nextHeader: 6, source: 8, destination: 24 } as const;

/** Next Header values of extension headers (RFC 8200 §4). */
const extension = {
  hopByHop: 0,
  routing: 43,
  fragment: 44,
  authentication: 51,
  options: 60,
} as const;
const fragmentHeaderBytes = 8;
/** Extension headers of one packet that are followed; a chain that long is an attack. */
const longestChain = 16;

/** Decode an IPv6 header, its extension headers and what follows (RFC 8200). */
export const decodeIPv6: HeaderDecoder = (packet, at, headers) => {
  const { view, end } = packet;
  if (at + headerBytes > end) return "headersTruncated";
  const first = view.getUint16(at);
  if (first >>> 12 !== 6) return "headersMalformed";
  headers.version = 6;
  headers.networkAt = at;
  headers.sourceAt = at + field.source;
  headers.destinationAt = at + field.destination;
  headers.classOfService = (first >>> 4) & 0xff;
  headers.octets = headerBytes + view.getUint16(at + field.payloadLength);
  headers.fragmented = false;
  let next = at + headerBytes;
  let protocol = view.getUint8(at + field.nextHeader);
  for (let links = 0; isExtension(protocol); links++) {
    if (links === longestChain) return "headersMalformed";
    if (next + fragmentHeaderBytes > end) return "headersTruncated";
    const following = view.getUint8(next);
    if (protocol === extension.fragment) {
      headers.fragmented = true;
      if (view.getUint16(next + 2) >>> 3 !== 0) return "fragments";
      next += fragmentHeaderBytes;
    } else if (protocol === extension.authentication) {
      next += (view.getUint8(next + 1) + 2) * 4;
    } else {
      next += (view.getUint8(next + 1) + 1) * 8;
    }
    protocol = following;
  }
  headers.protocol = protocol;
  headers.payloadOctets = headers.octets - (next - at);
  return decodeTransport(packet, next, headers);
};

function isExtension(protocol: number): boolean {
  return (
    protocol === extension.hopByHop ||
    protocol === extension.routing ||
    protocol === extension.fragment ||
    protocol === extension.authentication ||
    protocol === extension.options
  );
}
