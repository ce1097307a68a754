import { createErrorValues } from "./border/error-values.ts";
import type { LimitError } from "./errors.ts";
import { fingerprintFunction } from "./fingerprint.ts";
import { createFunctionStore, defineGlobal, type EngineFunctions } from "./functions.ts";
import type { RunBounds, RunUsage } from "./guard.ts";
import { pushValue, readValue } from "./marshal.ts";
import { createModuleFinder, type ModuleFinder } from "./modules/finder.ts";
import { type LuaProfile, type LuaProfileName, profiles } from "./profiles.ts";
import { openSandbox } from "./sandbox.ts";
import { LuaState, type RawFunction } from "./state.ts";
import { AsyncFunction, type LuaFunction, type LuaValue } from "./values.ts";
import { lua, type StatePointer } from "./vm/exports.ts";
import { testBounds, testEngine } from "./vm/self-test.ts";
import { openWaiting } from "./wait/open.ts";
import type { AsyncOptions, Tasks } from "./wait/tasks.ts";

/** How to make an engine. */
export interface LuaEngineOptions {
  readonly profile: LuaProfileName;
  /** Octets of Lua's objects, instead of the profile's. */
  readonly memoryBytes?: number;
  /** Bounds of each run, instead of the profile's. */
  readonly run?: Partial<RunBounds>;
  /** A word of shared memory that ends a run when it is not 0; whoever sets it resets it. */
  readonly interrupt?: Int32Array;
  /** Finds what scripts `require` beside the modules of ours; without it they have those only. */
  readonly modules?: ModuleFinder;
  /** Receives each line of Lua's `print`, without line feed; octets when it is not UTF-8. */
  print?(line: string | Uint8Array): void;
  /**
   * Asked every few microseconds while Lua of an interruptible profile runs; what it returns ends
   * the run, and no `pcall` keeps it alive.
   */
  poll?(): LimitError | undefined;
}

/**
 * One Lua VM with one global environment, closed as `profile` says. It runs on the thread that
 * calls it, and ends with an error of the code `limit` what uses more than the profile says.
 */
export interface LuaEngine {
  /** What its scripts may use and call. */
  readonly profile: LuaProfile;
  /** Make a value, most often a host function, the global `path`: `a.b` is `b` in table `a`. */
  define(path: string, value: LuaValue): void;
  /**
   * Run a chunk of text, never bytecode; `chunkName` is the file's name as errors show it.
   * @throws {LuaError}
   */
  run(source: string | Uint8Array, chunkName: string, args?: readonly LuaValue[]): LuaValue[];
  /** Call a function of this engine. @throws {LuaError} */
  call(fn: LuaFunction, args?: readonly LuaValue[]): LuaValue[];
  /**
   * As `run`, for scripts that may wait: other scripts and the host go on meanwhile. Its first
   * stretch runs at once. Rejects with a LuaError.
   */
  runAsync(
    source: string | Uint8Array,
    chunkName: string,
    args?: readonly LuaValue[],
    options?: AsyncOptions,
  ): Promise<LuaValue[]>;
  /** As `call`, for functions that may wait. */
  callAsync(
    fn: LuaFunction,
    args?: readonly LuaValue[],
    options?: AsyncOptions,
  ): Promise<LuaValue[]>;
  /** Equal for functions of equal code and upvalues, wherever in a file they stand. */
  fingerprint(fn: LuaFunction): string;
  /** Give up a handle; the function may then be collected. */
  release(fn: LuaFunction): void;
  /** Give up the VM: scripts that wait end with an error, and every later call throws. */
  close(): void;
  /** Octets that Lua objects use now. */
  memoryBytes(): number;
  /** What the run that goes on, or went on last, has used. */
  usage(): RunUsage;
  /** The raw stack, for host code that cannot afford the marshaller. */
  readonly state: LuaState;
  /** A function on the raw stack as a value. */
  wrapRaw(raw: RawFunction): LuaFunction;
  /** Push the function of a handle, within `state.protect`. */
  pushFunction(L: StatePointer, fn: LuaFunction): void;
}

/** Whether the first engine of this thread has shown that the VM is the one we know. */
let tested = false;

/** Create an engine in about a millisecond; the first of a thread takes a few. */
export function createLuaEngine(options: LuaEngineOptions): LuaEngine {
  if (!tested) testEngine(new Engine({ profile: "agent", ...testBounds }));
  tested = true;
  return new Engine(options);
}

/** Whether a run may have to be ended, which has its price. */
function isWatched({ profile, run, interrupt, poll }: LuaEngineOptions): boolean {
  return profiles[profile].interruptible || Boolean(run ?? interrupt ?? poll);
}

class Engine implements LuaEngine {
  readonly profile: LuaProfile;
  readonly state: LuaState;
  readonly #functions: EngineFunctions;
  readonly #push: (L: StatePointer, value: LuaValue) => void;
  readonly #read: (L: StatePointer, index: number) => LuaValue;
  /** Undefined until something waits. */
  #tasks: Tasks | undefined;
  /** Of each run, waiting included. */
  readonly #deadlineMs: number | undefined;
  #closed = false;

  constructor(options: LuaEngineOptions) {
    const { modules = createModuleFinder() } = options;
    const profile = profiles[options.profile];
    this.profile = profile;
    const print = (line: string | Uint8Array) => options.print?.(line);
    const run = isWatched(options) ? { ...profile, ...options.run } : undefined;
    this.#deadlineMs = run?.deadlineMs;
    this.state = new LuaState(
      {
        memoryBytes: options.memoryBytes ?? profile.memoryBytes,
        run,
        interrupt: options.interrupt,
        poll: options.poll,
      },
      print,
    );
    this.#functions = createFunctionStore(this.state);
    this.#push = pushValue(this.state, this.#functions);
    this.#read = readValue(this.state, this.#functions);
    this.state.errorValues = createErrorValues(this.state, this.#functions, this.#read);
    openSandbox(this.state, { profile, print, modules });
    this.state.guard.arm();
  }

  define(path: string, value: LuaValue): void {
    if (value instanceof AsyncFunction) this.#tasks ??= openWaiting(this.state, this.#read);
    this.#protect((L) => {
      const push = () =>
        typeof value === "function" || value instanceof AsyncFunction
          ? this.#functions.pushHost(L, value, path)
          : this.#push(L, value);
      defineGlobal(this.state, L, { path, push });
    });
  }

  run(source: string | Uint8Array, chunkName: string, args: readonly LuaValue[] = []): LuaValue[] {
    let results: LuaValue[] = [];
    this.#protect((L) => {
      this.state.loadChunk(L, source, chunkName);
      results = this.#callTop(L, args);
    });
    return results;
  }

  call(fn: LuaFunction, args: readonly LuaValue[] = []): LuaValue[] {
    let results: LuaValue[] = [];
    this.#protect((L) => {
      this.#functions.push(L, fn);
      results = this.#callTop(L, args);
    });
    return results;
  }

  runAsync(
    source: string | Uint8Array,
    chunkName: string,
    args: readonly LuaValue[] = [],
    options: AsyncOptions = {},
  ): Promise<LuaValue[]> {
    return this.#start(args, options, (L) => this.state.loadChunk(L, source, chunkName));
  }

  callAsync(
    fn: LuaFunction,
    args: readonly LuaValue[] = [],
    options: AsyncOptions = {},
  ): Promise<LuaValue[]> {
    return this.#start(args, options, (L) => this.#functions.push(L, fn));
  }

  fingerprint(fn: LuaFunction): string {
    let print = "";
    this.#protect((L) => {
      this.#functions.push(L, fn);
      print = fingerprintFunction(this.state, L);
    });
    return print;
  }

  wrapRaw(raw: RawFunction): LuaFunction {
    let fn: LuaFunction | undefined;
    this.#protect((L) => {
      this.state.pushRaw(L, raw);
      fn = this.#functions.take(L, -1);
    });
    return fn as LuaFunction;
  }

  pushFunction(L: StatePointer, fn: LuaFunction): void {
    this.#functions.push(L, fn);
  }

  release(fn: LuaFunction): void {
    this.#functions.release(fn);
  }

  memoryBytes(): number {
    return this.state.guard.usedBytes;
  }

  usage(): RunUsage {
    return this.state.guard.usage();
  }

  close(): void {
    this.#tasks?.cancelAll({ code: "closed", detail: "Cannot go on: the engine is closed" });
    this.#closed = true;
  }

  #use(): void {
    if (this.#closed) throw new Error("Cannot use a Lua engine: it is closed");
    this.#functions.sweep();
  }

  #protect(body: (L: StatePointer) => void): void {
    this.#use();
    this.state.protect((L) => {
      body(L);
      return 0;
    });
  }

  /** Run the function that `push` pushes as a task. */
  async #start(
    args: readonly LuaValue[],
    options: AsyncOptions,
    push: (L: StatePointer) => void,
  ): Promise<LuaValue[]> {
    this.#use();
    const { deadlineMs = this.#deadlineMs ?? Number.POSITIVE_INFINITY } = options;
    this.#tasks ??= openWaiting(this.state, this.#read);
    const pushAll = (L: StatePointer): number => {
      push(L);
      this.state.reserve(L, args.length + 8);
      for (const arg of args) this.#push(L, arg);
      return args.length;
    };
    return this.#tasks.run(pushAll, { ...options, deadlineMs });
  }

  /** Call the function on top with `args` and copy its results out. */
  #callTop(L: StatePointer, args: readonly LuaValue[]): LuaValue[] {
    const { state } = this;
    const bottom = state.x.lua_gettop(L) - 1;
    state.reserve(L, args.length + 8);
    for (const arg of args) this.#push(L, arg);
    state.x.lua_callk(L, args.length, lua.multipleReturns, 0, 0);
    const results: LuaValue[] = [];
    const last = state.x.lua_gettop(L);
    state.reserve(L, 8);
    for (let i = bottom + 1; i <= last; i++) results.push(this.#read(L, i));
    return results;
  }
}
