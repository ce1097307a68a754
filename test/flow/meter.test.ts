import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { meterFrames } from "../support/meter.ts";
import {
  ethernet,
  ip,
  octets,
  type Side,
  type TimedFrame,
  tcp,
  tcpFlags,
  u16,
  u32,
  udp,
} from "../support/wire.ts";

const client = { address: "192.0.2.1", port: 49_152 };
const server = { address: "198.51.100.2", port: 443 };
const { fin, syn, rst, psh, ack } = tcpFlags;
const second = 1e6;
const start = 1_700_000_000 * second;

/** A frame `seconds` after the start. */
function at(seconds: number, packet: Uint8Array, vlan?: number): TimedFrame {
  return { timeUs: start + Math.round(seconds * second), frame: ethernet(packet, vlan) };
}

function segment(
  from: Side,
  to: Side,
  flags: number,
  { sequence = 1, acknowledgment = 0, text = "" } = {},
): Uint8Array {
  return tcp(from, to, { flags, sequence, acknowledgment, payload: octets(text) });
}

/** A connection from SYN to the last ACK. */
const connection = [
  at(0, segment(client, server, syn, { sequence: 1_000 })),
  at(0.01, segment(server, client, syn | ack, { sequence: 5_000, acknowledgment: 1_001 })),
  at(0.02, segment(client, server, ack, { sequence: 1_001, acknowledgment: 5_001 })),
  at(0.03, segment(client, server, psh | ack, { sequence: 1_001, text: "hello" })),
  at(0.04, segment(server, client, psh | ack, { sequence: 5_001, text: "world!" })),
  at(0.05, segment(client, server, fin | ack, { sequence: 1_006, acknowledgment: 5_007 })),
  at(0.06, segment(server, client, fin | ack, { sequence: 5_007, acknowledgment: 1_007 })),
  at(0.07, segment(client, server, ack, { sequence: 1_007, acknowledgment: 5_008 })),
];

describe("createMeter()", () => {
  test("makes one biflow of a TCP connection", () => {
    const { flows, counters } = meterFrames(connection);
    expect(flows).toEqual([
      {
        rec: "flow",
        startUs: start,
        endUs: start + 70_000,
        sip: client.address,
        dip: server.address,
        sp: client.port,
        dp: server.port,
        proto: 6,
        vlan: 0,
        rvlan: 0,
        pkts: 5,
        octets: 205,
        rpkts: 3,
        roctets: 126,
        iflags: syn,
        uflags: ack | psh | fin,
        riflags: syn | ack,
        ruflags: ack | psh | fin,
        seq: 1_000,
        rseq: 5_000,
        endReason: 3,
        app: 0,
        attrs: 0,
        rattrs: 0,
        tos: 0,
        rtos: 0,
        rdeltaMs: 10,
        rdeltaUs: 10_000,
      },
    ]);
    expect(counters).toMatchObject({ packets: 8, packetsMetered: 8, octets: 331, flows: 1 });
  });

  test("takes who speaks first as the source, whichever address is lower", () => {
    const from = { address: "203.0.113.9", port: 1 };
    const to = { address: "192.0.2.1", port: 60_000 };
    const { flows } = meterFrames([
      at(0, udp(from, to, octets("a"))),
      at(1, udp(to, from, octets("bb"))),
    ]);
    expect(flows).toMatchObject([
      { sip: from.address, sp: 1, dip: to.address, dp: 60_000, octets: 29, roctets: 30 },
    ]);
  });

  test.for([
    ["RST", [connection[0], at(0.1, segment(server, client, rst | ack))], [3]],
    ["a packet after the close", [...connection, at(2, segment(client, server, ack))], [4, 3]],
    ["one FIN only", connection.slice(0, 6), [4]],
  ] as const)("ends a TCP flow by %s", ([, frames, reasons]) => {
    const { flows } = meterFrames(frames as readonly TimedFrame[]);
    expect(
      flows
        .map(({ endReason }) => endReason)
        .sort()
        .reverse(),
    ).toEqual(reasons);
  });

  const packet = udp(client, server, octets("x"));
  test.for([
    ["at the idle timeout", [0, 300], [[2, 4]]],
    [
      "beyond the idle timeout",
      [0, 300.000001],
      [
        [1, 1],
        [1, 4],
      ],
    ],
    ["at the active timeout", [0, 299, 598, 897, 1_196, 1_495, 1_794, 1_800], [[8, 4]]],
    [
      "beyond the active timeout",
      [0, 299, 598, 897, 1_196, 1_495, 1_794, 1_800.000001],
      [
        [7, 2],
        [1, 4],
      ],
    ],
    ["in the wrong order", [10, 0, 5], [[3, 4]]],
  ] as const)("splits a flow rightly %s", ([, seconds, expected]) => {
    const { flows } = meterFrames(seconds.map((time) => at(time, packet)));
    expect(flows.map(({ pkts, endReason }) => [pkts, endReason])).toEqual(expected);
    const [first] = flows;
    expect(first?.["startUs"]).toBe(start + Math.min(...seconds) * second);
  });

  test("ends idle flows by the clock of other packets, those without a flow too", () => {
    const arp = {
      timeUs: start + 301 * second,
      frame: octets(new Uint8Array(12), u16(0x0806), u32(0)),
    };
    expect(meterFrames([at(0, packet), arp]).flows).toMatchObject([{ endReason: 1 }]);
  });

  test("keeps request and reply of ICMP apart", () => {
    const icmp = (from: Side, to: Side, type: number) =>
      ip(from.address, to.address, { protocol: 1, payload: octets(type, 0, 0, 0, u32(0)) });
    const echo = [at(0, icmp(client, server, 8)), at(1, icmp(server, client, 0))];
    expect(meterFrames(echo).flows).toMatchObject([
      { sip: client.address, sp: 0, dp: 2_048, icmp: [8, 0], rpkts: 0 },
      { sip: server.address, sp: 0, dp: 0, icmp: [0, 0], rpkts: 0 },
    ]);
  });

  test("keeps VLANs apart by their innermost tag", () => {
    const { flows } = meterFrames([at(0, packet, 10), at(1, packet, 20), at(2, packet, 10)]);
    expect(flows).toMatchObject([
      { vlan: 20, pkts: 1 },
      { vlan: 10, pkts: 2 },
    ]);
  });

  test("writes IPv6, class of service and counters of four or eight octets", () => {
    const from = { address: "2001:db8:0:0:0:0:0:1", port: 5_000 };
    const to = { address: "2001:db8:0:0:0:0:0:2", port: 53 };
    const marked = udp(from, to, octets("hi"));
    const frame = ethernet(octets(0x6b, 0x80, marked.subarray(2)));
    const { flows } = meterFrames([{ timeUs: start, frame }, at(1, udp(to, from, octets()))]);
    expect(flows).toMatchObject([
      { sip: "2001:db8::1", dip: "2001:db8::2", tos: 0xb8, rtos: 0, octets: 50, roctets: 48 },
    ]);
    const large = octets(0x45, 0, u16(65_535), packet.subarray(4));
    const many = Array.from({ length: 32_770 }, (_, i) => ({
      timeUs: start + i,
      frame: ethernet(large),
    }));
    expect(meterFrames(many).flows).toMatchObject([{ pkts: 32_770, octets: 32_770 * 65_535 }]);
  });

  test("keeps at most `maximumFlows`, and ends the one idle for longest", () => {
    const frames = Array.from({ length: 10 }, (_, i) =>
      at(i, udp({ ...client, port: 1_000 + i }, server, octets())),
    );
    const { flows, counters } = meterFrames(frames, { maximumFlows: 3 });
    expect(flows.map(({ sp, endReason }) => [sp, endReason])).toEqual([
      ...Array.from({ length: 7 }, (_, i) => [1_000 + i, 5]),
      ...Array.from({ length: 3 }, (_, i) => [1_007 + i, 4]),
    ]);
    expect(counters).toMatchObject({ flows: 10, flowsEvicted: 7, flowsActive: 0 });
  });

  test("tells payloads of one size, and fragments, as flowAttributes", () => {
    const fragment = (text: string) => {
      const whole = udp(client, server, octets(text));
      return octets(whole.subarray(0, 6), 0x20, 0, whole.subarray(8));
    };
    const of = (...packets: Uint8Array[]) =>
      meterFrames(packets.map((p, i) => at(i, p))).flows[0]?.["attrs"];
    expect(of(packet)).toBe(0);
    expect(of(packet, packet)).toBe(1);
    expect(of(packet, packet, udp(client, server, octets("xx")), packet)).toBe(0);
    expect(of(fragment("x"))).toBe(8);
  });
});

/** A slow meter of UDP flows without timeouts, by a Map: what the table must agree with. */
function modelFlows(packets: readonly { from: number; to: number; size: number }[]) {
  const flows = new Map<string, { sp: number; dp: number; octets: number; roctets: number }>();
  for (const { from, to, size } of packets) {
    const key = [from, to].sort((x, y) => x - y).join();
    const flow = flows.get(key) ?? { sp: from, dp: to, octets: 0, roctets: 0 };
    flows.set(key, flow);
    if (flow.sp === from) flow.octets += 28 + size;
    else flow.roctets += 28 + size;
  }
  return [...flows.values()];
}

test("createMeter() agrees with a Map, whatever comes and whatever the seed", () => {
  const port = fc.integer({ min: 1, max: 12 });
  const packets = fc.array(fc.record({ from: port, to: port, size: fc.nat(9) }), {
    maxLength: 120,
  });
  fc.assert(
    fc.property(packets, fc.integer(), (list, seed) => {
      const same = { address: "192.0.2.7" };
      const frames = list.map(({ from, to, size }, i) =>
        at(i / 1_000, udp({ ...same, port: from }, { ...same, port: to }, new Uint8Array(size))),
      );
      const { flows, counters } = meterFrames(frames, { seed });
      const seen = flows.map(({ sp, dp, octets: o, roctets }) => ({ sp, dp, octets: o, roctets }));
      const order = (flow: object) => JSON.stringify(flow);
      expect(seen.map(order).sort()).toEqual(modelFlows(list).map(order).sort());
      expect(counters["octets"]).toBe(list.reduce((sum, { size }) => sum + 28 + size, 0));
    }),
  );
});

test("createMeter() loses no packet and no octet, under eviction and timeouts too", () => {
  const host = fc.integer({ min: 1, max: 60 });
  const packets = fc.array(
    fc.record({ host, gap: fc.nat(400), flags: fc.nat(31), kind: fc.nat(3) }),
    { maxLength: 150 },
  );
  fc.assert(
    fc.property(packets, fc.integer({ min: 1, max: 20 }), (list, maximumFlows) => {
      let seconds = 0;
      const frames = list.map(({ host: n, gap, flags, kind }) => {
        seconds += gap / 4;
        const from = { address: `192.0.2.${n}`, port: n };
        if (kind === 0)
          return { timeUs: start + seconds * second, frame: octets(new Uint8Array(14)) };
        return at(
          seconds,
          kind === 1 ? udp(from, server, octets("abc")) : segment(from, server, flags),
        );
      });
      const { flows, counters } = meterFrames(frames, { maximumFlows });
      const total = (name: string) => flows.reduce((sum, flow) => sum + Number(flow[name]), 0);
      expect(total("pkts") + total("rpkts")).toBe(counters["packetsMetered"]);
      expect(total("octets") + total("roctets")).toBe(counters["octets"]);
      expect(counters["packetsMetered"]).toBe(list.filter(({ kind }) => kind !== 0).length);
      expect(counters["nonIp"]).toBe(list.filter(({ kind }) => kind === 0).length);
      expect(flows).toHaveLength(counters["flows"] ?? -1);
    }),
  );
});
