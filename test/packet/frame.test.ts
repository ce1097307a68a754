import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeFrame } from "../../src/packet/frame.ts";
import { type Frame, type PacketOutcome, PacketSummary } from "../../src/packet/summary.ts";
import { packetOf } from "../support/flows.ts";
import { ethernet, ip, octets, tcp, tcpFlags, u16, u32, udp } from "../support/wire.ts";

const client = { address: "192.0.2.1", port: 4_660 };
const server = { address: "198.51.100.2", port: 443 };
const client6 = { address: "2001:db8:0:0:0:0:0:1", port: 4_660 };
const server6 = { address: "2001:db8:0:0:0:0:0:2", port: 443 };
const ports = { sourcePort: 4_660, destinationPort: 443 };

const segment = tcp(client, server, {
  flags: tcpFlags.syn,
  sequence: 0xfedc_ba98,
  acknowledgment: 0x0102_0304,
  payload: octets("hello"),
});
const datagram = udp(client, server, octets("abc"));
const datagram6 = udp(client6, server6, octets("abc"));
const ping = ip(client.address, server.address, {
  protocol: 1,
  payload: octets(8, 0, 0, 0, u32(1), "ping"),
});

/** IPv6 extension headers of 8 octets in front of the datagram. */
function extended(...headers: readonly [protocol: number, octets: Uint8Array][]): Uint8Array {
  const chain = headers.map(([, header], i) => {
    const next = headers[i + 1]?.[0] ?? 17;
    return octets(next, header.subarray(1));
  });
  const length = 8 * headers.length + datagram6.length - 40;
  const head = octets(datagram6.subarray(0, 4), u16(length), headers[0]?.[0] ?? 17);
  return octets(head, datagram6.subarray(7, 40), ...chain, datagram6.subarray(40));
}
const options = octets(0, 0, 1, 4, 0, 0, 0, 0);
const routing = octets(0, 0, 0, 0, 0, 0, 0, 0);
const fragment = (field: number) => octets(0, 0, u16(field), u32(77));

function frameOf(type: number, ...rest: (number | string | Uint8Array)[]): Uint8Array {
  return octets("\x02\0\0\0\0\x02", "\x02\0\0\0\0\x01", u16(type), ...rest);
}

function decode(bytes: Uint8Array, more: Partial<Frame> = {}) {
  const summary = new PacketSummary();
  const packet = packetOf(bytes, 0, more);
  return { outcome: decodeFrame(summary, packet), summary };
}

/** An IEEE 802.11 frame with an LLC header; `more` are the optional fields. */
function wireless(kind: number, flags: number, more = ""): Uint8Array {
  return octets(kind, flags, "\0".repeat(22), more, 0xaa, 0xaa, 3, 0, 0, 0, u16(0x800), datagram);
}

/** `packet` with the octet at `at` replaced. */
function patched(packet: Uint8Array, at: number, ...values: number[]): Uint8Array {
  const copy = Uint8Array.from(packet);
  copy.set(values, at);
  return copy;
}

test.for<[string, Uint8Array, Partial<PacketSummary>]>([
  [
    "TCP",
    ethernet(segment),
    { ...ports, version: 4, protocol: 6, ipLength: 45, payloadLength: 5, tcpFlags: 2, vlan: 0 },
  ],
  ["TCP numbers", ethernet(segment), { tcpSequence: 0xfedc_ba98, tcpAcknowledgment: 0x0102_0304 }],
  ["UDP", ethernet(datagram), { ...ports, protocol: 17, ipLength: 31, payloadLength: 3 }],
  ["UDP over IPv6", ethernet(datagram6), { ...ports, version: 6, ipLength: 51, payloadLength: 3 }],
  ["padding", octets(ethernet(datagram), "\0".repeat(15)), { ipLength: 31, payloadLength: 3 }],
  ["ICMP", ethernet(ping), { sourcePort: 0, destinationPort: 2_048, protocol: 1 }],
  ["a tag", ethernet(datagram, 0x6123), { ...ports, vlan: 0x123 }],
  ["two tags", frameOf(0x88a8, u16(5), u16(0x8100), u16(6), u16(0x800), datagram), { vlan: 6 }],
  ["MPLS", frameOf(0x8847, 0, 1, 0, 64, 0, 2, 1, 64, datagram), ports],
  ["PPPoE", frameOf(0x8864, 0x11, 0, u16(1), u16(33), u16(0x21), datagram), ports],
  ["SNAP", frameOf(39, 0xaa, 0xaa, 3, 0, 0, 0, u16(0x800), datagram), ports],
  ["options", ethernet(extended([0, options], [43, routing], [60, options])), ports],
  ["IPv6 length", ethernet(extended([0, options])), { ipLength: 59, payloadLength: 3 }],
  ["an atomic fragment", ethernet(extended([44, fragment(0)])), { ...ports, isFragment: false }],
  ["a first IPv6 fragment", ethernet(extended([44, fragment(1)])), { ...ports, isFragment: true }],
  ["a first fragment", ethernet(patched(datagram, 6, 0x20)), { ...ports, isFragment: true }],
  ["ToS", ethernet(patched(datagram, 1, 0xb8)), { serviceClass: 0xb8 }],
  ["traffic class", ethernet(patched(datagram6, 0, 0x6b, 0x80)), { serviceClass: 0xb8 }],
  ["segmentation offload", ethernet(patched(datagram, 2, 0, 0)), { ipLength: 31 }],
  ["a length beyond the frame", ethernet(patched(datagram, 2, 9)), { hasLyingLength: true }],
  ["a length below the header", ethernet(patched(datagram, 2, 0, 10)), { hasLyingLength: true }],
  ["another protocol", ethernet(patched(datagram, 9, 132)), { sourcePort: 0, destinationPort: 0 }],
])("decodeFrame() understands %s", ([, bytes, expected]) => {
  const { outcome, summary } = decode(bytes);
  expect(outcome).toBe("ip");
  expect(summary).toMatchObject(expected);
});

test.for<[string, number, Uint8Array]>([
  ["NULL of a little-endian host", 0, octets(2, 0, 0, 0, datagram)],
  ["NULL of a big-endian host", 0, octets(u32(2), datagram)],
  ["NULL with IPv6 of macOS", 0, octets(30, 0, 0, 0, datagram6)],
  ["PPP", 9, octets(0xff, 3, u16(0x21), datagram)],
  ["PPP without framing", 9, octets(u16(0x57), datagram6)],
  ["raw IP", 12, datagram],
  ["raw IP", 101, datagram6],
  ["Cisco HDLC", 104, octets(0x0f, 0, u16(0x800), datagram)],
  ["LOOP", 108, octets(u32(2), datagram)],
  ["SLL", 113, octets(u16(0), u16(1), u16(6), "\0".repeat(8), u16(0x800), datagram)],
  ["IPv4", 228, datagram],
  ["IPv6", 229, datagram6],
  ["802.11", 105, wireless(0x08, 0)],
  ["802.11 with QoS and HT control", 105, wireless(0x88, 0x80, "\0".repeat(6))],
  ["802.11 between access points", 105, wireless(0x08, 3, "\0".repeat(6))],
  ["radiotap", 127, octets(0, 0, 9, 0, "\0".repeat(5), wireless(0x08, 1))],
  ["NFLOG", 239, octets(2, 0, 0, 0, 5, 0, 10, 0, "x\0\0\0", 35, 0, 9, 0, datagram)],
  ["PPI", 192, octets(0, 0, 12, 0, 1, 0, 0, 0, "\0\0\0\0", ethernet(datagram))],
  ["PPPoE", 51, octets(0x11, 0, u16(1), u16(33), u16(0x21), datagram)],
  ["SLL2", 276, octets(u16(0x800), u16(0), u32(1), u16(1), 0, 6, "\0".repeat(8), datagram)],
])("decodeFrame() understands the link type of %s", ([, linkType, bytes]) => {
  const { outcome, summary } = decode(bytes, { linkType });
  expect(outcome).toBe("ip");
  expect(summary).toMatchObject({ ...ports, payloadLength: 3 });
});

test.for<[string, Uint8Array, PacketOutcome]>([
  ["ARP", frameOf(0x0806, "\0".repeat(28)), "nonIp"],
  ["IEEE 802.3", frameOf(39, 0x42, 0x42, 3), "nonIp"],
  ["PPP control", frameOf(0x8864, 0x11, 0, u16(1), u16(4), u16(0xc021)), "nonIp"],
  ["a header of 16 octets", ethernet(patched(datagram, 0, 0x44)), "malformed"],
  ["IPv5", ethernet(patched(datagram, 0, 0x55)), "malformed"],
  ["IPv4 of EtherType IPv6", frameOf(0x86dd, datagram, "\0".repeat(20)), "malformed"],
  ["a TCP header of 16 octets", ethernet(patched(segment, 32, 0x40)), "malformed"],
  [
    "tags without end",
    frameOf(0x8100, octets(u16(1), u16(0x8100)), "\x81\0".repeat(40)),
    "malformed",
  ],
  ["labels without end", frameOf(0x8847, "\0".repeat(200)), "malformed"],
  ["options without end", ethernet(extended(...Array(17).fill([0, options]))), "malformed"],
  ["a later fragment", ethernet(patched(datagram, 6, 0, 1)), "fragment"],
  ["a later IPv6 fragment", ethernet(extended([44, fragment(8)])), "fragment"],
  [
    "a first fragment of 4 octets",
    ethernet(patched(datagram, 6, 0x20)).subarray(0, 38),
    "fragment",
  ],
])("decodeFrame() tells %s from packets", ([, bytes, expected]) => {
  expect(decode(bytes).outcome).toBe(expected);
});

test.for<[string, number, Uint8Array, PacketOutcome]>([
  ["a beacon", 105, wireless(0x80, 0), "nonIp"],
  ["an encrypted frame", 105, wireless(0x08, 0x40), "nonIp"],
  ["a null frame", 105, wireless(0x48, 0), "nonIp"],
  ["a radiotap header of 7 octets", 127, octets(0, 0, 7, 0, wireless(0x08, 0)), "malformed"],
  ["a PPI header of 4 octets", 192, octets(0, 0, 4, 0, 1, 0, 0, 0, datagram), "malformed"],
  ["PPI in PPI", 192, octets(0, 0, 8, 0, 192, 0, 0, 0, datagram), "malformed"],
  ["an attribute without length", 239, octets(2, 0, 0, 0, u32(0)), "malformed"],
  ["a log without packet", 239, octets(2, 0, 0, 0, 4, 0, 1, 0), "nonIp"],
  ["a family that is not IP", 0, octets(7, 0, 0, 0, datagram), "nonIp"],
])("decodeFrame() tells %s of link type %i from packets", ([, linkType, bytes, expected]) => {
  expect(decode(bytes, { linkType }).outcome).toBe(expected);
});

test("decodeFrame() names a link type that it does not know", () => {
  expect(decode(ethernet(datagram), { linkType: 119 }).outcome).toBe("unsupportedLinkType");
});

const all: readonly [string, Uint8Array, headers: number][] = [
  ["TCP", ethernet(segment), 54],
  ["UDP with a tag", ethernet(datagram, 9), 46],
  ["ICMP", ethernet(ping), 38],
  ["UDP over IPv6 with options", ethernet(extended([0, options], [44, fragment(0)])), 78],
  ["MPLS", frameOf(0x8847, 0, 1, 1, 64, datagram), 46],
  ["PPPoE", frameOf(0x8864, 0x11, 0, u16(1), u16(33), u16(0x21), datagram), 50],
];

test.for(all)("decodeFrame() counts %s cut at every octet", ([, bytes, headers]) => {
  for (let length = 0; length < bytes.length; length++) {
    const expected = length < headers ? "truncated" : "ip";
    const cut = decode(bytes.subarray(0, length), { wireLength: bytes.length });
    expect([length, cut.outcome]).toEqual([length, expected]);
    const lying = decode(bytes.subarray(0, length));
    expect([length, lying.outcome]).toEqual([length, length < headers ? "malformed" : "ip"]);
  }
});

test("decodeFrame() never throws and never looks outside of the frame", () => {
  const linkTypes = [0, 1, 9, 12, 51, 101, 104, 105, 108, 113, 127, 192, 228, 229, 239, 276];
  const start = fc.constantFrom(...all.map(([, bytes]) => bytes), new Uint8Array(0));
  const patch = fc.array(fc.tuple(fc.nat(80), fc.nat(255)), { maxLength: 6 });
  const property = fc.property(
    start,
    patch,
    fc.constantFrom(...linkTypes),
    (base, edits, linkType) => {
      const bytes = Uint8Array.from(base);
      for (const [at, value] of edits) if (at < bytes.length) bytes[at] = value;
      const frame = packetOf(bytes, 0, { linkType });
      const outside = { ...frame, bytes: frame.bytes.map((octet, i) => (i < 5 ? ~octet : octet)) };
      const [one, other] = [new PacketSummary(), new PacketSummary()];
      expect(decodeFrame(one, frame)).toBe(decodeFrame(other, outside));
      expect({ ...one, bytes: 0 }).toEqual({ ...other, bytes: 0 });
      expect(one.ipLength).toBeGreaterThanOrEqual(0);
      expect(one.payloadLength).toBeGreaterThanOrEqual(0);
    },
  );
  fc.assert(property, { numRuns: 500 });
});
