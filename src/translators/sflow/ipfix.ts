import { parseIpv4, parseIpv6, parseMac } from "../../bytes/address.ts";
import { protocols } from "../../packet/transport.ts";
import type { CounterSample, FlowSample, SflowHeader } from "./datagram.ts";
import { decodeRawHeader, isEthernet } from "./packet.ts";
import type { RecordBuilder } from "./record-builder.ts";
import type { SflowRecord, SflowValue } from "./records.ts";

/** Of `samplingAlgorithm`: each packet is taken with the same probability. */
const randomSampling = 2;
/** Of `forwardingStatus`: forwarded, or dropped, for a reason unknown. */
const forwarded = 0b0100_0000;
const dropped = 0b1000_0000;
/** Format of an interface that is an ifIndex, and of one that is a reason to discard. */
const singleInterface = 0;
const discarded = 1;
/** An interface that the agent does not know. */
const unknownInterface = 0x3fff_ffff;
const noAddress4 = new Uint8Array(4);

type Fields = Readonly<Record<string, SflowValue>>;

/** Milliseconds since the epoch at which the datagram came: sFlow itself tells no time. */
type Received = number;

/** Build the Data Record of a sampled packet; its sampling stands beside it, not in its counts. */
export function buildFlowRecord(
  out: RecordBuilder,
  sample: FlowSample,
  header: SflowHeader,
  received: Received,
): void {
  const { input, output, rate } = sample;
  agentFields(out, header);
  out.number("flowStartMilliseconds", 8, received);
  out.number("flowEndMilliseconds", 8, received);
  out.number("samplingAlgorithm", 1, randomSampling);
  out.number("samplingInterval", 4, rate);
  out.number("ingressInterface", 4, interfaceIndex(input));
  out.number("egressInterface", 4, interfaceIndex(output));
  out.number("forwardingStatus", 1, output.format === discarded ? dropped : forwarded);
  out.number("packetDeltaCount", 4, 1);
  for (const record of inOrder(sample.records)) builders[record.type]?.(out, record);
  out.endRecord();
}

/** Build the Options Data Record of an interface's counters; false when there is nothing to say. */
export function buildCounterRecord(
  out: RecordBuilder,
  sample: CounterSample,
  header: SflowHeader,
  received: Received,
): boolean {
  const found = sample.records.find(({ type }) => type === "ifCounters");
  if (!found) return false;
  const { fields } = found;
  out.number("ingressInterface", 4, number(fields, "ifIndex"));
  agentFields(out, header);
  out.number("observationTimeMilliseconds", 8, received);
  out.number("ingressInterfaceType", 4, number(fields, "ifType"));
  for (const [from, to] of counterElements) out.number(to, 8, number(fields, from));
  out.endRecord(1);
  return true;
}

/** Which element says what a counter of IF-MIB says; the others have none in the registry. */
const counterElements = [
  ["ifInOctets", "octetTotalCount"],
  ["ifInUcastPkts", "ingressUnicastPacketTotalCount"],
  ["ifInMulticastPkts", "ingressMulticastPacketTotalCount"],
  ["ifInBroadcastPkts", "ingressBroadcastPacketTotalCount"],
  ["ifInDiscards", "droppedPacketTotalCount"],
  ["ifOutOctets", "postOctetTotalCount"],
  ["ifOutUcastPkts", "egressUnicastPacketTotalCount"],
  ["ifOutMulticastPkts", "postMCastPacketTotalCount"],
  ["ifOutBroadcastPkts", "egressBroadcastPacketTotalCount"],
  ["ifOutDiscards", "notSentPacketTotalCount"],
] as const;

function agentFields(out: RecordBuilder, { agent }: SflowHeader): void {
  const ipv4 = parseIpv4(agent);
  const ipv6 = ipv4 ? undefined : parseIpv6(agent);
  if (ipv4) out.octets("exporterIPv4Address", ipv4);
  else if (ipv6) out.octets("exporterIPv6Address", ipv6);
}

function interfaceIndex({ format, value }: FlowSample["input"]): number {
  return format === singleInterface && value !== unknownInterface ? value : 0;
}

function number(fields: Fields, name: string): number | bigint {
  const value = fields[name];
  if (typeof value === "number" || typeof value === "bigint") return value;
  throw new Error(`No number ${name} in an sFlow record`);
}

type FieldBuilder = (out: RecordBuilder, record: SflowRecord) => void;

/** Records in the order in which they are built, and what builds the fields of each. */
const builders: Readonly<Record<string, FieldBuilder>> = {
  rawHeader: buildRawHeader,
  ethernet: buildEthernet,
  ipv4: buildIp,
  ipv6: buildIp,
  extSwitch: buildSwitch,
  extRouter: buildRouter,
  extGateway: buildGateway,
};
const order = Object.keys(builders);

/** The first record of each kind, so that a Template has each element once. */
function inOrder(records: readonly SflowRecord[]): SflowRecord[] {
  const has = (wanted: string) => records.find(({ type }) => type === wanted);
  const raw = has("rawHeader");
  // A raw header tells all that the parsed ones would.
  const kinds = raw ? order.filter((type) => !parsed.has(type)) : order;
  return kinds.map(has).filter((record) => record !== undefined);
}
const parsed = new Set(["ethernet", "ipv4", "ipv6"]);

function buildRawHeader(out: RecordBuilder, record: SflowRecord): void {
  const header = record.fields["header"] as Uint8Array;
  out.number("layer2OctetDeltaCount", 4, number(record.fields, "frameLength"));
  if (isEthernet(record) && header.length >= 14) {
    out.octets("sourceMacAddress", header.subarray(6, 12));
    out.octets("destinationMacAddress", header.subarray(0, 6));
  }
  const found = decodeRawHeader(record);
  if (found) {
    const { packet, portsKnown } = found;
    const { bytes, version, sourceAt, destinationAt } = packet;
    const size = version === 4 ? 4 : 16;
    out.octets(`sourceIPv${version}Address`, bytes.subarray(sourceAt, sourceAt + size));
    out.octets(
      `destinationIPv${version}Address`,
      bytes.subarray(destinationAt, destinationAt + size),
    );
    out.number("octetDeltaCount", 4, packet.ipLength);
    out.number("protocolIdentifier", 1, packet.protocol);
    out.number("ipClassOfService", 1, packet.serviceClass);
    if (portsKnown) transportFields(out, packet.protocol, packet);
  }
  out.variable("dataLinkFrameSection", header);
}

function transportFields(
  out: RecordBuilder,
  protocol: number,
  packet: {
    readonly sourcePort: number;
    readonly destinationPort: number;
    readonly tcpFlags: number;
  },
): void {
  if (protocol === protocols.icmp) out.number("icmpTypeCodeIPv4", 2, packet.destinationPort);
  else if (protocol === protocols.icmpv6) out.number("icmpTypeCodeIPv6", 2, packet.destinationPort);
  else if (protocol === protocols.tcp || protocol === protocols.udp) {
    out.number("sourceTransportPort", 2, packet.sourcePort);
    out.number("destinationTransportPort", 2, packet.destinationPort);
    if (protocol === protocols.tcp) out.number("tcpControlBits", 2, packet.tcpFlags);
  }
}

function buildEthernet(out: RecordBuilder, { fields }: SflowRecord): void {
  out.number("layer2OctetDeltaCount", 4, number(fields, "length"));
  out.octets("sourceMacAddress", parseMac(String(fields["srcMac"])) ?? new Uint8Array(6));
  out.octets("destinationMacAddress", parseMac(String(fields["dstMac"])) ?? new Uint8Array(6));
  out.number("ethernetType", 2, number(fields, "etherType"));
}

function buildIp(out: RecordBuilder, { type, fields }: SflowRecord): void {
  const version = type === "ipv4" ? 4 : 6;
  const parse = version === 4 ? parseIpv4 : parseIpv6;
  const protocol = Number(number(fields, "protocol"));
  out.octets(`sourceIPv${version}Address`, parse(String(fields["srcIp"])) ?? noAddress4);
  out.octets(`destinationIPv${version}Address`, parse(String(fields["dstIp"])) ?? noAddress4);
  out.number("octetDeltaCount", 4, number(fields, "length"));
  out.number("protocolIdentifier", 1, protocol);
  out.number("ipClassOfService", 1, number(fields, version === 4 ? "tos" : "priority"));
  transportFields(out, protocol, {
    sourcePort: Number(fields["srcPort"]),
    destinationPort: Number(fields["dstPort"]),
    tcpFlags: Number(fields["tcpFlags"]),
  });
}

/** A VLAN of all ones says that the agent does not know it. */
const unknownVlan = 0xffff_ffff;

function buildSwitch(out: RecordBuilder, { fields }: SflowRecord): void {
  const [source, destination] = [number(fields, "srcVlan"), number(fields, "dstVlan")];
  if (source !== unknownVlan) out.number("vlanId", 2, source);
  if (destination !== unknownVlan) out.number("postVlanId", 2, destination);
}

function buildRouter(out: RecordBuilder, { fields }: SflowRecord): void {
  const nextHop = String(fields["nextHop"]);
  const version = address(out, "ipNextHop", nextHop);
  if (version === undefined) return;
  out.number(`sourceIPv${version}PrefixLength`, 1, number(fields, "srcMask"));
  out.number(`destinationIPv${version}PrefixLength`, 1, number(fields, "dstMask"));
}

function buildGateway(out: RecordBuilder, { fields }: SflowRecord): void {
  address(out, "bgpNextHop", String(fields["nextHop"]));
  const path = (fields["dstAsPath"] as readonly { readonly as: readonly number[] }[]).flatMap(
    ({ as }) => as,
  );
  out.number("bgpSourceAsNumber", 4, number(fields, "srcAs"));
  out.number("bgpDestinationAsNumber", 4, path.at(-1) ?? number(fields, "as"));
  out.number("bgpPrevAdjacentAsNumber", 4, number(fields, "srcPeerAs"));
  out.number("bgpNextAdjacentAsNumber", 4, path[0] ?? 0);
}

function address(out: RecordBuilder, stem: string, text: string): 4 | 6 | undefined {
  const [ipv4, ipv6] = [parseIpv4(text), parseIpv6(text)];
  if (ipv4) out.octets(`${stem}IPv4Address`, ipv4);
  else if (ipv6) out.octets(`${stem}IPv6Address`, ipv6);
  else return undefined;
  return ipv4 ? 4 : 6;
}
