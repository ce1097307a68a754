import type { DecodeErrorCode } from "../../errors.ts";
import type { BatchSink } from "../../ipfix/batch.ts";

/** What a collector needs to know. */
export interface CollectorOptions {
  /** Where to listen, such as `udp://127.0.0.1:4739`; port 0 lets the system choose. */
  readonly listen: string;
  readonly onBatch: BatchSink;
  /** Gets a sentence for each thing that goes wrong, at most about a hundred a minute. */
  readonly onProblem: (message: string) => void;
}

/** Receives Messages from the network: a `Source` of the engine. */
export interface Collector {
  /**
   * Bind; resolves with the addresses in use.
   * @throws {TransportError} `in-use`, `not-permitted`, `unreachable`.
   */
  start(): Promise<readonly string[]>;
  /** Deliver what arrived before, then release the socket. */
  stop(): Promise<void>;
  counters(): Readonly<Record<string, number>>;
}

/** Counters of what could not be decoded: in all, and by what was wrong. */
export interface DamageCounts {
  malformed: number;
  truncated: number;
  badLength: number;
  badVersion: number;
  badTemplate: number;
  beyondLimit: number;
}

/** Name of the counter for each code that a Message can be refused with. */
const counterOf: Readonly<Record<DecodeErrorCode, keyof DamageCounts>> = {
  truncated: "truncated",
  "bad-length": "badLength",
  "bad-version": "badVersion",
  "bad-template": "badTemplate",
  "bad-magic": "badVersion",
  unsupported: "badVersion",
  limit: "beyondLimit",
};

/** Counters of damage, all 0. */
export function createDamageCounts(): DamageCounts {
  return {
    malformed: 0,
    truncated: 0,
    badLength: 0,
    badVersion: 0,
    badTemplate: 0,
    beyondLimit: 0,
  };
}

/** Count one Message or datagram that was refused with `code`. */
export function countDamage(counts: DamageCounts, code: DecodeErrorCode): void {
  counts.malformed++;
  counts[counterOf[code]]++;
}
