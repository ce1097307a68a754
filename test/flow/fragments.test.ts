import { expect, test } from "vitest";
import { type Flow, packetOf, startMeter } from "../support/flows.ts";
import { ethernet, octets, tcp, tcpFlags, u16, u32, udp } from "../support/wire.ts";

const client = { address: "192.0.2.1", port: 40_000 };
const server = { address: "198.51.100.2", port: 443 };
const client6 = { address: "2001:db8:0:0:0:0:0:1", port: 40_000 };
const server6 = { address: "2001:db8:0:0:0:0:0:2", port: 443 };
const first = 0x2000;
const last = 0x0001;
const second = 1e6;

/** A fragment over IPv4: of `packet`, with these identification, flags and offset. */
function fragment(field: number, { id = 7, packet = udp(client, server, octets("abc")) } = {}) {
  return octets(packet.subarray(0, 4), u16(id), u16(field), packet.subarray(8));
}

/** A fragment over IPv6 with this offset and flag. */
function fragment6(field: number, id = 7): Uint8Array {
  const packet = udp(client6, server6, octets("abc"));
  const head = octets(packet.subarray(0, 4), u16(packet.length - 40 + 8), 44);
  return octets(head, packet.subarray(7, 40), 17, 0, u16(field), u32(id), packet.subarray(40));
}

function meterFragments(packets: readonly Uint8Array[], { stepUs = second, vlans = [0] } = {}) {
  const { meter, flows } = startMeter();
  packets.forEach((packet, i) => {
    const frame = ethernet(packet, vlans[i % vlans.length] || undefined);
    meter.packet(packetOf(frame, i * stepUs));
  });
  meter.end();
  const sizes = flows.map((flow: Flow) => [flow["packetTotalCount"], flow["octetTotalCount"]]);
  return { flows, sizes, fragments: meter.counters()["fragments"] };
}

test("Meter counts later fragments where the first one went", () => {
  const { flows, fragments } = meterFragments([fragment(first), fragment(last), fragment(2)]);
  expect(fragments).toBe(0);
  expect(flows).toMatchObject([
    {
      packetTotalCount: 3,
      octetTotalCount: 93,
      destinationTransportPort: 443,
      flowAttributes: 8,
      flowEndMicroseconds: 2 * second,
    },
  ]);
});

test("Meter does so over IPv6", () => {
  const { flows, fragments } = meterFragments([fragment6(1), fragment6(8), fragment6(8, 9)]);
  expect(fragments).toBe(1);
  expect(flows).toMatchObject([{ packetTotalCount: 2, octetTotalCount: 118, flowAttributes: 8 }]);
});

test.for<[string, Uint8Array[], { stepUs?: number; vlans?: number[] }]>([
  ["come before their first one", [fragment(last), fragment(first)], {}],
  ["belong to another packet", [fragment(first), fragment(last, { id: 8 })], {}],
  ["come from another VLAN", [fragment(first), fragment(last)], { vlans: [1, 2] }],
  ["come after 30 s", [fragment(first), fragment(last)], { stepUs: 30 * second + 1 }],
])("Meter counts fragments apart that %s", ([, packets, options]) => {
  expect(meterFragments(packets, options)).toMatchObject({ fragments: 1, sizes: [[1, 31]] });
});

test("Meter takes no fragment for a TCP header, and no first one without a header for another", () => {
  const { rst } = tcpFlags;
  const segment = tcp(client, server, { flags: rst, sequence: 1, acknowledgment: 0 });
  const plain = tcp(client, server, { flags: 0, sequence: 1, acknowledgment: 0 });
  const packets = [
    fragment(first, { packet: plain }),
    fragment(last, { packet: segment }),
    fragment(first, { packet: plain }).subarray(0, 30),
  ];
  const { flows, fragments } = meterFragments(packets);
  expect(fragments).toBe(1);
  expect(flows).toMatchObject([
    { packetTotalCount: 2, unionTCPFlags: 0, tcpSequenceNumber: 1, flowEndReason: 4 },
  ]);
});

test("Meter remembers a bounded number of first fragments", () => {
  const ids = Array.from({ length: 5_000 }, (_, id) => id);
  const packets = [
    ...ids.map((id) => fragment(first, { id })),
    ...ids.map((id) => fragment(last, { id })),
  ];
  const { fragments, sizes } = meterFragments(packets, { stepUs: 1 });
  expect(fragments).toBeGreaterThanOrEqual(5_000 - 1_024);
  expect(fragments).toBeLessThan(5_000 - 512);
  expect(sizes).toEqual([[10_000 - (fragments ?? 0), 31 * (10_000 - (fragments ?? 0))]]);
});
