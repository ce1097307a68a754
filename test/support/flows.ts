import { readUint16 } from "../../src/bytes/read.ts";
import { createMeter, type Meter, type MeterOptions } from "../../src/flow/meter.ts";
import type { RecordBatch } from "../../src/ipfix/batch.ts";
import { locateFields } from "../../src/ipfix/locate.ts";
import type { Template } from "../../src/ipfix/template.ts";
import { decodeValue, type FieldValue } from "../../src/ipfix/value.ts";
import type { Packet } from "../../src/pcap/packet.ts";

/** A captured packet at `time` microseconds, with its octets somewhere in larger memory as readers do it. */
export function packetOf(frame: Uint8Array, time = 0, more: Partial<Packet> = {}): Packet {
  const timeUs = Math.round(time);
  const bytes = new Uint8Array(frame.length + 9).fill(0xee);
  bytes.set(frame, 5);
  return {
    bytes,
    view: new DataView(bytes.buffer),
    start: 5,
    end: 5 + frame.length,
    wireLength: frame.length,
    seconds: Math.floor(timeUs / 1e6),
    nanos: (timeUs - Math.floor(timeUs / 1e6) * 1e6) * 1_000,
    linkType: 1,
    ...more,
  };
}

/** Fields of a flow record by element name, those of its TCP entry included. */
export type Flow = Readonly<Record<string, FieldValue>> & {
  readonly template: number;
  readonly exportTime: number;
};

/** A meter with YAF's defaults, and the flows it has let go. */
export function startMeter(more: Partial<MeterOptions> = {}): { meter: Meter; flows: Flow[] } {
  const flows: Flow[] = [];
  const meter = createMeter({
    idleTimeoutMs: 300_000,
    activeTimeoutMs: 1_800_000,
    maximumFlows: 1_000,
    domain: 7,
    seed: 1,
    onBatch: (batch) => flows.push(...flowsOf(batch)),
    ...more,
  });
  return { meter, flows };
}

/** The flows of `packets`, in the order in which they ended. */
export function meterAll(packets: Iterable<Packet>, more: Partial<MeterOptions> = {}): Flow[] {
  const { meter, flows } = startMeter(more);
  for (const packet of packets) meter.packet(packet);
  meter.end();
  return flows;
}

function flowsOf(batch: RecordBatch): Flow[] {
  const { template, bytes, offsets, count, exportTime } = batch;
  return Array.from({ length: count }, (_, i) => {
    const [start = 0, end = 0] = [offsets[i], offsets[i + 1]];
    const { subTemplateMultiList, ...fields } = fieldsOf(template, bytes, start, end);
    if (!(subTemplateMultiList instanceof Uint8Array)) throw new Error("a flow without list");
    const entry = entryOf(batch, subTemplateMultiList);
    return { template: template.id, exportTime, ...fields, ...entry };
  });
}

function fieldsOf(template: Template, bytes: Uint8Array, start: number, end: number) {
  const at = new Int32Array(2 * template.fields.length);
  const recordEnd = locateFields(template, bytes, start, end, at);
  if (recordEnd !== end) throw new Error(`a record ends at ${recordEnd}, its batch says ${end}`);
  const fields: Record<string, FieldValue> = {};
  template.fields.forEach(({ element, name }, i) => {
    const [from = 0, to = 0] = [at[2 * i], at[2 * i + 1]];
    const isList = element.type === "subTemplateMultiList";
    fields[name] = isList ? bytes.slice(from, to) : decodeValue(element, bytes, from, to);
  });
  return fields;
}

/** The only entry a list has (RFC 6313 §4.5.3), if it has any. */
function entryOf(batch: RecordBatch, list: Uint8Array): Record<string, FieldValue> {
  if (list[0] !== 3) throw new Error(`a list of semantic ${list[0]}, expected allOf`);
  if (list.length === 1) return {};
  const template = batch.templates(readUint16(list, 1));
  if (!template) throw new Error(`no Template ${readUint16(list, 1)}`);
  if (readUint16(list, 3) !== list.length - 1) throw new Error("an entry of wrong length");
  return fieldsOf(template, list, 5, list.length);
}
