import { expect, test } from "vitest";
import { endReason } from "../../src/flow/meter.ts";
import { meterAll, packetOf, startMeter } from "../support/flows.ts";
import { ethernet, ip, octets, tcp, tcpFlags, u16, u32, udp } from "../support/wire.ts";

const client = { address: "192.0.2.1", port: 40_000 };
const server = { address: "198.51.100.2", port: 443 };
const { syn, ack, fin, rst, psh } = tcpFlags;
const second = 1e6;

/** A datagram of 31 octets from the client, or to it. */
function datagram(atSeconds: number, reverse = false) {
  const [from, to] = reverse ? [server, client] : [client, server];
  return packetOf(ethernet(udp(from, to, octets("abc"))), atSeconds * second);
}

/** A TCP segment; `<` before the flags means from the server. */
function segment(atSeconds: number, from: ">" | "<", flags: number, payload = "") {
  const [source, target] = from === ">" ? [client, server] : [server, client];
  const numbers = { sequence: from === ">" ? 1_000 : 5_000, acknowledgment: 1 };
  const bytes = tcp(source, target, { flags, ...numbers, payload: octets(payload) });
  return packetOf(ethernet(bytes), atSeconds * second);
}

test("Meter joins both directions into a biflow with YAF's fields", () => {
  const packets = [
    segment(1.000001, ">", syn),
    segment(1.25, "<", syn | ack),
    segment(2, ">", psh | ack, "hello"),
  ];
  expect(meterAll(packets)).toEqual([
    {
      template: 0xb010,
      exportTime: 2,
      flowStartMilliseconds: 1_000,
      flowEndMilliseconds: 2_000,
      flowStartMicroseconds: 1_000_001,
      flowEndMicroseconds: 2_000_000,
      octetTotalCount: 85,
      reverseOctetTotalCount: 40,
      packetTotalCount: 2,
      reversePacketTotalCount: 1,
      sourceIPv4Address: "192.0.2.1",
      destinationIPv4Address: "198.51.100.2",
      sourceTransportPort: 40_000,
      destinationTransportPort: 443,
      flowAttributes: 0,
      reverseFlowAttributes: 0,
      protocolIdentifier: 6,
      flowEndReason: endReason.forced,
      silkAppLabel: 0,
      reverseFlowDeltaMilliseconds: 249,
      reverseFlowDeltaMicroseconds: 249_999,
      vlanId: 0,
      reverseVlanId: 0,
      ipClassOfService: 0,
      reverseIpClassOfService: 0,
      tcpSequenceNumber: 1_000,
      initialTCPFlags: syn,
      unionTCPFlags: psh | ack,
      reverseInitialTCPFlags: syn | ack,
      reverseUnionTCPFlags: 0,
      reverseTcpSequenceNumber: 5_000,
    },
  ]);
});

test("Meter writes IPv6 uniflows with an empty list", () => {
  const from = { address: "2001:db8:0:0:0:0:0:1", port: 53 };
  const to = { address: "2001:db8:0:0:0:0:0:2", port: 5_353 };
  const [flow] = meterAll([packetOf(ethernet(udp(from, to, octets("abc")), 12), 1e15)]);
  expect(flow).toMatchObject({
    template: 0xb400,
    sourceIPv6Address: "2001:db8::1",
    destinationIPv6Address: "2001:db8::2",
    octetTotalCount: 51,
    vlanId: 12,
    exportTime: 1e9,
  });
  expect(flow).not.toHaveProperty("tcpSequenceNumber");
});

test.for([
  ["not after exactly the idle timeout", [0, 300], [[2, 4]]],
  [
    "after more than the idle timeout",
    [0, 300.000001],
    [
      [1, 1],
      [1, 4],
    ],
  ],
  [
    "not after exactly the active timeout",
    [0, 299, 598, 897, 1_196, 1_495, 1_794, 1_800],
    [[8, 4]],
  ],
  [
    "after more than the active timeout",
    [0, 299, 598, 897, 1_196, 1_495, 1_794, 1_800.000001],
    [
      [7, 2],
      [1, 4],
    ],
  ],
] as const)("Meter ends a flow %s", ([, times, expected]) => {
  const flows = meterAll(times.map((time) => datagram(time)));
  expect(flows.map((flow) => [flow["packetTotalCount"], flow["flowEndReason"]])).toEqual(expected);
});

test("Meter lets an idle flow go when any packet shows that its time is over", () => {
  const { meter, flows } = startMeter({ maximumFlows: 10 });
  meter.packet(datagram(0));
  meter.packet(packetOf(ethernet(octets("\0")), 301 * second));
  expect(meter.counters()).toMatchObject({ flows: 1, flowsActive: 0, nonIp: 0, malformed: 1 });
  expect(flows).toEqual([]); // the record waits for its batch
  meter.end();
  expect(flows).toMatchObject([{ flowEndReason: endReason.idle, exportTime: 301 }]);
});

test("Meter gives a new flow the direction of its first packet", () => {
  const flows = meterAll([datagram(0), datagram(1, true), datagram(400, true), datagram(401)]);
  expect(flows).toMatchObject([
    { sourceTransportPort: 40_000, reversePacketTotalCount: 1 },
    { sourceTransportPort: 443, reversePacketTotalCount: 1 },
  ]);
});

test.for([
  [
    "RST",
    [
      [">", syn],
      ["<", rst | ack],
      [">", ack],
    ],
    [
      [2, 3],
      [1, 4],
    ],
  ],
  ["a lone RST", [[">", rst]], [[1, 3]]],
  [
    "both FINs and an answer to each",
    [
      [">", fin | ack],
      ["<", fin | ack],
      [">", ack],
      [">", ack],
    ],
    [
      [3, 3],
      [1, 4],
    ],
  ],
  [
    "a half-closed connection",
    [
      [">", fin | ack],
      ["<", ack],
      ["<", ack],
      ["<", fin | ack],
      [">", ack],
      ["<", ack],
    ],
    [
      [5, 3],
      [1, 4],
    ],
  ],
  [
    "but not one FIN",
    [
      [">", fin | ack],
      ["<", ack],
      [">", ack],
    ],
    [[3, 4]],
  ],
  [
    "but not FINs that nobody answers",
    [
      [">", fin],
      ["<", fin],
      [">", fin],
    ],
    [[3, 4]],
  ],
  [
    "and SYN starts another",
    [
      [">", fin | ack],
      ["<", fin | ack],
      [">", ack],
      [">", syn],
      ["<", syn | ack],
    ],
    [
      [3, 3],
      [2, 4],
    ],
  ],
] as const)("Meter ends a TCP flow at %s", ([, segments, expected]) => {
  const flows = meterAll(segments.map(([from, flags], i) => segment(i, from, flags)));
  const seen = flows.map((flow) => {
    const { packetTotalCount, reversePacketTotalCount = 0, flowEndReason } = flow;
    return [Number(packetTotalCount) + Number(reversePacketTotalCount), flowEndReason];
  });
  expect(seen).toEqual(expected);
});

test("Meter does not end a flow of another protocol at what would be RST", () => {
  const bytes = octets(client.address, "\0".repeat(40));
  const other = ip(client.address, server.address, { protocol: 47, payload: bytes.fill(0xff) });
  const flows = meterAll([packetOf(ethernet(other)), packetOf(ethernet(other))]);
  expect(flows).toMatchObject([{ packetTotalCount: 2, flowEndReason: endReason.forced }]);
});

/** An ICMP message of the client, or of the server. */
function message(type: number, code: number, reverse = false) {
  const [from, to] = reverse ? [server.address, client.address] : [client.address, server.address];
  const payload = octets(type, code, 0, 0, u32(1));
  return packetOf(ethernet(ip(from, to, { protocol: 1, payload })));
}

test("Meter keeps ICMP apart by type and code, and joins equal ones of both directions", () => {
  const flows = meterAll([
    message(8, 0),
    message(0, 0, true),
    message(3, 1, true),
    message(3, 3, true),
    message(8, 0, true),
  ]);
  const seen = flows.map((flow) => [
    flow["sourceTransportPort"],
    flow["destinationTransportPort"],
    flow["reversePacketTotalCount"] ?? 0,
  ]);
  expect(seen.sort()).toEqual([
    [0, 0, 0],
    [0, 2_048, 1],
    [0, 769, 0],
    [0, 771, 0],
  ]);
});

test("Meter keeps VLANs apart by the innermost tag", () => {
  const inner = udp(client, server, octets("abc"));
  const stacked = ethernet(inner, 7);
  const outer = octets(stacked.subarray(0, 12), u16(0x88a8), u16(99), stacked.subarray(12));
  const flows = meterAll([ethernet(inner), ethernet(inner, 7), outer].map((f) => packetOf(f)));
  expect(flows.map((flow) => [flow["vlanId"], flow["packetTotalCount"]]).sort()).toEqual([
    [0, 1],
    [7, 2],
  ]);
});

test("Meter takes the earliest and the latest time when time goes backwards", () => {
  const flows = meterAll([datagram(100), datagram(120), datagram(90, true), datagram(110)]);
  expect(flows).toMatchObject([
    {
      flowStartMicroseconds: 90 * second,
      flowEndMicroseconds: 120 * second,
      reverseFlowDeltaMicroseconds: 0,
      flowAttributes: 3,
      reverseFlowAttributes: 2,
      packetTotalCount: 3,
      exportTime: 120,
    },
  ]);
});

test("Meter marks payloads of one size, and first fragments", () => {
  const fragment = ethernet(udp(client, server, octets("abc")));
  fragment[20] = 0x20;
  const flows = meterAll([datagram(0), packetOf(fragment, second), segment(1, ">", ack, "a")]);
  expect(flows.map((flow) => flow["flowAttributes"])).toEqual([1 | 8, 0]);
  const sizes = ["a", "b", "", "bc"].map((text, i) => segment(i, ">", ack, text));
  expect(meterAll(sizes.slice(0, 3))[0]?.["flowAttributes"]).toBe(1);
  expect(meterAll(sizes)[0]?.["flowAttributes"]).toBe(0);
});

test("Meter ends the flow idle for longest when there are too many", () => {
  const from = (port: number) => packetOf(ethernet(udp({ ...client, port }, server, octets())));
  const { meter, flows } = startMeter({ maximumFlows: 2 });
  for (const port of [1, 2, 1, 3, 2]) meter.packet(from(port));
  expect(meter.counters()).toMatchObject({ flowsActive: 2, flowsPeak: 2, flowsEvicted: 2 });
  meter.end();
  const seen = flows.map((flow) => [flow["sourceTransportPort"], flow["flowEndReason"]]);
  expect(seen).toEqual([
    [2, endReason.resources],
    [1, endReason.resources],
    [3, endReason.forced],
    [2, endReason.forced],
  ]);
});

test("Meter changes to counters of eight octets from 2^31", () => {
  const large = ethernet(udp(client, server, octets()));
  large.set([0x80, 0], 16);
  const packet = packetOf(large, 0, { wireLength: 40_000 });
  const { meter, flows } = startMeter();
  for (const count of [65_535, 65_536]) {
    for (let i = 0; i < count; i++) meter.packet(packet);
    meter.end();
  }
  expect(flows).toMatchObject([
    { template: 0xb000, octetTotalCount: 65_535 * 32_768 },
    { template: 0xb080, octetTotalCount: 2 ** 31, packetTotalCount: 65_536 },
  ]);
});

test("Meter counts by name what it does not meter", () => {
  const { meter } = startMeter();
  const frame = (type: number) => octets("\0".repeat(12), u16(type), "\0".repeat(46));
  for (const type of [0x0806, 0x0806, 0x88cc, 0x1234, 38]) meter.packet(packetOf(frame(type)));
  meter.packet(packetOf(frame(0), 0, { linkType: 119 }));
  meter.packet(packetOf(frame(0), 0, { linkType: 999 }));
  meter.packet(packetOf(frame(0x0800), 0));
  meter.packet(packetOf(frame(0x0800).subarray(0, 20), 0, { wireLength: 60 }));
  expect(meter.counters()).toMatchObject({
    packets: 9,
    packetsMetered: 0,
    nonIp: 5,
    "nonIp:arp": 2,
    "nonIp:lldp": 1,
    "nonIp:0x1234": 1,
    "nonIp:802.3": 1,
    unsupportedLinkType: 2,
    "unsupportedLinkType:ieee802-11-prism": 1,
    "unsupportedLinkType:999": 1,
    malformed: 1,
    truncated: 1,
  });
});

test("Meter bounds the names that it counts", () => {
  const { meter } = startMeter();
  for (let type = 0x1000; type < 0x1000 + 5_000; type++) {
    meter.packet(packetOf(octets("\0".repeat(12), u16(type), "\0".repeat(46))));
  }
  const counters = meter.counters();
  expect(counters).toMatchObject({ nonIp: 5_000, "nonIp:other": 5_000 - 64 });
  expect(Object.keys(counters).length).toBeLessThan(100);
});

test("Meter hands on batches of at most 64 kB in the order in which flows ended", () => {
  const batches: [count: number, octets: number][] = [];
  const { meter } = startMeter({
    maximumFlows: 1,
    onBatch: ({ count, offsets }) => batches.push([count, offsets[count] ?? 0]),
  });
  const sides = (i: number) => ({ address: "192.0.2.1", port: i });
  for (let i = 0; i < 3_000; i++) {
    meter.packet(packetOf(ethernet(udp(sides(i), server, octets()))));
  }
  meter.end();
  expect(batches.reduce((sum, [count]) => sum + count, 0)).toBe(3_000);
  for (const [count, size] of batches) expect(size).toBe(count * 63);
  for (const [, size] of batches.slice(0, -1)) expect(size).toBeGreaterThan(64_000);
  for (const [, size] of batches) expect(size).toBeLessThanOrEqual(65_536);
});
