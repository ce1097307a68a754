/**
 * Where the fields of a flow stand in the flow table's memory: 160 octets a flow, the words that a
 * packet touches first. Floats are float64 slots, words are 32-bit slots of the same memory.
 *
 *     0        8       16       24     32       40 …  64        …                       160
 *     | start  | end   | reverse| seen | packets, … | addresses, ports, …, links, flags |
 */
export const flowBytes = 160;

/** Octets of a flow as float64 slots and as 32-bit slots. */
export const flowFloats = flowBytes / 8;
export const flowWords = flowBytes / 4;

/** Float64 slots. Times are microseconds since the epoch, exact below 2^53. */
export const float = {
  startUs: 0,
  endUs: 1,
  /** First packet of the reverse direction. */
  reverseStartUs: 2,
  /** The meter's clock when the last packet came: what idle timeouts go by. */
  seenUs: 3,
  packets: 4,
  octets: 5,
  reversePackets: 6,
  reverseOctets: 7,
} as const;

/** 32-bit slots. The endpoints are ordered: `low` and `high`, whoever spoke first. */
export const word = {
  lowAddress: 16,
  highAddress: 20,
  ports: 24,
  /** protocol << 24 | IPv6 << 16 | VLAN. */
  kind: 25,
  hash: 26,
  /** Neighbours in the list of flows by last packet; -1 at its ends. */
  older: 27,
  newer: 28,
  sequence: 29,
  reverseSequence: 30,
  /** initial << 24 | union << 16 | reverse initial << 8 | reverse union. */
  tcpFlags: 31,
  /** Bits of `state`. */
  state: 32,
  /** class of service << 8 | that of the reverse direction. */
  classOfService: 33,
  /** Octets of the first payload of each direction; 0 while there was none. */
  payload: 34,
  reversePayload: 35,
  /** flowAttributes << 16 | those of the reverse direction. */
  attributes: 36,
} as const;

/** Words of the key, from `lowAddress` to `kind`. */
export const keyWords = 10;

/** Bits of `word.state`. */
export const state = {
  /** The flow's source is the high endpoint. */
  sourceIsHigh: 1,
  /** FIN seen from the source, from the destination. */
  fin: 2,
  reverseFin: 4,
  /** That FIN was acknowledged. */
  finAcknowledged: 8,
  reverseFinAcknowledged: 16,
  /** Payloads of different sizes, by direction. */
  mixedPayloads: 32,
  reverseMixedPayloads: 64,
} as const;

/** Both sides have ended and both ends are acknowledged. */
export const closedState = state.finAcknowledged | state.reverseFinAcknowledged;
