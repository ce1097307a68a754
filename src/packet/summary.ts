/** Where a frame lies and what its capture knows about it. */
export interface Frame {
  /** Holds the captured octets at `[start, end)`. */
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Octets the frame had on the wire. */
  readonly wireLength: number;
  /** LINKTYPE_ value, such as 1 for Ethernet. */
  readonly linkType: number;
}

/**
 * What became of a frame: an IP packet with its transport header, or why it is none.
 * `fragment` is a later fragment, or a first one without the whole transport header; `truncated`
 * is cut by the capture's snapshot length; `malformed` contradicts its own format.
 */
export type PacketOutcome =
  | "ip"
  | "nonIp"
  | "fragment"
  | "truncated"
  | "malformed"
  | "unsupportedLinkType";

/**
 * What the decoders found in one frame. One object serves all frames, so that no frame costs an
 * allocation; addresses are offsets into `bytes`. Everything but `bytes`, `end`, `isCut` and the
 * fields of layers that were reached is left over from frames before.
 */
export class PacketSummary {
  bytes: Uint8Array = new Uint8Array(0);
  /** Where the captured octets end, then where the IP packet ends: padding does not count. */
  end = 0;
  /** The capture holds less than was on the wire. */
  isCut = false;
  /** EtherType of the innermost link header, or below 1536 the length of an IEEE 802.3 frame. */
  etherType = 0;
  /** VLAN identifier of the innermost tag; 0 without one. */
  vlan = 0;
  /** 4 or 6. */
  version = 0;
  /** Offsets of the addresses: 4 octets each for IPv4, 16 for IPv6. */
  sourceAt = 0;
  destinationAt = 0;
  /** Protocol number of the transport header. */
  protocol = 0;
  /** Type of service or traffic class. */
  serviceClass = 0;
  /** Octets of the IP packet as its header declares them. */
  ipLength = 0;
  /** First fragment of a packet. */
  isFragment = false;
  /** Identification of the packet that a fragment belongs to. */
  fragmentId = 0;
  /** The declared length is below the header's or beyond what was on the wire. */
  hasLyingLength = false;
  /** Where the header of `protocol` starts. */
  transportAt = 0;
  /** TCP and UDP ports; for ICMP 0 and `type * 256 + code`; else 0. */
  sourcePort = 0;
  destinationPort = 0;
  /** Octets behind the transport header that the IP header declares. */
  payloadLength = 0;
  /** TCP only. */
  tcpFlags = 0;
  tcpSequence = 0;
  tcpAcknowledgment = 0;

  /** The outcome of a header that does not fit into the captured octets. */
  short(): PacketOutcome {
    if (this.isFragment) return "fragment";
    return this.isCut ? "truncated" : "malformed";
  }
}
