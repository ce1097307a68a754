import type { LimitReason } from "../../../src/lua/errors.ts";

/**
 * A script that wants to harm, and how it must end: by a bound, or by an error whose message
 * matches. `work` is whichever of instructions and time runs out first: on a slow machine, or where
 * instructions are long, it is the time.
 */
export type HostileScript = readonly [source: string, end: LimitReason | "work" | RegExp];

/** Bounds small enough for a quick suite. */
export function hostileBounds([, end]: HostileScript) {
  const slow = end === "work" || (end instanceof RegExp && end.source.includes("still runs"));
  return {
    memoryBytes: 8 * 1024 * 1024,
    run: { instructions: 3_000_000, deadlineMs: slow ? 200 : 60_000, outputBytes: 100_000 },
  };
}
