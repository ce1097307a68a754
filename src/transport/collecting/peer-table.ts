import type { TransportSession } from "../../ipfix/session.ts";
import type { KnownTemplate } from "../../ipfix/sets/known-template.ts";
import { limits } from "../../limits.ts";

/** One exporter as a collector sees it. */
export interface Peer {
  /** Its address and port, such as `192.0.2.1:4739`. */
  readonly name: string;
  readonly session: TransportSession;
}

/** What a table of peers needs to know. */
export interface PeerTableOptions {
  /** Makes the Transport Session of the peer of that name. */
  readonly open: (name: string) => TransportSession;
  /** Peers kept at once. */
  readonly maximum: number;
  /** Gets the name of each peer that is given up for the sake of the others. */
  readonly onForget: (name: string) => void;
  /** Milliseconds of a clock that only runs forward. */
  readonly now?: () => number;
}

/** How many times its size a newcomer counts where the largest peer has to go. */
const newcomerWeight = 16;

/**
 * The peers of one collector, each with its Transport Session. Their number is bounded and so are
 * all their Templates together: the peer silent for longest, or the one with most Templates, goes.
 * Newcomers go first, so that datagrams from any number of made-up senders cannot drive out an
 * exporter that has been sending records for a while.
 */
export class PeerTable {
  readonly #options: PeerTableOptions;
  /** Peers that are new or have not sent records yet, in order of use. */
  readonly #newcomers = new Map<string, MeteredPeer>();
  /** All others, in order of use. */
  readonly #settled = new Map<string, MeteredPeer>();
  readonly #now: () => number;
  #current: MeteredPeer | undefined;
  readonly #gone: Record<string, number> = {};
  /** Fields of all Templates of all peers. */
  #fields = 0;
  #forgotten = 0;

  constructor(options: PeerTableOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    addCounters(this.#gone, this.#create("").session.counters());
  }

  /** The peer `name`, which is the one most recently used from now on. */
  select(name: string): Peer {
    const current = this.#current;
    if (current?.name === name && current.isSettled) return current;
    const known = this.#settled.get(name) ?? this.#newcomers.get(name);
    if (!known && this.#size >= this.#options.maximum) this.#forgetOldest();
    const peer = known ?? this.#create(name);
    this.#current = peer;
    if (peer.isSettled) this.#settled.delete(name);
    else this.#newcomers.delete(name);
    peer.isSettled ||= this.#hasProvenItself(peer);
    if (peer.isSettled) this.#settled.set(name, peer);
    else this.#newcomers.set(name, peer);
    return peer;
  }

  /** Give up peers until all Templates are within bounds; call it between Messages. */
  settle(): void {
    if (this.#current) this.#measure(this.#current);
    while (this.#fields > limits.collectorTemplateFields) this.#forgetLargest();
  }

  /** The peer `name` left. */
  remove(name: string): void {
    const peer = this.#settled.get(name) ?? this.#newcomers.get(name);
    if (!peer) return;
    if (this.#current === peer) this.#current = undefined;
    this.#settled.delete(name);
    this.#newcomers.delete(name);
    this.#fields -= peer.fields;
    peer.session.end();
    addCounters(this.#gone, peer.session.counters());
  }

  /** The sums over all sessions, ended ones too. */
  counters(): Record<string, number> {
    const sums = { ...this.#gone };
    for (const { session } of this.#peers()) addCounters(sums, session.counters());
    return { ...sums, peers: this.#size, peersForgotten: this.#forgotten };
  }

  /** The Templates of all peers, by name. */
  *known(): Generator<readonly [name: string, templates: readonly KnownTemplate[]]> {
    for (const { name, session } of this.#peers()) yield [name, session.known()];
  }

  get #size(): number {
    return this.#newcomers.size + this.#settled.size;
  }

  *#peers(): Generator<MeteredPeer> {
    yield* this.#newcomers.values();
    yield* this.#settled.values();
  }

  #create(name: string): MeteredPeer {
    const session = this.#options.open(name);
    return { name, session, fields: 0, sinceMs: this.#now(), isSettled: false };
  }

  #measure(peer: MeteredPeer): void {
    const { templateFields } = peer.session;
    this.#fields += templateFields - peer.fields;
    peer.fields = templateFields;
  }

  #hasProvenItself({ sinceMs, session }: MeteredPeer): boolean {
    if (this.#now() - sinceMs < limits.peerProbationMs) return false;
    return (session.counters()["records"] ?? 0) > 0;
  }

  #forget(name: string): void {
    this.remove(name);
    this.#forgotten++;
    this.#options.onForget(name);
  }

  #forgetOldest(): void {
    for (const { name } of this.#peers()) {
      this.#forget(name);
      return;
    }
  }

  #forgetLargest(): void {
    let largest: MeteredPeer | undefined;
    let most = -1;
    for (const peer of this.#peers()) {
      const weight = peer.fields * (peer.isSettled ? 1 : newcomerWeight);
      if (weight <= most) continue;
      largest = peer;
      most = weight;
    }
    if (!largest) throw new Error("Templates without a peer");
    this.#forget(largest.name);
  }
}

interface MeteredPeer extends Peer {
  /** Fields of its Templates when they were last counted. */
  fields: number;
  readonly sinceMs: number;
  /** Whether it has sent records and has been known for a while. */
  isSettled: boolean;
}

function addCounters(sums: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
}
