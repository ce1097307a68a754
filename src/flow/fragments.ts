import { limits } from "../limits.ts";
import type { PacketSummary } from "../packet/summary.ts";
import type { SeededHash } from "./hash.ts";
import { loadAddresses } from "./key.ts";

/** Words of an entry: both addresses, identification, protocol with VLAN and version, ports. */
const entry = { addresses: 0, identification: 8, misc: 9, ports: 10, words: 11 } as const;

/**
 * Remembers the ports of first fragments, so that later ones find their flow: the wire's packets
 * and octets are counted, nothing is reassembled. Fixed in size: an entry gives way to the next
 * one of its place.
 */
export class FragmentTable {
  readonly #hash: SeededHash;
  readonly #words = new Uint32Array(limits.meterFragments * entry.words);
  /** Microseconds; an entry is empty at first. */
  readonly #seenAt = new Float64Array(limits.meterFragments).fill(Number.NEGATIVE_INFINITY);
  readonly #wanted = new Uint32Array(entry.words);

  constructor(hash: SeededHash) {
    this.#hash = hash;
  }

  /** Keep the ports of a first fragment of `time` microseconds. */
  remember(summary: PacketSummary, time: number): void {
    const place = this.#load(summary);
    this.#wanted[entry.ports] = (summary.sourcePort << 16) | summary.destinationPort;
    this.#words.set(this.#wanted, place * entry.words);
    this.#seenAt[place] = time;
  }

  /** Give a later fragment the ports of its first one; false when that is not known. */
  recall(summary: PacketSummary, time: number): boolean {
    const place = this.#load(summary);
    const ageMs = Math.abs(time - (this.#seenAt[place] as number)) / 1_000;
    if (!(ageMs <= limits.meterFragmentMs)) return false;
    const base = place * entry.words;
    for (let i = 0; i < entry.ports; i++) {
      if (this.#words[base + i] !== this.#wanted[i]) return false;
    }
    const ports = this.#words[base + entry.ports] as number;
    summary.sourcePort = ports >>> 16;
    summary.destinationPort = ports & 0xffff;
    return true;
  }

  /** Load what tells packets apart (RFC 791 §3.2, RFC 8200 §4.5); returns its place. */
  #load(summary: PacketSummary): number {
    const wanted = this.#wanted;
    loadAddresses(wanted, summary);
    wanted[entry.identification] = summary.fragmentId;
    wanted[entry.misc] = (summary.vlan << 16) | (summary.version << 8) | summary.protocol;
    const source = this.#hash.endpoint(wanted, entry.addresses, summary.fragmentId);
    const destination = this.#hash.endpoint(wanted, entry.addresses + 4, 0);
    const hash = this.#hash.conversation(source, destination, wanted[entry.misc] as number);
    return hash % limits.meterFragments;
  }
}
