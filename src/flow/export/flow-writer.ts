import { writeUint16, writeUint32 } from "../../bytes/read.ts";
import type { BatchSink } from "../../ipfix/batch.ts";
import { float, flowFloats, flowWords, word } from "../layout.ts";
import type { FlowTable } from "../table.ts";
import { FlowBuffer } from "./flow-buffer.ts";
import { createEntryLookup, flowTemplate, flowVariant, tcpTemplateId } from "./templates.ts";

/** Counters from here on need eight octets in YAF's layout. */
const reducedLimit = 2 ** 31;
/** Seconds from the NTP epoch 1900 to the Unix epoch (RFC 7011 §6.1.9). */
const ntpToUnix = 2_208_988_800;
/** Semantic of a list whose entries all hold (RFC 6313 §4.4). */
const allOf = 3;
/** Octets of a TCP entry behind its Template ID and length (RFC 6313 §4.5.3). */
const tcpEntryBytes = { uniflow: 6, biflow: 12 } as const;

/** Writes flows as records in YAF's layout and hands them on in batches. */
export class FlowWriter {
  /** Export Time of the batches, in seconds since the epoch. */
  exportTime = 0;
  readonly #domain: number;
  readonly #onBatch: BatchSink;
  readonly #buffers = new Map<number, FlowBuffer>();
  readonly #entries = createEntryLookup();
  #bytes = new Uint8Array(0);
  #at = 0;

  constructor(domain: number, onBatch: BatchSink) {
    this.#domain = domain;
    this.#onBatch = onBatch;
  }

  /** Write a flow that ended for `reason` (flowEndReason, RFC 5102 §5.11.3). */
  write(table: FlowTable, flow: number, reason: number): void {
    const variant = variantOf(table, flow);
    const buffer = this.#buffer(variant);
    if (buffer.isFull) this.flush();
    this.#bytes = buffer.bytes;
    this.#at = buffer.at;
    const isBiflow = (variant & flowVariant.biflow) !== 0;
    this.#writeTimes(table, flow);
    this.#writeCounters(table, flow, variant);
    this.#writeKey(table, flow);
    this.#writeAttributes(table, flow, isBiflow, reason);
    this.#writeVlan(table, flow, isBiflow);
    this.#writeList(table, flow, isBiflow);
    buffer.finish(this.#at);
  }

  /** Hand on all records that wait. */
  flush(): void {
    for (const buffer of this.#buffers.values()) {
      const batch = buffer.take(this.#domain, this.exportTime, this.#entries);
      if (batch) this.#onBatch(batch);
    }
  }

  #buffer(variant: number): FlowBuffer {
    const known = this.#buffers.get(variant);
    if (known) return known;
    const buffer = new FlowBuffer(flowTemplate(variant));
    this.#buffers.set(variant, buffer);
    return buffer;
  }

  #writeTimes({ floats }: FlowTable, flow: number): void {
    const start = floats[flow * flowFloats + float.start] as number;
    const end = floats[flow * flowFloats + float.end] as number;
    this.#put64(Math.floor(start / 1_000));
    this.#put64(Math.floor(end / 1_000));
    this.#putNtp(start);
    this.#putNtp(end);
  }

  #writeCounters({ floats }: FlowTable, flow: number, variant: number): void {
    const base = flow * flowFloats;
    const directions = (variant & flowVariant.biflow) !== 0 ? 2 : 1;
    const isFull = (variant & flowVariant.fullCounters) !== 0;
    for (const first of [base + float.octets, base + float.packets]) {
      for (let i = 0; i < directions; i++) {
        const value = floats[first + i] as number;
        if (isFull) this.#put64(value);
        else this.#put32(value);
      }
    }
  }

  #writeKey({ words }: FlowTable, flow: number): void {
    const base = flow * flowWords;
    const isIpv6 = versionOf(words, base) === 6;
    for (const address of [base + word.source, base + word.destination]) {
      for (let i = isIpv6 ? 0 : 3; i < 4; i++) this.#put32(words[address + i] as number);
    }
    this.#put32(words[base + word.ports] as number);
  }

  /** Flow attributes, protocol, end reason, application label, distance of the directions. */
  #writeAttributes(table: FlowTable, flow: number, isBiflow: boolean, reason: number): void {
    const { words, floats } = table;
    const base = flow * flowWords;
    const attributes = words[base + word.attributes] as number;
    this.#put16((attributes >>> 16) & 0xff);
    if (isBiflow) this.#put16(attributes >>> 24);
    this.#put8(words[base + word.misc] as number);
    this.#put8(reason);
    this.#put16(0);
    if (!isBiflow) return;
    const start = floats[flow * flowFloats + float.start] as number;
    const delta = (floats[flow * flowFloats + float.reverseStart] as number) - start;
    this.#put32(Math.floor(delta / 1_000));
    this.#put64(delta);
  }

  #writeVlan({ words }: FlowTable, flow: number, isBiflow: boolean): void {
    const base = flow * flowWords;
    const vlan = (words[base + word.misc] as number) >>> 16;
    const attributes = words[base + word.attributes] as number;
    this.#put16(vlan);
    if (isBiflow) this.#put16(vlan);
    this.#put8(attributes);
    if (isBiflow) this.#put8(attributes >>> 8);
  }

  /** The list of further records: a TCP entry or nothing. */
  #writeList({ words }: FlowTable, flow: number, isBiflow: boolean): void {
    const base = flow * flowWords;
    if (((words[base + word.misc] as number) & 0xff) !== 6) {
      this.#put8(1);
      this.#put8(allOf);
      return;
    }
    const entryBytes = 4 + (isBiflow ? tcpEntryBytes.biflow : tcpEntryBytes.uniflow);
    this.#put8(1 + entryBytes);
    this.#put8(allOf);
    this.#put16(isBiflow ? tcpTemplateId | flowVariant.biflow : tcpTemplateId);
    this.#put16(entryBytes);
    const flags = words[base + word.flags] as number;
    this.#put32(words[base + word.sequence] as number);
    this.#put8(flags);
    this.#put8(flags >>> 8);
    if (!isBiflow) return;
    this.#put8(flags >>> 16);
    this.#put8(flags >>> 24);
    this.#put32(words[base + word.sequence + 1] as number);
  }

  #put8(value: number): void {
    this.#bytes[this.#at++] = value;
  }

  #put16(value: number): void {
    writeUint16(this.#bytes, this.#at, value);
    this.#at += 2;
  }

  #put32(value: number): void {
    writeUint32(this.#bytes, this.#at, value);
    this.#at += 4;
  }

  #put64(value: number): void {
    this.#put32(value / 4_294_967_296);
    this.#put32(value);
  }

  /** Microseconds as an NTP timestamp whose low 11 bits are zero (RFC 7011 §6.1.9). */
  #putNtp(micros: number): void {
    const seconds = Math.floor(micros / 1e6);
    this.#put32(seconds + ntpToUnix);
    this.#put32(Math.round(((micros - seconds * 1e6) * 2_097_152) / 1e6) * 2_048);
  }
}

function versionOf(words: Uint32Array, base: number): number {
  return ((words[base + word.misc] as number) >>> 8) & 0xff;
}

function variantOf({ words, floats }: FlowTable, flow: number): number {
  const base = flow * flowFloats;
  const reversePackets = floats[base + float.packets + 1] as number;
  const octets = floats[base + float.octets] as number;
  const reverseOctets = floats[base + float.octets + 1] as number;
  // A packet has at least one octet, so that packets cannot need more than octets do.
  const isFull = octets >= reducedLimit || reverseOctets >= reducedLimit;
  return (
    (reversePackets > 0 ? flowVariant.biflow : 0) |
    (isFull ? flowVariant.fullCounters : 0) |
    (versionOf(words, flow * flowWords) === 6 ? flowVariant.ipv6 : 0)
  );
}
