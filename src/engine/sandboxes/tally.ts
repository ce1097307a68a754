import type { Stop } from "./messages.ts";
import type { ThreadEnd } from "./sandbox-thread.ts";
import type { ScriptError } from "./script.ts";

/** How scripts can end, for counting. */
const ends = ["succeeded", "failed", "limited", "cancelled", "crashed"] as const;

/** Why a thread was replaced: `start` never could run a script. */
const losses = ["deadline", "cancelled", "memory", "crashed", "start"] as const;

export type ThreadLoss = (typeof losses)[number] & (Stop | ThreadEnd["kind"] | "start");

/** What became of the scripts and threads of a pool so far. */
export interface SandboxCounters {
  /** All that `run` was called for: each is refused, waits, runs, or has ended. */
  readonly submitted: number;
  readonly refused: number;
  readonly waiting: number;
  readonly running: number;
  /**
   * `failed` by an error of its own, `limited` by time, memory, output or another bound, `crashed`
   * when its thread ended for no reason that we know of.
   */
  readonly ended: Readonly<Record<(typeof ends)[number], number>>;
  /** Threads that live: those that start, wait and run. */
  readonly threads: number;
  /** Threads that ended before the pool was closed, by reason. */
  readonly lost: Readonly<Record<ThreadLoss, number>>;
}

const zeros = <Name extends string>(names: readonly Name[]) =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;

/** Counts what happens in a pool. */
export class SandboxTally {
  submitted = 0;
  refused = 0;
  readonly ended = zeros(ends);
  readonly lost = zeros(losses);

  /** A script has ended with `error`, or well. */
  end(error: ScriptError | undefined): void {
    if (error === undefined) this.ended.succeeded++;
    else if (error.code === "limit") this.ended.limited++;
    else if (error.code === "cancelled" || error.code === "crashed") this.ended[error.code]++;
    else this.ended.failed++;
  }

  /** The counters beside what the pool knows itself. */
  snapshot(now: Pick<SandboxCounters, "waiting" | "running" | "threads">): SandboxCounters {
    const { submitted, refused } = this;
    return { submitted, refused, ...now, ended: { ...this.ended }, lost: { ...this.lost } };
  }
}
