import { limits } from "../../limits.ts";

/** Stands for a Sequence Number that cannot be known, as after a Set without Template. */
export const unknownSequence = -1;

/** What is known of the Sequence Numbers of one Observation Domain. */
export interface SequenceState {
  /** Number the next Message should have, or `unknownSequence`. */
  expected: number;
  /** Number that would follow on the last late Message, and how many came so in a row. */
  lateNext: number;
  lateRun: number;
}

/** The state of a domain of which nothing is known. */
export function createSequenceState(): SequenceState {
  return { expected: unknownSequence, lateNext: unknownSequence, lateRun: 0 };
}

/** Late Messages in a row, each following on the one before, that can only be a new beginning. */
const restartRun = 8;

/**
 * Watches Sequence Numbers (RFC 7011 §3.1, RFC 3954 §5.1), which count what was sent before:
 * records for IPFIX and NetFlow v5, packets for NetFlow v9 and sFlow. A number ahead of the
 * expected one is a loss; one a little behind is a Message that was overtaken and no loss after
 * all; 0, or one far behind, is an exporter that began anew.
 */
export class SequenceWatch {
  #gaps = 0;
  #lost = 0;
  #disordered = 0;
  #restarts = 0;
  #late = false;

  /** A Message of number `sequence` begins. */
  begin(state: SequenceState, sequence: number): void {
    this.#late = false;
    const { expected } = state;
    if (expected === unknownSequence || expected === sequence) return;
    const ahead = (sequence - expected) >>> 0;
    if (ahead < 0x8000_0000) {
      this.#gaps++;
      this.#lost += ahead;
    } else if (isRestart(state, sequence)) {
      this.#restarts++;
    } else {
      this.#disordered++;
      this.#late = true;
    }
  }

  /** The Message ends; it held `units` records or packets, undefined when nobody can know. */
  end(state: SequenceState, sequence: number, units: number | undefined): void {
    const next = units === undefined ? unknownSequence : (sequence + units) >>> 0;
    if (this.#late) {
      this.#lost = Math.max(0, this.#lost - (units ?? 0));
      state.lateRun = sequence === state.lateNext ? state.lateRun + 1 : 1;
      state.lateNext = next;
      return;
    }
    state.expected = next;
    state.lateRun = 0;
    state.lateNext = unknownSequence;
  }

  /** A Message of number `sequence` with `units` records or packets. */
  count(state: SequenceState, sequence: number, units: number): void {
    this.begin(state, sequence);
    this.end(state, sequence, units);
  }

  /** How often numbers were missing, how many, how often Messages came late or began anew. */
  counters(lost: "recordsLost" | "messagesLost"): Readonly<Record<string, number>> {
    return {
      sequenceGaps: this.#gaps,
      [lost]: this.#lost,
      messagesDisordered: this.#disordered,
      exporterRestarts: this.#restarts,
    };
  }
}

function isRestart(state: SequenceState, sequence: number): boolean {
  const behind = (state.expected - sequence) >>> 0;
  if (sequence === 0 || behind > limits.sequenceReordering) return true;
  return sequence === state.lateNext && state.lateRun >= restartRun;
}
