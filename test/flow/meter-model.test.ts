import fc from "fast-check";
import { expect, test } from "vitest";
import { type Flow, meterAll, packetOf, startMeter } from "../support/flows.ts";
import { type ModelFlow, type ModelPacket, modelFlows } from "../support/meter-model.ts";
import { ethernet, ip, octets, tcp, tcpFlags, u32, udp } from "../support/wire.ts";

const options = { idleUs: 300e6, activeUs: 1_800e6 };

/** Endpoints: some share an address, some a port, and some are IPv6. */
const endpoints = [
  { address: "192.0.2.1", port: 1_000 },
  { address: "192.0.2.1", port: 1_001 },
  { address: "192.0.2.2", port: 1_000 },
  { address: "198.51.100.1", port: 53 },
];
const endpoints6 = [
  { address: "2001:db8:0:0:0:0:0:1", port: 1_000 },
  { address: "2001:db8:0:0:0:0:0:1", port: 1_001 },
  { address: "2001:db8:0:1:0:0:0:1", port: 1_000 },
  { address: "fe80:0:0:0:0:0:0:1", port: 53 },
];

/** Numbers of the endpoints 0 to 3 are IPv4, 4 to 7 IPv6; a packet stays in its version. */
function sideOf(number: number) {
  const side = [...endpoints, ...endpoints6][number];
  if (!side) throw new Error(`no endpoint ${number}`);
  return side;
}

const described = fc
  .record({
    stepUs: fc.oneof(
      { weight: 6, arbitrary: fc.nat(50e6) },
      { weight: 1, arbitrary: fc.integer({ min: -20e6, max: 320e6 }) },
      { weight: 1, arbitrary: fc.constantFrom(300e6, 300e6 + 1) },
    ),
    from: fc.nat(3),
    to: fc.nat(3),
    version6: fc.boolean(),
    protocol: fc.constantFrom("tcp", "tcp", "udp", "icmp"),
    vlan: fc.constantFrom(0, 0, 0, 5),
    payload: fc.nat(40),
    fin: fc.boolean(),
    rst: fc.nat(9).map((n) => n === 0),
    ack: fc.boolean(),
  })
  .map((made) => ({ ...made, protocol: made.protocol as ModelPacket["protocol"] }));

type Described = typeof described extends fc.Arbitrary<infer Made> ? Made : never;

/** The same packet for the model and, as octets, for the meter. */
function makePacket(made: Described, timeUs: number) {
  const base = made.version6 ? 4 : 0;
  const isIcmp = made.protocol === "icmp";
  // ICMP has no ports, so that endpoints 0 and 1 are the same one.
  const number = (side: number) => base + (isIcmp && side === 1 ? 0 : side);
  const [from, to] = [number(made.from), number(made.to)];
  const bytes = ipOctets(made, from, to);
  const { protocol, vlan, fin, rst, ack } = made;
  const model = { timeUs, from, to, protocol, vlan, octets: bytes.length, fin, rst, ack };
  return { model, packet: packetOf(ethernet(bytes, vlan === 0 ? undefined : vlan), timeUs) };
}

function ipOctets(made: Described, from: number, to: number): Uint8Array {
  const [source, target] = [sideOf(from), sideOf(to)];
  const payload = octets("x".repeat(made.payload));
  if (made.protocol === "udp") return udp(source, target, payload);
  if (made.protocol === "icmp") {
    const message = octets(8, 0, 0, 0, u32(1), payload);
    return ip(source.address, target.address, { protocol: from > 3 ? 58 : 1, payload: message });
  }
  const { fin, rst, ack } = tcpFlags;
  const flags = (made.fin ? fin : 0) | (made.rst ? rst : 0) | (made.ack ? ack : 0);
  return tcp(source, target, { flags, sequence: 1, acknowledgment: 1, payload });
}

function makePackets(all: readonly Described[]) {
  let timeUs = 1_000e6;
  return all.map((made) => {
    timeUs += made.stepUs;
    return makePacket(made, timeUs);
  });
}

/** A flow of the meter in the words of the model. */
function asModel(flow: Flow): ModelFlow {
  const number = (key: string) => Number(flow[key] ?? 0);
  const protocol = { 1: "icmp", 6: "tcp", 17: "udp", 58: "icmp" }[number("protocolIdentifier")];
  const side = (name: string, port: string) => {
    const address = String(flow[`${name}IPv4Address`] ?? flow[`${name}IPv6Address`]);
    const isPort = protocol !== "icmp";
    return [...endpoints, ...endpoints6].findIndex((endpoint) => {
      const isAddress = compress(endpoint.address) === address;
      return isAddress && (!isPort || endpoint.port === number(port));
    });
  };
  return {
    from: side("source", "sourceTransportPort"),
    to: side("destination", "destinationTransportPort"),
    protocol: protocol ?? "?",
    vlan: number("vlanId"),
    startUs: number("flowStartMicroseconds"),
    endUs: number("flowEndMicroseconds"),
    packets: [number("packetTotalCount"), number("reversePacketTotalCount")],
    octets: [number("octetTotalCount"), number("reverseOctetTotalCount")],
    endReason: number("flowEndReason"),
  };
}

/** Canonical text of the addresses above. */
function compress(address: string): string {
  return address.replace(/(:0)+(?=:1$)/, ":").replace("2001:db8:0:1::1", "2001:db8:0:1::1");
}

function inOrder(flows: readonly ModelFlow[]): string[] {
  return flows.map((flow) => JSON.stringify(Object.entries(flow).sort())).sort();
}

test.for([2, 5, 1_000])("Meter of at most %i flows agrees with its model", (maximumFlows) => {
  const property = fc.property(
    fc.array(described, { maxLength: 80 }),
    fc.integer(),
    (all, seed) => {
      const made = makePackets(all);
      const flows = meterAll(
        made.map(({ packet }) => packet),
        { maximumFlows, seed },
      );
      const expected = modelFlows(
        made.map(({ model }) => model),
        { ...options, maximumFlows },
      );
      expect(inOrder(flows.map(asModel))).toEqual(inOrder(expected));
    },
  );
  fc.assert(property, { numRuns: 150 });
});

test("Meter loses neither packets nor octets, whatever the frames are", () => {
  const frame = fc.oneof(
    fc.uint8Array({ maxLength: 90 }),
    fc.tuple(described, fc.nat(110), fc.nat(255)).map(([made, at, value]) => {
      const bytes = ethernet(ipOctets(made, 0, 3));
      if (at < bytes.length) bytes[at] = value;
      return bytes;
    }),
  );
  const property = fc.property(fc.array(frame, { maxLength: 60 }), (frames) => {
    const { meter, flows } = startMeter({ maximumFlows: 3 });
    frames.forEach((bytes, i) => {
      meter.packet(packetOf(bytes, i * 1e6));
    });
    meter.end();
    const {
      packets,
      packetsMetered = 0,
      octets: metered,
      flows: count,
      ...more
    } = meter.counters();
    const { nonIp = 0, fragments = 0, truncated = 0 } = more;
    const { malformed = 0, unsupportedLinkType = 0 } = more;
    const sum = (key: string, reverse: string) =>
      flows.reduce((total, flow) => total + Number(flow[key]) + Number(flow[reverse] ?? 0), 0);
    expect(packets).toBe(frames.length);
    const refused = nonIp + fragments + truncated + malformed + unsupportedLinkType;
    expect(packetsMetered + refused).toBe(frames.length);
    expect(sum("packetTotalCount", "reversePacketTotalCount")).toBe(packetsMetered);
    expect(sum("octetTotalCount", "reverseOctetTotalCount")).toBe(metered);
    expect(flows.length).toBe(count);
  });
  fc.assert(property, { numRuns: 300 });
});
