import { ConfigError } from "../../errors.ts";
import { installPrimitives } from "../../host/primitives.ts";
import { useOwnElements } from "../../ipfix/registry.ts";
import { createLuaEngine, type LuaEngine } from "../../lua/engine.ts";
import { LimitError, LuaError } from "../../lua/errors.ts";
import { profiles } from "../../lua/profiles.ts";
import { LuaTable } from "../../lua/values.ts";
import { controlSlots, type ScriptEnd, stops } from "./messages.ts";
import { OutputBuffer } from "./output.ts";
import type { SandboxProfile, Script, ScriptError, ScriptLine } from "./script.ts";
import { plainValues, reviveValue } from "./values.ts";

const kib = 1_024;

/** An engine that has run nothing yet, and what it was made for. */
interface Fresh {
  readonly engine: LuaEngine;
  readonly output: OutputBuffer;
  readonly profile: SandboxProfile;
  readonly memoryBytes: number;
}

/** Runs scripts one after the other, each in an engine that nobody has used before. */
export class ScriptRunner {
  readonly #control: Int32Array;
  readonly #onLines: (lines: readonly ScriptLine[]) => void;
  #next: Fresh | undefined;
  #timeoutMs: number | undefined;
  /** Whether a script runs: the wish to end one must not end what prepares the next. */
  #running = false;
  #profile: SandboxProfile = "agent";
  #memoryBytes: number = profiles.agent.memoryBytes;

  /** `control` says when a script must end (see `controlSlots`); its lines go to `onLines`. */
  constructor(control: Int32Array, onLines: (lines: readonly ScriptLine[]) => void) {
    this.#control = control;
    this.#onLines = onLines;
  }

  /** Make the engine of the next script now: while nobody waits, and for one like the last. */
  prepare(): void {
    this.#next ??= this.#create();
  }

  /** Run a script to its end, whatever that is; what it throws is a bug of ours. */
  async run(script: Script): Promise<ScriptEnd> {
    Atomics.store(this.#control, controlSlots.begun, 1);
    useOwnElements([]); // those of the script before are not this one's
    const { engine, output } = this.#take(script);
    this.#timeoutMs = script.timeoutMs;
    const startMs = performance.now();
    this.#running = true;
    const end = await this.#attempt(script, engine);
    this.#running = false;
    const ms = performance.now() - startMs;
    output.flush();
    const { instructions, memoryPeakBytes } = engine.usage();
    engine.close();
    const used = { instructions, memoryBytes: memoryPeakBytes, ms };
    return { ...end, used };
  }

  #take({ profile, memoryBytes = profiles[profile].memoryBytes }: Script): Fresh {
    if (profile !== this.#profile || memoryBytes !== this.#memoryBytes) this.#next = undefined;
    this.#profile = profile;
    this.#memoryBytes = memoryBytes;
    const fresh = this.#next ?? this.#create();
    this.#next = undefined;
    return fresh;
  }

  #create(): Fresh {
    const [profile, memoryBytes] = [this.#profile, this.#memoryBytes];
    const output = new OutputBuffer(profiles[profile].outputBytes, this.#onLines);
    const engine = createLuaEngine({
      profile,
      memoryBytes,
      // The pool keeps the time: a script may have got more or less than its profile says.
      run: { deadlineMs: Number.POSITIVE_INFINITY },
      print: (text) => output.add({ kind: "print", text }),
      poll: () => {
        if (!this.#running) return undefined;
        this.#note(engine);
        output.flushOld();
        return this.#stopped() ?? output.exceeded;
      },
    });
    installPrimitives({ engine, log: (level, text) => output.add({ kind: "log", level, text }) });
    return { engine, output, profile, memoryBytes };
  }

  async #attempt(
    { source, name, args = [] }: Script,
    engine: LuaEngine,
  ): Promise<Pick<ScriptEnd, "values" | "error">> {
    try {
      const given = args.map(reviveValue);
      const numbered = given.map((value, i) => [i + 1, value] as const);
      engine.define("arg", new LuaTable([[0, name], ...numbered]));
      return {
        values: plainValues(await engine.runAsync(source, name, given)),
        error: undefined,
      };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return { values: [], error: this.#describe(error, name) };
    }
  }

  /** How far the script is, where the pool can read it. */
  #note(engine: LuaEngine): void {
    const { instructions, memoryPeakBytes } = engine.usage();
    Atomics.store(this.#control, controlSlots.thousands, Math.floor(instructions / 1_000));
    Atomics.store(this.#control, controlSlots.memoryKib, Math.ceil(memoryPeakBytes / kib));
  }

  #stopped(): LimitError | undefined {
    const stop = Atomics.load(this.#control, controlSlots.stop);
    if (stop === stops.deadline) {
      return new LimitError("deadline", `still runs after ${this.#timeoutMs} ms`);
    }
    return stop === stops.cancelled ? new LimitError("interrupt", "cancelled") : undefined;
  }

  /** The error for whoever wants to know what became of the script. */
  #describe(error: ConfigError, name: string): ScriptError {
    const told = {
      where: error.where || name,
      message: error.detail,
      traceback: error instanceof LuaError ? error.traceback : "",
    };
    const code = error instanceof LuaError ? error.luaCode : error.code;
    if (code !== "limit") return { code, ...told };
    const stop = Atomics.load(this.#control, controlSlots.stop);
    if (stop === stops.cancelled) return { code: "cancelled", ...told };
    const bound = error instanceof LuaError ? error.reason : undefined;
    return { code, bound: bound ?? "other", ...told };
  }
}
