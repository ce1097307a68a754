import type { BatchSink } from "../ipfix/batch.ts";
import { createHeaders, type HeaderFault, type Headers } from "../packet/headers.ts";
import { isIcmp } from "../packet/icmp.ts";
import { decodeHeaders } from "../packet/link.ts";
import { protocolTcp, tcpFlag } from "../packet/tcp.ts";
import type { Packet } from "../pcap/packet.ts";
import { closedState, float, flowFloats, flowWords, state, word } from "./flow-record.ts";
import { FlowTable } from "./flow-table.ts";
import { FlowWriter } from "./flow-writer.ts";

/** How flows are made of packets. */
export interface MeterOptions {
  /** A flow without a packet for longer has ended (flowEndReason 1). */
  readonly idleTimeoutMs: number;
  /** A flow that is longer is reported, and starts anew (flowEndReason 2). */
  readonly activeTimeoutMs: number;
  /** Flows kept at once; above it the one idle for longest ends (flowEndReason 5). */
  readonly maximumFlows: number;
  /** Observation Domain ID of the records. */
  readonly domain: number;
  /** Makes the hash of flow keys unpredictable: 32 random bits. */
  readonly seed: number;
  readonly onBatch: BatchSink;
}

/** Turns packets into flow records. */
export interface Meter {
  /** Take the next packet; its memory is free again once this returns. */
  packet(packet: Packet): void;
  /** End all flows (flowEndReason 4) and hand on every record. */
  end(): void;
  /**
   * `packets` is the sum of `packetsMetered` and of the packets under every reason; `octets` are
   * those of the IP packets that were metered.
   */
  counters(): Readonly<Record<string, number>>;
}

/** flowEndReason (IPFIX registry). */
const endReason = { idle: 1, active: 2, endOfFlow: 3, forced: 4, resources: 5 } as const;

/** flowAttributes of YAF. */
const attribute = { sameSize: 1, fragmented: 8 } as const;

/** Create a meter of biflows by addresses, ports, protocol and innermost VLAN. */
export function createMeter(options: MeterOptions): Meter {
  const meter = new FlowMeter(options);
  return {
    packet: (packet) => meter.packet(packet),
    end: () => meter.end(),
    counters: () => meter.counters(),
  };
}

class FlowMeter implements Meter {
  readonly #table: FlowTable;
  readonly #writer: FlowWriter;
  readonly #headers: Headers = createHeaders();
  readonly #idleUs: number;
  readonly #activeUs: number;
  /** The newest time seen in microseconds: packets out of order do not turn it back. */
  #clockUs = 0;
  readonly #counts = { packets: 0, packetsMetered: 0, octets: 0, flows: 0, flowsEvicted: 0 };
  readonly #faults: Record<HeaderFault, number> = {
    nonIp: 0,
    fragments: 0,
    headersTruncated: 0,
    headersMalformed: 0,
    encapsulationUnsupported: 0,
    linkTypeUnsupported: 0,
  };

  constructor(options: MeterOptions) {
    this.#table = new FlowTable(options.maximumFlows, options.seed | 0);
    this.#writer = new FlowWriter(this.#table, options);
    this.#idleUs = options.idleTimeoutMs * 1_000;
    this.#activeUs = options.activeTimeoutMs * 1_000;
  }

  // Hot: once per packet, and it allocates nothing.
  packet(packet: Packet): void {
    this.#counts.packets++;
    const fault = decodeHeaders(packet, this.#headers);
    const timeUs = packet.seconds * 1e6 + Math.floor(packet.nanos / 1_000);
    if (timeUs > this.#clockUs) this.#clockUs = timeUs;
    this.#expire();
    if (fault !== undefined) {
      this.#faults[fault]++;
      return;
    }
    this.#counts.packetsMetered++;
    this.#counts.octets += this.#headers.octets;
    const sourceIsHigh = this.#setKey(packet.view);
    const slot = this.#flowAt(timeUs, sourceIsHigh);
    this.#count(slot, timeUs, sourceIsHigh);
  }

  end(): void {
    while (this.#table.oldest >= 0) this.#report(this.#table.oldest, endReason.forced);
    this.#writer.flush(Math.floor(this.#clockUs / 1e6));
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counts, flowsActive: this.#table.count, ...this.#faults };
  }

  /** End flows that have been idle for too long. */
  #expire(): void {
    const table = this.#table;
    const deadline = this.#clockUs - this.#idleUs;
    for (let slot = table.oldest; slot >= 0; slot = table.oldest) {
      if ((table.floats[slot * flowFloats + float.seenUs] as number) >= deadline) return;
      this.#report(slot, endReason.idle);
    }
  }

  /** Write the packet's flow key into the table; tells whether its source is the high endpoint. */
  #setKey(view: DataView): boolean {
    const { version, sourceAt, destinationAt, sourcePort, destinationPort } = this.#headers;
    const { key } = this.#table;
    const words = version === 6 ? 4 : 1;
    let order = 0;
    for (let i = 0; i < words && order === 0; i++) {
      order = view.getInt32(sourceAt + 4 * i) - view.getInt32(destinationAt + 4 * i);
    }
    // ICMP has no ports to answer to: the same type and code from both sides is one biflow.
    const portless = isIcmp(this.#headers.protocol);
    if (order === 0 && !portless) order = sourcePort - destinationPort;
    const sourceIsHigh = order > 0;
    const low = sourceIsHigh ? destinationAt : sourceAt;
    const high = sourceIsHigh ? sourceAt : destinationAt;
    for (let i = 0; i < 4; i++) {
      key[i] = i < words ? view.getInt32(low + 4 * i) : 0;
      key[4 + i] = i < words ? view.getInt32(high + 4 * i) : 0;
    }
    key[8] =
      sourceIsHigh && !portless
        ? (destinationPort << 16) | sourcePort
        : (sourcePort << 16) | destinationPort;
    key[9] = (this.#headers.protocol << 24) | (version === 6 ? 0x10000 : 0) | this.#headers.vlan;
    return sourceIsHigh;
  }

  /** The slot of the packet's flow, which may be a new one. */
  #flowAt(timeUs: number, sourceIsHigh: boolean): number {
    const table = this.#table;
    const hash = table.hash();
    const found = table.find(hash);
    if (found >= 0) {
      const startUs = table.floats[found * flowFloats + float.startUs] as number;
      if (timeUs - startUs <= this.#activeUs) {
        table.touch(found);
        return found;
      }
      this.#report(found, endReason.active);
    } else if (table.isFull) {
      this.#counts.flowsEvicted++;
      this.#report(table.oldest, endReason.resources);
    }
    const slot = table.insert(hash);
    const f = slot * flowFloats;
    table.floats[f + float.startUs] = timeUs;
    table.floats[f + float.endUs] = timeUs;
    table.words[slot * flowWords + word.state] = sourceIsHigh ? state.sourceIsHigh : 0;
    return slot;
  }

  /** Add the packet to its flow, which ends with it when TCP says so. */
  #count(slot: number, timeUs: number, sourceIsHigh: boolean): void {
    const { floats, words } = this.#table;
    const { octets, classOfService, protocol, tcpFlags } = this.#headers;
    const f = slot * flowFloats;
    const w = slot * flowWords;
    const before = words[w + word.state] as number;
    const reverse = ((before & state.sourceIsHigh) !== 0) !== sourceIsHigh;
    const counted = f + (reverse ? float.reversePackets : float.packets);
    const first = floats[counted] === 0;
    floats[counted] = (floats[counted] as number) + 1;
    floats[counted + 1] = (floats[counted + 1] as number) + octets;
    if (timeUs < (floats[f + float.startUs] as number)) floats[f + float.startUs] = timeUs;
    if (timeUs > (floats[f + float.endUs] as number)) floats[f + float.endUs] = timeUs;
    floats[f + float.seenUs] = this.#clockUs;
    if (first) {
      if (reverse) floats[f + float.reverseStartUs] = timeUs;
      words[w + word.classOfService] =
        (words[w + word.classOfService] as number) | (classOfService << (reverse ? 0 : 8));
    }
    this.#setAttributes(w, reverse);
    if (protocol !== protocolTcp) return;
    this.#countTcp(w, { reverse, first });
    const after = words[w + word.state] as number;
    const ended = (tcpFlags & tcpFlag.rst) !== 0 || (after & closedState) === closedState;
    if (ended) this.#report(slot, endReason.endOfFlow);
  }

  /** Flags of the first and of the later packets, sequence numbers, and who has ended. */
  #countTcp(w: number, { reverse, first }: { reverse: boolean; first: boolean }): void {
    const { words } = this.#table;
    const { tcpFlags, sequence } = this.#headers;
    const shift = (reverse ? 0 : 16) + (first ? 8 : 0);
    words[w + word.tcpFlags] = (words[w + word.tcpFlags] as number) | (tcpFlags << shift);
    if (first) words[w + (reverse ? word.reverseSequence : word.sequence)] = sequence;
    let now = words[w + word.state] as number;
    if ((tcpFlags & tcpFlag.ack) !== 0) {
      if (reverse && (now & state.fin) !== 0) now |= state.finAcknowledged;
      if (!reverse && (now & state.reverseFin) !== 0) now |= state.reverseFinAcknowledged;
    }
    if ((tcpFlags & tcpFlag.fin) !== 0) now |= reverse ? state.reverseFin : state.fin;
    words[w + word.state] = now;
  }

  /** flowAttributes: several payloads, all of one size; fragments. */
  #setAttributes(w: number, reverse: boolean): void {
    const { words } = this.#table;
    const { payloadOctets, fragmented } = this.#headers;
    const shift = reverse ? 0 : 16;
    let attributes = ((words[w + word.attributes] as number) >>> shift) & 0xffff;
    if (fragmented) attributes |= attribute.fragmented;
    if (payloadOctets > 0) {
      const place = w + (reverse ? word.reversePayload : word.payload);
      const mixed = reverse ? state.reverseMixedPayloads : state.mixedPayloads;
      const known = words[place] as number;
      if (known === 0) words[place] = payloadOctets;
      else if (known !== payloadOctets) {
        words[w + word.state] = (words[w + word.state] as number) | mixed;
        attributes &= ~attribute.sameSize;
      } else if (((words[w + word.state] as number) & mixed) === 0) {
        attributes |= attribute.sameSize;
      }
    }
    const others = (words[w + word.attributes] as number) & ~(0xffff << shift);
    words[w + word.attributes] = others | (attributes << shift);
  }

  #report(slot: number, reason: number): void {
    this.#counts.flows++;
    this.#writer.write(slot, reason, Math.floor(this.#clockUs / 1e6));
    this.#table.remove(slot);
  }
}
