import { formatIpv4, formatIpv6 } from "../../bytes/address.ts";
import { formatHex } from "../../bytes/hex.ts";
import { protocols } from "../../packet/transport.ts";
import type { SflowHeader, SflowSample } from "./datagram.ts";
import { decodeRawHeader } from "./packet.ts";
import type { SflowRecord } from "./records.ts";

/** One sample as a line of JSON, in the schema of sFlow's own terms; octets are hex. */
export function formatSample(
  sample: SflowSample,
  header: SflowHeader,
  exporter: string | undefined,
): string {
  const { agent, subAgent, sequence, uptime } = header;
  const before = {
    ...(exporter !== undefined && { exporter }),
    version: "sflow5",
    agent,
    subAgent,
    seq: sequence,
    uptime,
    kind: sample.kind,
  };
  return JSON.stringify({ ...before, ...describe(sample) }, replace);
}

function describe(sample: SflowSample): Readonly<Record<string, unknown>> {
  if (sample.kind === "unknown") return { format: sample.format, octets: sample.octets };
  const records = sample.records.map(describeRecord);
  const head = { sampleSeq: sample.sequence, sourceId: sample.source.join(":") };
  if (sample.kind === "counters") return { ...head, records };
  const { rate, pool, drops, input, output } = sample;
  return {
    ...head,
    rate,
    pool,
    drops,
    input: input.value,
    inputFormat: input.format,
    output: output.value,
    outputFormat: output.format,
    records,
  };
}

function describeRecord(record: SflowRecord): Readonly<Record<string, unknown>> {
  const { type, fields } = record;
  const decoded = type === "rawHeader" ? describePacket(record) : undefined;
  return { type, ...fields, ...(decoded && { decoded }) };
}

function describePacket(record: SflowRecord): Readonly<Record<string, unknown>> | undefined {
  const found = decodeRawHeader(record);
  if (!found) return undefined;
  const { packet, portsKnown } = found;
  const format = packet.version === 4 ? formatIpv4 : formatIpv6;
  const addresses = {
    sip: format(packet.bytes, packet.sourceAt),
    dip: format(packet.bytes, packet.destinationAt),
    proto: packet.protocol,
  };
  const hasPorts = packet.protocol === protocols.tcp || packet.protocol === protocols.udp;
  if (!portsKnown || !hasPorts) return addresses;
  return { ...addresses, sp: packet.sourcePort, dp: packet.destinationPort };
}

function replace(_name: string, value: unknown): unknown {
  if (value instanceof Uint8Array) return formatHex(value);
  return typeof value === "bigint" ? String(value) : value;
}
