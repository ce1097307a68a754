import type { BatchSink } from "../ipfix/batch.ts";
import type { Template } from "../ipfix/template.ts";
import { isIcmp } from "../packet/icmp.ts";
import { protocolTcp } from "../packet/tcp.ts";
import { float, flowFloats, flowWords, state, word } from "./flow-record.ts";
import type { FlowTable } from "./flow-table.ts";
import { flowTemplate, tcpTemplateIds, tcpTemplates } from "./templates.ts";

/** Octets gathered before records leave: a Message's worth. */
const bufferBytes = 65_536;
/** Octets of the longest record: a biflow over IPv6 with full counters and its TCP list. */
const longestRecord = 192;
/** The shortest record bounds how many fit. */
const mostRecords = Math.floor(bufferBytes / 64);

/** Above it counters need 8 octets (YAF's bound for reduced-size encoding). */
const fullCountersFrom = 2 ** 31;
/** subTemplateMultiList semantics allOf (RFC 6313 §4.4.3). */
const allOf = 3;
/** Seconds from the NTP era's start, 1900, to the epoch. */
const ntpOffset = 2_208_988_800;
/** Fractions of a second, 2^32, with the low 11 bits zero (RFC 7011 §6.1.9). */
const microsecondMask = 0xffff_f800;

/** Records of one layout that wait to leave. */
interface Pending {
  readonly template: Template;
  readonly bytes: Uint8Array;
  readonly view: DataView;
  readonly offsets: Uint32Array;
  count: number;
}

/** Writes ended flows as records in YAF's layouts and hands them on in batches. */
export class FlowWriter {
  readonly #table: FlowTable;
  readonly #domain: number;
  readonly #onBatch: BatchSink;
  /** By layout bits: biflow 1, IPv6 2, full counters 4. */
  readonly #pending: (Pending | undefined)[] = [];

  constructor(table: FlowTable, options: { domain: number; onBatch: BatchSink }) {
    this.#table = table;
    this.#domain = options.domain;
    this.#onBatch = options.onBatch;
  }

  /** Write the flow in `slot`; `exportTime` in seconds stamps the Message if one becomes full. */
  write(slot: number, endReason: number, exportTime: number): void {
    const { floats, words } = this.#table;
    const at = slot * flowFloats;
    const biflow = (floats[at + float.reversePackets] as number) > 0;
    const ipv6 = ((words[slot * flowWords + word.kind] as number) & 0x10000) !== 0;
    const fullCounters =
      (floats[at + float.octets] as number) >= fullCountersFrom ||
      (floats[at + float.reverseOctets] as number) >= fullCountersFrom;
    const layout = (biflow ? 1 : 0) | (ipv6 ? 2 : 0) | (fullCounters ? 4 : 0);
    this.#pending[layout] ??= createPending(flowTemplate({ biflow, ipv6, fullCounters }));
    const pending = this.#pending[layout];
    const start = pending.offsets[pending.count] as number;
    const end = this.#encode(pending.view, start, { slot, endReason, biflow, ipv6, fullCounters });
    pending.offsets[++pending.count] = end;
    const full = end + longestRecord > bufferBytes || pending.count === mostRecords;
    if (full) this.flush(exportTime);
  }

  /** Hand on what waits, layout by layout. */
  flush(exportTime: number): void {
    for (const pending of this.#pending) {
      if (pending === undefined || pending.count === 0) continue;
      const { template, bytes, offsets, count } = pending;
      pending.count = 0;
      this.#onBatch({
        domain: this.#domain,
        exportTime,
        template,
        templates: (id) => tcpTemplates.get(id),
        bytes: bytes.subarray(0, offsets[count]),
        offsets,
        count,
      });
    }
  }

  /** Hot: once per flow. The order is that of `flowFields`. Returns the end of the record. */
  #encode(
    view: DataView,
    start: number,
    flow: {
      slot: number;
      endReason: number;
      biflow: boolean;
      ipv6: boolean;
      fullCounters: boolean;
    },
  ): number {
    const { slot, biflow, ipv6 } = flow;
    const { floats, words } = this.#table;
    const f = slot * flowFloats;
    const w = slot * flowWords;
    const startUs = floats[f + float.startUs] as number;
    const endUs = floats[f + float.endUs] as number;
    const kind = words[w + word.kind] as number;
    const sourceIsHigh = ((words[w + word.state] as number) & state.sourceIsHigh) !== 0;
    let at = start;
    at = setMilliseconds(view, at, startUs);
    at = setMilliseconds(view, at, endUs);
    at = setNtpMicroseconds(view, at, startUs);
    at = setNtpMicroseconds(view, at, endUs);
    at = this.#encodeCounters(view, at, flow);
    const source = w + (sourceIsHigh ? word.highAddress : word.lowAddress);
    const destination = w + (sourceIsHigh ? word.lowAddress : word.highAddress);
    const addressWords = ipv6 ? 4 : 1;
    for (let i = 0; i < addressWords; i++, at += 4) view.setInt32(at, words[source + i] as number);
    for (let i = 0; i < addressWords; i++, at += 4) {
      view.setInt32(at, words[destination + i] as number);
    }
    const ports = words[w + word.ports] as number;
    const swapped = sourceIsHigh && !isIcmp(kind >>> 24);
    view.setUint16(at, swapped ? ports & 0xffff : ports >>> 16);
    view.setUint16(at + 2, swapped ? ports >>> 16 : ports & 0xffff);
    at += 4;
    const attributes = words[w + word.attributes] as number;
    view.setUint16(at, attributes >>> 16);
    at += 2;
    if (biflow) {
      view.setUint16(at, attributes & 0xffff);
      at += 2;
    }
    view.setUint8(at, kind >>> 24);
    view.setUint8(at + 1, flow.endReason);
    view.setUint16(at + 2, 0); // silkAppLabel: nobody has looked into the payload
    at += 4;
    if (biflow)
      at = setReverseDelta(view, at, (floats[f + float.reverseStartUs] as number) - startUs);
    view.setUint16(at, kind & 0xffff);
    at += 2;
    if (biflow) {
      view.setUint16(at, kind & 0xffff);
      at += 2;
    }
    const classOfService = words[w + word.classOfService] as number;
    view.setUint8(at++, classOfService >>> 8);
    if (biflow) view.setUint8(at++, classOfService & 0xff);
    return this.#encodeList(view, at, { w, biflow, tcp: kind >>> 24 === protocolTcp });
  }

  #encodeCounters(
    view: DataView,
    start: number,
    { slot, biflow, fullCounters }: { slot: number; biflow: boolean; fullCounters: boolean },
  ): number {
    const { floats } = this.#table;
    const f = slot * flowFloats;
    const set = fullCounters ? setUint64 : setUint32;
    let at = set(view, start, floats[f + float.octets] as number);
    if (biflow) at = set(view, at, floats[f + float.reverseOctets] as number);
    at = set(view, at, floats[f + float.packets] as number);
    if (biflow) at = set(view, at, floats[f + float.reversePackets] as number);
    return at;
  }

  /** A subTemplateMultiList: empty, or one `yaf_tcp` record (RFC 6313 §4.5.3). */
  #encodeList(
    view: DataView,
    start: number,
    { w, biflow, tcp }: { w: number; biflow: boolean; tcp: boolean },
  ): number {
    const recordBytes = biflow ? 12 : 6;
    view.setUint8(start, tcp ? 5 + recordBytes : 1);
    view.setUint8(start + 1, allOf);
    if (!tcp) return start + 2;
    const { words } = this.#table;
    const flags = words[w + word.tcpFlags] as number;
    view.setUint16(start + 2, biflow ? tcpTemplateIds.biflow : tcpTemplateIds.uniflow);
    view.setUint16(start + 4, 4 + recordBytes);
    view.setInt32(start + 6, words[w + word.sequence] as number);
    view.setUint16(start + 10, flags >>> 16);
    if (!biflow) return start + 12;
    view.setUint16(start + 12, flags & 0xffff);
    view.setInt32(start + 14, words[w + word.reverseSequence] as number);
    return start + 18;
  }
}

function createPending(template: Template): Pending {
  const bytes = new Uint8Array(bufferBytes);
  const view = new DataView(bytes.buffer);
  return { template, bytes, view, offsets: new Uint32Array(mostRecords + 1), count: 0 };
}

function setUint32(view: DataView, at: number, value: number): number {
  view.setUint32(at, value);
  return at + 4;
}

function setUint64(view: DataView, at: number, value: number): number {
  view.setUint32(at, Math.floor(value / 2 ** 32));
  view.setUint32(at + 4, value % 2 ** 32);
  return at + 8;
}

function setMilliseconds(view: DataView, at: number, us: number): number {
  return setUint64(view, at, Math.floor(us / 1_000));
}

/** dateTimeMicroseconds: an NTP timestamp (RFC 7011 §6.1.9). */
function setNtpMicroseconds(view: DataView, at: number, us: number): number {
  const seconds = Math.floor(us / 1e6);
  // Rounded up, so that a reader that cuts the fraction down gets the same microsecond.
  const fraction = Math.ceil(((us - seconds * 1e6) * 2 ** 32) / 1e6);
  const step = 0x800;
  const rounded = Math.ceil(fraction / step) * step;
  view.setUint32(at, (seconds + ntpOffset) % 2 ** 32);
  view.setUint32(at + 4, Math.min(rounded, microsecondMask));
  return at + 8;
}

/** Time from the first packet to the first in reverse, in both units. */
function setReverseDelta(view: DataView, at: number, deltaUs: number): number {
  const us = Math.max(0, deltaUs);
  view.setUint32(at, Math.min(0xffff_ffff, Math.floor(us / 1_000)));
  return setUint64(view, at + 4, us);
}
