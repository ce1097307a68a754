/** Builds packets from the link upwards, with correct lengths and checksums, for fixtures. */

/** Octets of `parts`, one after the other; numbers are single octets, strings are Latin-1. */
export function octets(...parts: (number | string | Uint8Array)[]): Uint8Array {
  const pieces = parts.map((part) => {
    if (typeof part === "number") return Buffer.of(part);
    return typeof part === "string" ? Buffer.from(part, "latin1") : part;
  });
  return new Uint8Array(Buffer.concat(pieces));
}

/** A big-endian unsigned 16-bit integer. */
export function u16(value: number): Uint8Array {
  return Buffer.of((value >>> 8) & 255, value & 255);
}

/** A big-endian unsigned 32-bit integer. */
export function u32(value: number): Uint8Array {
  return octets(u16(value >>> 16), u16(value & 0xffff));
}

/** One side of a conversation. */
export interface Side {
  /** IPv4 (`192.0.2.1`) or full IPv6 (`2001:db8:0:0:0:0:0:1`) text. */
  readonly address: string;
  readonly port: number;
}

/** The octets of an address; IPv6 needs all eight groups. */
export function addressOctets(address: string): Uint8Array {
  if (address.includes(":")) {
    return octets(...address.split(":").map((group) => u16(Number.parseInt(group, 16))));
  }
  return octets(...address.split(".").map(Number));
}

/** The Internet checksum (RFC 1071). */
export function checksum(bytes: Uint8Array): number {
  let sum = 0;
  for (let i = 0; i < bytes.length; i += 2) sum += ((bytes[i] ?? 0) << 8) | (bytes[i + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

/** An IPv4 or IPv6 packet around `payload`, whose checksum field lies at `checksumAt`. */
export function ip(
  from: string,
  to: string,
  { protocol, payload, checksumAt }: { protocol: number; payload: Uint8Array; checksumAt?: number },
): Uint8Array {
  const source = addressOctets(from);
  const destination = addressOctets(to);
  if (checksumAt !== undefined) {
    const pseudo =
      protocol === 1
        ? octets()
        : octets(source, destination, u32(payload.length), 0, 0, 0, protocol);
    payload = octets(
      payload.subarray(0, checksumAt),
      u16(checksum(octets(pseudo, payload))),
      payload.subarray(checksumAt + 2),
    );
  }
  if (source.length === 16) {
    return octets(0x60, 0, 0, 0, u16(payload.length), protocol, 64, source, destination, payload);
  }
  const head = octets(0x45, 0, u16(20 + payload.length), u16(0x1234), 0x40, 0, 64, protocol);
  const sum = checksum(octets(head, 0, 0, source, destination));
  return octets(head, u16(sum), source, destination, payload);
}

/** A UDP datagram in its IP packet. */
export function udp(from: Side, to: Side, payload: Uint8Array): Uint8Array {
  const datagram = octets(u16(from.port), u16(to.port), u16(8 + payload.length), 0, 0, payload);
  return ip(from.address, to.address, { protocol: 17, payload: datagram, checksumAt: 6 });
}

/** TCP flags by name. */
export const tcpFlags = { fin: 1, syn: 2, rst: 4, psh: 8, ack: 16 } as const;

/** A TCP segment in its IP packet. */
export function tcp(
  from: Side,
  to: Side,
  segment: { flags: number; sequence: number; acknowledgment: number; payload?: Uint8Array },
): Uint8Array {
  const { flags, sequence, acknowledgment, payload = octets() } = segment;
  const bytes = octets(
    u16(from.port),
    u16(to.port),
    u32(sequence),
    u32(acknowledgment),
    0x50,
    flags,
    u16(64_240),
    0,
    0,
    u16(0),
    payload,
  );
  return ip(from.address, to.address, { protocol: 6, payload: bytes, checksumAt: 16 });
}

/** An Ethernet frame around an IP packet, with an 802.1Q tag when `vlan` is given. */
export function ethernet(packet: Uint8Array, vlan?: number): Uint8Array {
  const type = (packet[0] ?? 0) >>> 4 === 6 ? 0x86dd : 0x0800;
  const tag = vlan === undefined ? octets() : octets(u16(0x8100), u16(vlan));
  return octets("\x02\0\0\0\0\x02", "\x02\0\0\0\0\x01", tag, u16(type), packet);
}

/** A frame and its time in microseconds since the epoch. */
export interface TimedFrame {
  readonly timeUs: number;
  readonly frame: Uint8Array;
}

/** A classic capture file of Ethernet frames: big-endian, microseconds. */
export function pcapFile(frames: readonly TimedFrame[]): Uint8Array {
  const header = octets(u32(0xa1b2c3d4), u16(2), u16(4), u32(0), u32(0), u32(262_144), u32(1));
  const records = frames.map(({ timeUs, frame }) =>
    octets(
      u32(Math.floor(timeUs / 1e6)),
      u32(timeUs % 1e6),
      u32(frame.length),
      u32(frame.length),
      frame,
    ),
  );
  return octets(header, ...records);
}
