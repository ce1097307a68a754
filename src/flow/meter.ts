import type { BatchSink } from "../ipfix/batch.ts";
import { decodeFrame } from "../packet/frame.ts";
import { PacketSummary } from "../packet/summary.ts";
import { protocols } from "../packet/transport.ts";
import type { PacketVisitor } from "../pcap/packet.ts";
import { FlowWriter } from "./export/flow-writer.ts";
import { FragmentTable } from "./fragments.ts";
import { SeededHash } from "./hash.ts";
import { FlowKey } from "./key.ts";
import { float, flowFloats } from "./layout.ts";
import { FlowTable, none } from "./table.ts";
import { etherTypeName, linkTypeName, NamedTally } from "./tally.ts";
import { type Arrival, addPacket, addTcp, settleAttributes } from "./update.ts";

/** How packets become flows. */
export interface MeterOptions {
  /** A flow without packets for longer than this has ended (RFC 5470 §5.1.1). */
  readonly idleTimeoutMs: number;
  /** A flow that lasts longer than this goes on as another one. */
  readonly activeTimeoutMs: number;
  /** Flows at a time; beyond it the one idle for longest ends early. */
  readonly maximumFlows: number;
  /** Observation Domain ID of the records. */
  readonly domain: number;
  /** 32 random bits, so that nobody can predict which flows collide. */
  readonly seed: number;
  readonly onBatch: BatchSink;
}

/** Makes flows of packets; its functions need no `this`. */
export interface Meter {
  /** Take a packet; batches of flows that ended may leave during the call. */
  readonly packet: PacketVisitor;
  /** End all flows and let all batches leave. */
  readonly end: () => void;
  /**
   * `packets` is the sum of `packetsMetered`, which have `octets` of IP, and of the packets under
   * `nonIp`, `fragments`, `truncated`, `malformed` and `unsupportedLinkType`; names with a colon
   * tell these apart. `fragments` are those of which the first one is not known. `flows` have
   * left, `flowsActive` are at hand.
   */
  readonly counters: () => Readonly<Record<string, number>>;
}

/** Why a Flow ended (flowEndReason, RFC 5102 §5.11.3). */
export const endReason = { idle: 1, active: 2, endOfFlow: 3, forced: 4, resources: 5 } as const;

/** Export Time has 32 bits (RFC 7011 §3.1). */
const latestExportTime = 0xffff_ffff;

/** Create a meter that writes flow records in YAF's layout. */
export function createMeter(options: MeterOptions): Meter {
  const meter = new FlowMeter(options);
  return {
    packet: (packet) => meter.packet(packet),
    end: () => meter.end(),
    counters: () => meter.counters(),
  };
}

class FlowMeter {
  readonly #table = new FlowTable();
  readonly #key = new FlowKey();
  readonly #hash: SeededHash;
  readonly #fragments: FragmentTable;
  readonly #writer: FlowWriter;
  readonly #idleTimeout: number;
  readonly #activeTimeout: number;
  readonly #maximumFlows: number;
  readonly #summary = new PacketSummary();
  readonly #arrival: Arrival = { summary: this.#summary, time: 0, isLate: false, direction: 0 };
  /** The latest time of all packets, in microseconds. */
  #clock = Number.NEGATIVE_INFINITY;
  readonly #counts = {
    packets: 0,
    packetsMetered: 0,
    octets: 0,
    flows: 0,
    nonIp: 0,
    fragments: 0,
    truncated: 0,
    malformed: 0,
    unsupportedLinkType: 0,
    lyingLengths: 0,
    packetsLate: 0,
    flowsEvicted: 0,
    flowsPeak: 0,
  };
  readonly #etherTypes = new NamedTally("nonIp", etherTypeName);
  readonly #linkTypes = new NamedTally("unsupportedLinkType", linkTypeName);

  constructor(options: MeterOptions) {
    this.#hash = new SeededHash(options.seed);
    this.#fragments = new FragmentTable(this.#hash);
    this.#writer = new FlowWriter(options.domain, options.onBatch);
    this.#idleTimeout = options.idleTimeoutMs * 1_000;
    this.#activeTimeout = options.activeTimeoutMs * 1_000;
    this.#maximumFlows = Math.max(1, options.maximumFlows);
  }

  packet(packet: Parameters<PacketVisitor>[0]): void {
    this.#counts.packets++;
    const outcome = decodeFrame(this.#summary, packet);
    const time = packet.seconds * 1e6 + Math.floor(packet.nanos / 1_000);
    this.#arrival.isLate = time < this.#clock;
    if (!this.#arrival.isLate) this.#advance(time);
    this.#arrival.time = time;
    if (outcome === "ip") {
      if (this.#summary.isFragment) this.#fragments.remember(this.#summary, time);
      this.#meter();
    } else if (outcome === "nonIp") {
      this.#counts.nonIp++;
      this.#etherTypes.add(this.#summary.etherType);
    } else if (outcome === "unsupportedLinkType") {
      this.#counts.unsupportedLinkType++;
      this.#linkTypes.add(packet.linkType);
    } else if (outcome === "fragment") this.#meterFragment();
    else this.#counts[outcome]++;
  }

  end(): void {
    while (this.#table.oldest !== none) this.#close(this.#table.oldest, endReason.forced);
    this.#writer.flush();
  }

  counters(): Readonly<Record<string, number>> {
    const all: Record<string, number> = { ...this.#counts, flowsActive: this.#table.size };
    this.#etherTypes.report(all);
    this.#linkTypes.report(all);
    return all;
  }

  /** Let the clock go on and end flows that have become idle. */
  #advance(time: number): void {
    this.#clock = time;
    this.#writer.exportTime = Math.min(Math.floor(time / 1e6), latestExportTime);
    const table = this.#table;
    while (table.oldest !== none) {
      const seenAt = table.floats[table.oldest * flowFloats + float.seenAt] as number;
      if (time - seenAt <= this.#idleTimeout) return;
      this.#close(table.oldest, endReason.idle);
    }
  }

  #meter(): void {
    const table = this.#table;
    const arrival = this.#arrival;
    const summary = this.#summary;
    this.#key.load(summary, this.#hash);
    const flow = this.#flowOfKey();
    table.floats[flow * flowFloats + float.seenAt] = this.#clock;
    addPacket(table, flow, arrival);
    this.#counts.packetsMetered++;
    this.#counts.octets += summary.ipLength;
    if (arrival.isLate) this.#counts.packetsLate++;
    if (summary.hasLyingLength) this.#counts.lyingLengths++;
    if (summary.protocol !== protocols.tcp) return;
    if (addTcp(table, flow, arrival) === "ends") this.#close(flow, endReason.endOfFlow);
  }

  /** Meter a later fragment where its first one went. */
  #meterFragment(): void {
    const summary = this.#summary;
    if (summary.isFragment || !this.#fragments.recall(summary, this.#arrival.time)) {
      this.#counts.fragments++;
      return;
    }
    summary.isFragment = true;
    summary.payloadLength = 0;
    summary.tcpFlags = 0;
    summary.tcpSequence = 0;
    this.#meter();
  }

  /** The flow the packet at hand belongs to, made when there is none. */
  #flowOfKey(): number {
    const table = this.#table;
    const found = table.find(this.#key);
    if (found !== none) {
      const reason = this.#timeoutOf(found);
      if (reason === undefined) {
        this.#arrival.direction = table.direction;
        table.touch(found);
        return found;
      }
      this.#close(found, reason);
    }
    if (table.size >= this.#maximumFlows) {
      this.#counts.flowsEvicted++;
      this.#close(table.oldest, endReason.resources);
    }
    this.#arrival.direction = 0;
    const flow = table.insert(this.#key);
    if (table.size > this.#counts.flowsPeak) this.#counts.flowsPeak = table.size;
    return flow;
  }

  /** Why the packet at hand does not belong to a flow of its key any more. */
  #timeoutOf(flow: number): number | undefined {
    const { floats } = this.#table;
    const { time } = this.#arrival;
    const base = flow * flowFloats;
    if (time - (floats[base + float.end] as number) > this.#idleTimeout) return endReason.idle;
    const start = floats[base + float.start] as number;
    return time - start > this.#activeTimeout ? endReason.active : undefined;
  }

  #close(flow: number, reason: number): void {
    settleAttributes(this.#table, flow);
    this.#writer.write(this.#table, flow, reason);
    this.#table.remove(flow);
    this.#counts.flows++;
  }
}
