/**
 * A slow and simple twin of the meter: objects in a Map, in the order in which they were seen
 * last. It knows nothing of octets; a test makes its packets and the meter's from one description.
 */

/** A packet as the model sees it. */
export interface ModelPacket {
  readonly timeUs: number;
  /** Number of the endpoint, which is an address with a port, or an address for ICMP. */
  readonly from: number;
  readonly to: number;
  readonly protocol: "tcp" | "udp" | "icmp";
  readonly vlan: number;
  readonly octets: number;
  readonly fin?: boolean;
  readonly rst?: boolean;
  readonly ack?: boolean;
}

/** A flow as the model sees it. */
export interface ModelFlow {
  readonly from: number;
  readonly to: number;
  readonly protocol: string;
  readonly vlan: number;
  startUs: number;
  endUs: number;
  packets: [forward: number, reverse: number];
  octets: [forward: number, reverse: number];
  endReason: number;
}

interface OpenFlow extends ModelFlow {
  seenAt: number;
  finSeen: [boolean, boolean];
  finAnswered: [boolean, boolean];
}

/** Bounds of the model, as the meter has them. */
export interface ModelOptions {
  readonly idleUs: number;
  readonly activeUs: number;
  readonly maximumFlows: number;
}

/** The flows of `packets` in the order in which they end. */
export function modelFlows(packets: readonly ModelPacket[], options: ModelOptions): ModelFlow[] {
  const model = new MeterModel(options);
  for (const packet of packets) model.packet(packet);
  return model.end();
}

class MeterModel {
  readonly #options: ModelOptions;
  readonly #open = new Map<string, OpenFlow>();
  readonly #ended: ModelFlow[] = [];
  #clock = Number.NEGATIVE_INFINITY;

  constructor(options: ModelOptions) {
    this.#options = options;
  }

  packet(packet: ModelPacket): void {
    this.#clock = Math.max(this.#clock, packet.timeUs);
    for (const [name, flow] of this.#open) {
      if (this.#clock - flow.seenAt > this.#options.idleUs) this.#close(name, 1);
    }
    const { from, to, protocol, vlan } = packet;
    const name = [protocol, vlan, Math.min(from, to), Math.max(from, to)].join();
    this.#closeWhenOver(name, packet.timeUs);
    if (!this.#open.has(name) && this.#open.size >= this.#options.maximumFlows) {
      const [oldest = ""] = this.#open.keys();
      this.#close(oldest, 5);
    }
    const flow = this.#open.get(name) ?? newFlow(packet);
    this.#open.delete(name);
    this.#open.set(name, flow);
    flow.seenAt = this.#clock;
    if (addPacket(flow, packet)) this.#close(name, 3);
  }

  end(): ModelFlow[] {
    for (const name of [...this.#open.keys()]) this.#close(name, 4);
    return this.#ended;
  }

  #closeWhenOver(name: string, timeUs: number): void {
    const flow = this.#open.get(name);
    if (flow === undefined) return;
    if (timeUs - flow.endUs > this.#options.idleUs) this.#close(name, 1);
    else if (timeUs - flow.startUs > this.#options.activeUs) this.#close(name, 2);
  }

  #close(name: string, endReason: number): void {
    const flow = this.#open.get(name);
    if (flow === undefined) throw new Error(`no flow ${name}`);
    this.#open.delete(name);
    const { from, to, protocol, vlan, startUs, endUs, packets, octets } = flow;
    this.#ended.push({ from, to, protocol, vlan, startUs, endUs, packets, octets, endReason });
  }
}

function newFlow({ from, to, protocol, vlan, timeUs }: ModelPacket): OpenFlow {
  return {
    from,
    to,
    protocol,
    vlan,
    startUs: timeUs,
    endUs: timeUs,
    packets: [0, 0],
    octets: [0, 0],
    endReason: 0,
    seenAt: 0,
    finSeen: [false, false],
    finAnswered: [false, false],
  };
}

/** Count a packet; tells whether TCP ends with it. */
function addPacket(flow: OpenFlow, packet: ModelPacket): boolean {
  // An endpoint that talks to itself sends forward only: its key is the same both ways.
  const direction = packet.from === flow.from ? 0 : 1;
  flow.startUs = Math.min(flow.startUs, packet.timeUs);
  flow.endUs = Math.max(flow.endUs, packet.timeUs);
  flow.packets[direction]++;
  flow.octets[direction] += packet.octets;
  if (packet.protocol !== "tcp") return false;
  if (packet.rst === true) return true;
  if (packet.ack === true && flow.finSeen[1 - direction]) flow.finAnswered[1 - direction] = true;
  if (packet.fin === true) flow.finSeen[direction] = true;
  return flow.finAnswered[0] && flow.finAnswered[1];
}
