import type { BatchSink } from "../../ipfix/batch.ts";
import { firstDataSetId } from "../../ipfix/message.ts";
import {
  createTransportSession,
  type TemplateEvent,
  type TransportSession,
} from "../../ipfix/session.ts";
import type { Template } from "../../ipfix/template.ts";
import { limits } from "../../limits.ts";

/** One exporter as a collector sees it. */
export interface Peer {
  /** Its address and port, such as `192.0.2.1:4739`. */
  readonly name: string;
  readonly session: TransportSession;
}

/** What a table of peers needs to know. */
export interface PeerTableOptions {
  readonly onBatch: BatchSink;
  /** Whether Template Withdrawals count; false over UDP (RFC 7011 §8.4). */
  readonly withdrawals: boolean;
  /** Peers kept at once. */
  readonly maximum: number;
  /** Gets the name of each peer that is given up for the sake of the others. */
  readonly onForget: (name: string) => void;
}

/**
 * The peers of one collector, each with its Transport Session. Their number is bounded and so are
 * all their Templates together: the peer silent for longest, or the one with most Templates, goes.
 */
export class PeerTable {
  readonly #options: PeerTableOptions;
  /** In order of use. */
  readonly #peers = new Map<string, MeteredPeer>();
  #current: MeteredPeer | undefined;
  readonly #gone: Record<string, number> = {};
  readonly #fields = { total: 0 };
  #forgotten = 0;

  constructor(options: PeerTableOptions) {
    this.#options = options;
    addCounters(this.#gone, createPeer("", options, this.#fields).session.counters());
  }

  /** The peer `name`, which is the one most recently used from now on. */
  select(name: string): Peer {
    if (this.#current?.name === name) return this.#current;
    const known = this.#peers.get(name);
    if (known) this.#peers.delete(name);
    else if (this.#peers.size >= this.#options.maximum) this.#forgetOldest();
    this.#current = known ?? createPeer(name, this.#options, this.#fields);
    this.#peers.set(name, this.#current);
    return this.#current;
  }

  /** Give up peers until all Templates are within bounds; call it between Messages. */
  settle(): void {
    while (this.#fields.total > limits.collectorTemplateFields) this.#forgetLargest();
  }

  /** The peer `name` left. */
  remove(name: string): void {
    const peer = this.#peers.get(name);
    if (!peer) return;
    if (this.#current === peer) this.#current = undefined;
    this.#peers.delete(name);
    this.#fields.total -= peer.ledger.fields;
    addCounters(this.#gone, peer.session.counters());
  }

  /** The sums over all sessions, ended ones too. */
  counters(): Record<string, number> {
    const sums = { ...this.#gone };
    for (const { session } of this.#peers.values()) addCounters(sums, session.counters());
    return { ...sums, peers: this.#peers.size, peersForgotten: this.#forgotten };
  }

  #forget(name: string): void {
    this.remove(name);
    this.#forgotten++;
    this.#options.onForget(name);
  }

  #forgetOldest(): void {
    const [oldest] = this.#peers.keys();
    if (oldest !== undefined) this.#forget(oldest);
  }

  #forgetLargest(): void {
    let largest: MeteredPeer | undefined;
    for (const peer of this.#peers.values()) {
      if (peer.ledger.fields > (largest?.ledger.fields ?? -1)) largest = peer;
    }
    if (!largest) throw new Error("Templates without a peer");
    this.#forget(largest.name);
  }
}

interface MeteredPeer extends Peer {
  readonly ledger: TemplateLedger;
}

function createPeer(
  name: string,
  { onBatch, withdrawals }: PeerTableOptions,
  total: { total: number },
): MeteredPeer {
  const ledger = new TemplateLedger(total);
  const onTemplate = (event: TemplateEvent) => ledger.record(event);
  return { name, ledger, session: createTransportSession({ onBatch, withdrawals, onTemplate }) };
}

/** Counts the fields of the Templates that a session keeps; an upper bound for many domains. */
class TemplateLedger {
  fields = 0;
  readonly #all: { total: number };
  readonly #templates = new Map<number, Template>();

  constructor(all: { total: number }) {
    this.#all = all;
  }

  record({ domain, id, template, options }: TemplateEvent): void {
    if (id < firstDataSetId) this.#withdrawAll(domain, options);
    else this.#replace(domain * 65_536 + id, template);
  }

  #replace(key: number, template: Template | undefined): void {
    const old = this.#templates.get(key);
    if (old === template) return;
    const growth = (template?.fields.length ?? 0) - (old?.fields.length ?? 0);
    this.fields += growth;
    this.#all.total += growth;
    if (template) this.#templates.set(key, template);
    else this.#templates.delete(key);
  }

  #withdrawAll(domain: number, options: boolean): void {
    for (const [key, { scopeCount }] of this.#templates) {
      const meant = Math.floor(key / 65_536) === domain && scopeCount > 0 === options;
      if (meant) this.#replace(key, undefined);
    }
  }
}

function addCounters(sums: Record<string, number>, counts: Readonly<Record<string, number>>): void {
  for (const [name, count] of Object.entries(counts)) sums[name] = (sums[name] ?? 0) + count;
}
