/**
 * Layout of one flow in the table: 160 octets, read as 32-bit words and as 64-bit floats.
 *
 *     word   0        4        8      9      10    11..12  13    14..15  16
 *            source   dest.    ports  misc   hash  links   flags seq     attributes
 *     word  17..18   19     20..23
 *            sizes    state  finEnd    expected
 *     float 12       13   14            15      16      17              18       19
 *            start    end  reverseStart  seenAt  octets  reverseOctets   packets  reversePackets
 *
 * What exists once a direction lies in two neighbouring places: forward, then reverse.
 */
export const flowWords = 40;

/** Floats in the same octets. */
export const flowFloats = flowWords / 2;

/** Word offsets. */
export const word = {
  /** 4 words each; IPv4 fills the last one. */
  source: 0,
  destination: 4,
  /** `source << 16 | destination`. */
  ports: 8,
  /** `vlan << 16 | version << 8 | protocol`. */
  misc: 9,
  hash: 10,
  /** Neighbours in the idle list. */
  newer: 11,
  older: 12,
  /** TCP: initial, union, reverse initial and reverse union flags, low octet first. */
  flags: 13,
  /** TCP sequence number of the first packet; 2 words. */
  sequence: 14,
  /** Class of service, reverse one, flow attributes, reverse ones, low octet first. */
  attributes: 16,
  /** Octets of the first packet with payload; 2 words. */
  size: 17,
  /** Bits of `state`. */
  state: 19,
} as const;

/** Float offsets. Times are microseconds since the epoch. */
export const float = {
  start: 12,
  end: 13,
  reverseStart: 14,
  /** The meter's clock at the latest packet. */
  seenAt: 15,
  /** 2 floats. */
  octets: 16,
  /** 2 floats. */
  packets: 18,
} as const;

/** Bits of `word.state` for the forward direction; shifted left by one for the reverse one. */
export const state = {
  finSeen: 1,
  finAcknowledged: 4,
  /** More than one packet had payload. */
  manySizes: 16,
  /** Packets had payloads of different size. */
  sizesDiffer: 64,
} as const;

/** Bits of flowAttributes (PEN 6871, element 40) that the meter sets. */
export const attribute = { sameSize: 1, outOfSequence: 2, fragmented: 8 } as const;
