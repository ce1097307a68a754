/**
 * One captured packet as the capture readers hand it out. One object is reused for all packets of
 * a capture: read what you need before you return.
 */
export interface Packet {
  /** Holds the captured octets at `[start, end)`; the rest of it is not yours. */
  bytes: Uint8Array;
  /** The same memory as `bytes`, for wide reads. */
  view: DataView;
  start: number;
  end: number;
  /** Octets the packet had on the wire, at least `end - start`. */
  wireLength: number;
  /** Capture time: whole seconds since the epoch. */
  seconds: number;
  /** Capture time: nanoseconds within the second. */
  nanos: number;
  /** LINKTYPE_ value of the interface, such as 1 for Ethernet. */
  linkType: number;
}

/** Receives each packet of a capture in file order. */
export type PacketVisitor = (packet: Packet) => void;
