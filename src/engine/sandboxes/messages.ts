import type { Script, ScriptError, ScriptLine, ScriptUsage } from "./script.ts";

/** How a script ends that its own thread brought to an end. */
export interface ScriptEnd {
  /** Plain data; tables lose their class on the way between threads, see `reviveValue`. */
  readonly values: readonly unknown[];
  readonly error: ScriptError | undefined;
  readonly used: ScriptUsage;
}

/** What the pool asks of a thread, one script at a time. */
export type SandboxCall = { readonly kind: "run"; readonly script: Script };

/** What a thread tells the pool. */
export type SandboxMessage =
  /** It can run scripts; brings what it had to compile. */
  | { readonly kind: "ready"; readonly modules: ReadonlyMap<string, WebAssembly.Module> }
  | { readonly kind: "output"; readonly lines: readonly ScriptLine[] }
  | { readonly kind: "end"; readonly end: ScriptEnd };

/**
 * Slots of the `Int32Array` that pool and thread share: why the script is to end (see `stops`),
 * 1 once it has begun, and how far it is, in thousands of instructions and in KiB.
 */
export const controlSlots = { stop: 0, begun: 1, thousands: 2, memoryKib: 3, count: 4 } as const;

/** Why the pool wants a script to end; 0 in its slot lets it run on. */
export const stops = { deadline: 1, cancelled: 2 } as const;

export type Stop = keyof typeof stops;
