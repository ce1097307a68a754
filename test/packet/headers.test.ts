import fc from "fast-check";
import { expect, test } from "vitest";
import { createHeaders, type Headers } from "../../src/packet/headers.ts";
import { decodeHeaders } from "../../src/packet/link.ts";
import { ethernet, ip, octets, tcp, u16, u32, udp } from "../support/wire.ts";

/** Decode `frame` with space around it, as it lies in a capture. */
function decode(frame: Uint8Array, linkType = 1) {
  const bytes = octets(new Uint8Array(7), frame, new Uint8Array(64).fill(0xff));
  const packet = {
    view: new DataView(bytes.buffer),
    start: 7,
    end: 7 + frame.length,
    linkType,
  };
  const headers = createHeaders();
  const fault = decodeHeaders(packet, headers);
  return { fault, headers };
}

const a = { address: "192.0.2.1", port: 49_152 };
const b = { address: "198.51.100.2", port: 443 };
const a6 = { address: "2001:db8:0:0:0:0:0:1", port: 5_000 };
const b6 = { address: "2001:db8:0:0:0:0:0:2", port: 53 };
const segment = tcp(a, b, {
  flags: 0x18,
  sequence: 7,
  acknowledgment: 9,
  payload: octets("hello"),
});
const datagram = udp(a, b, octets("hi"));
const echo = ip(a.address, b.address, { protocol: 1, payload: octets(8, 0, 0, 0, u32(1)) });

test.for([
  [
    "TCP",
    ethernet(segment),
    {
      version: 4,
      protocol: 6,
      sourcePort: 49_152,
      destinationPort: 443,
      octets: 45,
      payloadOctets: 5,
      tcpFlags: 0x18,
      sequence: 7,
      vlan: 0,
    },
  ],
  ["UDP", ethernet(datagram), { protocol: 17, destinationPort: 443, octets: 30, payloadOctets: 2 }],
  [
    "ICMP",
    ethernet(echo),
    { protocol: 1, sourcePort: 0, destinationPort: 8 * 256, payloadOctets: 4 },
  ],
  [
    "IPv6",
    ethernet(udp(a6, b6, octets("hi"))),
    { version: 6, protocol: 17, destinationPort: 53, octets: 50, payloadOctets: 2 },
  ],
  ["802.1Q", ethernet(datagram, 20), { vlan: 20, destinationPort: 443 }],
  [
    "802.1ad over 802.1Q",
    octets(
      new Uint8Array(12),
      u16(0x88a8),
      u16(100),
      u16(0x8100),
      u16(0x6000 | 200),
      u16(0x0800),
      datagram,
    ),
    { vlan: 200, destinationPort: 443 },
  ],
  [
    "Ethernet padding",
    octets(ethernet(datagram), new Uint8Array(18)),
    { octets: 30, payloadOctets: 2 },
  ],
  [
    "a protocol without ports",
    ethernet(ip(a.address, b.address, { protocol: 47, payload: octets(1, 2) })),
    { protocol: 47, sourcePort: 0, destinationPort: 0, payloadOctets: 2 },
  ],
] as const)("decodeHeaders() decodes %s", ([, frame, expected]) => {
  const { fault, headers } = decode(frame);
  expect(fault).toBeUndefined();
  expect(headers).toMatchObject(expected);
});

/** An IPv6 packet whose headers `chain` (type and octets) come before a UDP datagram. */
function chained(...chain: (readonly [number, Uint8Array])[]): Uint8Array {
  const plain = udp(a6, b6, octets("hi"));
  const following = [...chain.slice(1).map(([type]) => type), 17];
  const extensions = octets(...chain.map(([, body], i) => octets(following[i] ?? 0, body)));
  const length = plain.length - 40 + extensions.length;
  const head = octets(
    plain.subarray(0, 4),
    u16(length),
    chain[0]?.[0] ?? 17,
    plain.subarray(7, 40),
  );
  return ethernet(octets(head, extensions, plain.subarray(40)));
}

const options = octets(0, new Uint8Array(6));
test.for([
  ["hop-by-hop options", chained([0, options])],
  ["routing and destination options", chained([43, octets(1, new Uint8Array(14))], [60, options])],
  ["authentication", chained([51, octets(4, new Uint8Array(22))])],
  ["a first fragment", chained([44, octets(0, u16(1), u32(1))])],
] as const)("decodeHeaders() goes through IPv6 %s", ([, frame]) => {
  const { fault, headers } = decode(frame);
  expect(fault).toBeUndefined();
  expect(headers).toMatchObject({
    protocol: 17,
    sourcePort: 5_000,
    destinationPort: 53,
    payloadOctets: 2,
  });
});

test.for([
  ["ARP", ethernetOf(0x0806, new Uint8Array(28)), 1, "nonIp"],
  ["an LLC frame", ethernetOf(38, new Uint8Array(38)), 1, "nonIp"],
  ["MPLS", ethernetOf(0x8847, new Uint8Array(30)), 1, "encapsulationUnsupported"],
  [
    "a header length below five",
    ethernet(octets(0x44, segment.subarray(1))),
    1,
    "headersMalformed",
  ],
  ["version 5", ethernet(octets(0x55, segment.subarray(1))), 1, "headersMalformed"],
  [
    "a later fragment",
    ethernet(octets(segment.subarray(0, 6), u16(9), segment.subarray(8))),
    1,
    "fragments",
  ],
  ["a later IPv6 fragment", chained([44, octets(0, u16(9), u32(1))]), 1, "fragments"],
  [
    "an endless chain",
    chained(...Array.from({ length: 20 }, () => [60, options] as const)),
    1,
    "headersMalformed",
  ],
  ["Bluetooth", ethernet(segment), 201, "linkTypeUnsupported"],
] as const)("decodeHeaders() tells %s", ([, frame, linkType, fault]) => {
  expect(decode(frame, linkType).fault).toBe(fault);
});

function ethernetOf(type: number, body: Uint8Array): Uint8Array {
  return octets(new Uint8Array(12), u16(type), body);
}

test.for([
  ["RAW", 101, segment],
  ["RAW as OpenBSD has it", 14, segment],
  ["IPV4", 228, segment],
  ["NULL", 0, octets(u32(2), segment)],
  ["LOOP", 108, octets(u32(2), segment)],
  ["LINUX_SLL", 113, octets(new Uint8Array(14), u16(0x0800), segment)],
  ["LINUX_SLL2", 276, octets(u16(0x0800), new Uint8Array(18), segment)],
] as const)("decodeHeaders() decodes link type %s", ([, linkType, frame]) => {
  const { fault, headers } = decode(frame, linkType);
  expect(fault).toBeUndefined();
  expect(headers).toMatchObject({ sourcePort: 49_152, destinationPort: 443 });
});

const whole: readonly Uint8Array[] = [
  ethernet(segment),
  ethernet(datagram, 20),
  ethernet(echo),
  chained([0, options], [44, octets(0, u16(1), u32(1))]),
];

test("decodeHeaders() of a packet cut at any octet reads nothing beyond it", () => {
  for (const frame of whole) {
    const { headers } = decode(frame);
    const payload = headers.payloadOctets;
    for (let length = 0; length < frame.length; length++) {
      const cut = decode(frame.subarray(0, length));
      const inHeaders = length < frame.length - payload;
      if (cut.fault === undefined) expect(pick(cut.headers)).toEqual(pick(headers));
      else expect(inHeaders && cut.fault).toBe("headersTruncated");
    }
  }
});

function pick({ protocol, sourcePort, destinationPort, vlan, octets: size }: Headers) {
  return { protocol, sourcePort, destinationPort, vlan, size };
}

test("decodeHeaders() takes any octets", () => {
  const links = fc.constantFrom(0, 1, 12, 101, 108, 113, 228, 229, 276, 999);
  const heads = fc.constantFrom(octets(), ...whole.map((frame) => frame.subarray(0, 20)));
  fc.assert(
    fc.property(heads, fc.uint8Array({ maxLength: 80 }), links, (head, tail, link) => {
      decode(octets(head, tail), link);
    }),
  );
});
