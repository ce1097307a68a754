import { DecodeError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { MessageHeader } from "../message.ts";

/** A Data Set that came before its Template: a copy of its content, and whence it is. */
interface WaitingSet<Origin extends MessageHeader> {
  /** Template ID it waits for. */
  readonly setId: number;
  /** The header of the Message it came in. */
  readonly origin: Origin;
  readonly bytes: Uint8Array;
}

/** Octets that wait in all sessions of one collector together. */
export interface WaitingBudget {
  bytes: number;
}

/** How a session decodes a set after its Message has gone. */
export interface LateDecoder<Origin> {
  /** The header of the Message at hand, to come back to. */
  readonly current: Origin;
  /** Make `origin` the header of what is decoded. */
  readonly enter: (origin: Origin) => void;
  /** Decode the content of the set. @throws {DecodeError} */
  readonly read: (bytes: Uint8Array) => void;
}

/**
 * Data Sets that wait for their Template (RFC 7011 §9 lets a collector keep them), in order of
 * arrival. Within its bounds the oldest gives way to the youngest.
 */
export class WaitingSets<Origin extends MessageHeader> {
  readonly #sets = new Set<WaitingSet<Origin>>();
  readonly #budget: WaitingBudget;
  #bytes = 0;
  readonly #counts = { setsDecodedLate: 0, setsDamagedLate: 0 };

  constructor(budget: WaitingBudget = { bytes: 0 }) {
    this.#budget = budget;
  }

  /** Sets that were decoded, or found damaged, once their Template came; and those that wait. */
  counters(): Readonly<Record<string, number>> {
    return { ...this.#counts, setsWaiting: this.#sets.size };
  }

  /** Keep the content of a set; it may drive out older ones, or find no room at all. */
  add(origin: Origin, setId: number, content: Uint8Array): void {
    const size = content.length;
    for (const oldest of this.#sets) {
      if (this.#fits(size) && this.#sets.size < limits.sessionWaitingSets) break;
      this.#remove(oldest);
    }
    if (!this.#fits(size)) return;
    this.#sets.add({ setId, origin, bytes: content.slice() });
    this.#bytes += size;
    this.#budget.bytes += size;
  }

  /**
   * The Template `id` of the domain at hand has come: decode what waited for it, in order. Sets
   * much older than it are given up, as it may not be the one that they were made by.
   */
  decode(id: number, { current, enter, read }: LateDecoder<Origin>): void {
    if (this.#sets.size === 0) return;
    for (const set of this.#sets) {
      const { domain, exportTime } = set.origin;
      if (domain !== current.domain || set.setId !== id) continue;
      this.#remove(set);
      if (Math.abs(current.exportTime - exportTime) > limits.lateTemplateSeconds) continue;
      enter(set.origin);
      try {
        read(set.bytes);
        this.#counts.setsDecodedLate++;
      } catch (error) {
        // Its own Message has gone, and the one at hand has no part in it.
        if (!(error instanceof DecodeError)) throw error;
        this.#counts.setsDamagedLate++;
      } finally {
        enter(current);
      }
    }
  }

  /** Give up all of them, as when the session ends. */
  clear(): void {
    for (const set of this.#sets) this.#remove(set);
  }

  #fits(size: number): boolean {
    return (
      this.#bytes + size <= limits.sessionWaitingBytes &&
      this.#budget.bytes + size <= limits.collectorWaitingBytes
    );
  }

  #remove(set: WaitingSet<Origin>): void {
    this.#sets.delete(set);
    this.#bytes -= set.bytes.length;
    this.#budget.bytes -= set.bytes.length;
  }
}
