/** What a meter wants to know of a packet; one object is reused for all of them. */
export interface Headers {
  /** 4 or 6. */
  version: number;
  /** Offset of the IP header in the packet's memory. */
  networkAt: number;
  /** Offsets of the addresses: 4 octets each, or 16 with version 6. */
  sourceAt: number;
  destinationAt: number;
  /** Octets of the IP packet as its header says. */
  octets: number;
  /** ipClassOfService: the TOS octet or the traffic class. */
  classOfService: number;
  /** Innermost 802.1Q VLAN identifier, 0 when untagged. */
  vlan: number;
  /** protocolIdentifier of what follows the last IP header. */
  protocol: number;
  /** 0 without ports; ICMP has type * 256 + code as its destination port, as IPFIX counts it. */
  sourcePort: number;
  destinationPort: number;
  /** Octets behind the transport header, as the IP header says. */
  payloadOctets: number;
  /** Whether this is the first of several fragments. */
  fragmented: boolean;
  /** TCP only. */
  tcpFlags: number;
  sequence: number;
}

/** Create headers to decode packets into. */
export function createHeaders(): Headers {
  return {
    version: 0,
    networkAt: 0,
    sourceAt: 0,
    destinationAt: 0,
    octets: 0,
    classOfService: 0,
    vlan: 0,
    protocol: 0,
    sourcePort: 0,
    destinationPort: 0,
    payloadOctets: 0,
    fragmented: false,
    tcpFlags: 0,
    sequence: 0,
  };
}

/**
 * Why a packet has no flow; the names are the meter's counters. `fragments` are those after the
 * first, which carry no ports.
 */
export type HeaderFault =
  | "nonIp"
  | "fragments"
  | "headersTruncated"
  | "headersMalformed"
  | "encapsulationUnsupported"
  | "linkTypeUnsupported";

/** Decodes one header; tells a fault, or nothing when the packet can be metered. */
export type HeaderDecoder = (
  packet: { readonly view: DataView; readonly end: number },
  at: number,
  headers: Headers,
) => HeaderFault | undefined;
