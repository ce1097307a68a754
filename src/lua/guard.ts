import { limits } from "../limits.ts";
import { guardWasm } from "./companion/guard-wasm.ts";
import { loadCompanion } from "./companion/load.ts";
import { LimitError } from "./errors.ts";
import type { LuaExports, StatePointer } from "./vm/exports.ts";
import type { Glue } from "./vm/glue.ts";

/** What one run, the outermost call into an engine with all that it calls, may use. */
export interface RunBounds {
  /** Instructions, and one for each 64 octets that Lua asks for; may be infinite. */
  readonly instructions: number;
  readonly deadlineMs: number;
  readonly outputBytes: number;
}

/** What the run that goes on, or went on last, has used. */
export interface RunUsage {
  /** Counted in steps of some hundred; 0 when the engine does not count them. */
  readonly instructions: number;
  readonly memoryPeakBytes: number;
  readonly outputBytes: number;
}

/** How to hold the scripts of one engine to their bounds. */
export interface GuardOptions {
  /** Octets that Lua's objects may hold. */
  readonly memoryBytes: number;
  /** Bounds of each run; without them runs are neither counted nor interruptible. */
  readonly run: RunBounds | undefined;
  /** A word that another thread sets to anything but 0 to end the run. */
  readonly interrupt?: Int32Array | undefined;
  /** Asked beside the clock; what it returns ends the run. */
  readonly poll?: (() => LimitError | undefined) | undefined;
}

interface GuardModule {
  readonly used: WebAssembly.Global<"i32">;
  readonly allowed: WebAssembly.Global<"i32">;
  readonly peak: WebAssembly.Global<"i32">;
  readonly reserve: WebAssembly.Global<"i32">;
  readonly refused: WebAssembly.Global<"i32">;
  readonly slice: WebAssembly.Global<"i32">;
  readonly left: WebAssembly.Global<"i64">;
  readonly sliceSteps: WebAssembly.Global<"i32">;
  readonly hookSteps: WebAssembly.Global<"i32">;
  readonly excess: WebAssembly.Global<"i32">;
  readonly hookPointer: WebAssembly.Global<"i32">;
  readonly begin: (L: StatePointer, steps: bigint) => void;
  readonly charge: (steps: number) => void;
  readonly hurry: (L: StatePointer) => void;
  readonly allocate: () => number;
  readonly hook: () => void;
  readonly read: () => number;
  readonly spendFunction: () => number;
  readonly endedFunction: () => number;
  /** For other companion modules: charge for a loop in native code. */
  readonly spend: (L: StatePointer, steps: number) => void;
}

/** Steps that never run out. */
const endless = 2n ** 62n;

/**
 * Holds the scripts of one engine to memory, instructions, time and output. What exceeds one of
 * them ends for good: from then on every instruction of the run fails, in every coroutine.
 */
export class Guard {
  /** The companion module, for others that charge. */
  readonly module: GuardModule;
  /** `lua_Alloc` in the table of functions. */
  readonly allocator: number;
  readonly spendPointer: number;
  /** `lua_Reader` of a source: its context is the address and the octets left, 32 bits each. */
  readonly reader: number;
  readonly endedPointer: number;
  readonly #options: GuardOptions;
  readonly #steps: bigint;
  #deadlineMs = Number.POSITIVE_INFINITY;
  #lookedMs = 0;
  #outputBytes = 0;
  #reason: LimitError | undefined;
  #armed = false;

  /** `raise` raises an error in Lua and does not return. */
  constructor(
    { x, pointerTo }: Glue & { x: LuaExports },
    options: GuardOptions,
    raise: (L: StatePointer) => void,
  ) {
    this.#options = options;
    const host = { look: () => (this.#look() ? 1 : 0), raise };
    this.module = loadCompanion<GuardModule>({ x }, guardWasm, host);
    this.allocator = pointerTo(this.module.allocate);
    this.spendPointer = pointerTo(this.module.spendFunction);
    this.reader = pointerTo(this.module.read);
    this.endedPointer = pointerTo(this.module.endedFunction);
    this.module.hookPointer.value = pointerTo(this.module.hook);
    this.module.allowed.value = options.memoryBytes;
    this.module.reserve.value = limits.luaErrorRoomBytes;
    this.module.hookSteps.value = limits.luaHookInstructions;
    this.module.sliceSteps.value = limits.luaLookInstructions;
    const instructions = options.run?.instructions ?? Number.POSITIVE_INFINITY;
    this.#steps = Number.isFinite(instructions) ? BigInt(instructions) : endless;
  }

  /** Octets that Lua's objects hold now. */
  get usedBytes(): number {
    return this.module.used.value >>> 0;
  }

  /** What ended the run, or is about to. */
  get excess(): LimitError | undefined {
    const { instructions } = this.#options.run ?? { instructions: 0 };
    if (this.module.excess.value === 0) return undefined;
    this.#reason ??= new LimitError("instructions", `used up its ${instructions} instructions`);
    return this.#reason;
  }

  /** Whether what is raised next is for want of memory. */
  get wantsMemory(): boolean {
    return this.module.refused.value !== 0;
  }

  /** From now on each run is held to its bounds; before, it is our own code that runs. */
  arm(): void {
    this.#armed = true;
  }

  /** A run begins in the main coroutine `L`, with nothing used. */
  start(L: StatePointer): void {
    const { run } = this.#options;
    this.#reason = undefined;
    this.#outputBytes = 0;
    this.module.peak.value = this.module.used.value;
    if (run === undefined || !this.#armed) return;
    this.#lookedMs = performance.now();
    this.#deadlineMs = this.#lookedMs + run.deadlineMs;
    this.module.begin(L, this.#steps);
  }

  /** The run that begins in `L` goes on with one that waited, and has used `usage` already. */
  goOn(L: StatePointer, usage: RunUsage): void {
    this.#outputBytes = usage.outputBytes;
    this.module.peak.value = Math.max(this.module.peak.value >>> 0, usage.memoryPeakBytes);
    if (this.#options.run === undefined || !this.#armed) return;
    this.module.begin(L, this.#steps - BigInt(usage.instructions));
  }

  /**
   * An error, or what a coroutine yields, was caught in `L`, or on behalf of `caller`: a run that
   * is over must not go on.
   */
  caught(L: StatePointer, caller: StatePointer): void {
    this.module.charge(limits.luaErrorInstructions);
    if (this.module.excess.value === 0) return;
    this.module.hurry(L);
    if (caller !== 0) this.module.hurry(caller);
  }

  /** Charge the run in `L` for output. @throws {LimitError} `output`. */
  spendOutput(L: StatePointer, bytes: number): void {
    const most = this.#options.run?.outputBytes ?? Number.POSITIVE_INFINITY;
    this.#outputBytes += bytes;
    if (this.#outputBytes <= most) return;
    this.#reason ??= new LimitError("output", `printed more than ${most} octets`);
    this.module.excess.value = 2;
    this.module.hurry(L);
    throw this.#reason;
  }

  usage(): RunUsage {
    const { left, slice, peak } = this.module;
    const steps = this.#options.run && Number(this.#steps - left.value - BigInt(slice.value));
    return {
      instructions: steps ?? 0,
      memoryPeakBytes: peak.value >>> 0,
      outputBytes: this.#outputBytes,
    };
  }

  /** Whether somebody may want a script to end while it waits. */
  get isInterruptible(): boolean {
    return (this.#options.interrupt ?? this.#options.poll) !== undefined;
  }

  /** Why a script must end, whether it runs or waits; the clock is not asked. */
  interrupted(): LimitError | undefined {
    const { interrupt, poll } = this.#options;
    if (interrupt !== undefined && Atomics.load(interrupt, 0) !== 0) {
      return new LimitError("interrupt", "interrupted");
    }
    return poll?.();
  }

  #look(): boolean {
    const { run } = this.#options;
    const now = performance.now();
    this.#keepPace(now - this.#lookedMs);
    this.#lookedMs = now;
    if (now > this.#deadlineMs) {
      this.#reason ??= new LimitError("deadline", `still runs after ${run?.deadlineMs} ms`);
    }
    this.#reason ??= this.interrupted();
    return this.#reason !== undefined;
  }

  /** Look more often while instructions are slow: one may compare strings of megabytes. */
  #keepPace(elapsedMs: number): void {
    const { hookSteps, sliceSteps } = this.module;
    if (elapsedMs > limits.luaSlowLookMs && hookSteps.value > 1) {
      hookSteps.value = Math.max(1, hookSteps.value >> 3);
    } else if (
      elapsedMs < limits.luaSlowLookMs / 8 &&
      hookSteps.value < limits.luaHookInstructions
    ) {
      hookSteps.value = Math.min(limits.luaHookInstructions, hookSteps.value * 2);
    } else {
      return;
    }
    const pace = hookSteps.value / limits.luaHookInstructions;
    sliceSteps.value = Math.max(1, Math.floor(limits.luaLookInstructions * pace));
  }
}
