import { fingerprintFunction } from "./fingerprint.ts";
import { createFunctionStore, defineGlobal, type EngineFunctions } from "./functions.ts";
import { createGuard } from "./guard.ts";
import { pushValue, readValue } from "./marshal.ts";
import { type LuaProfile, type LuaProfileName, profiles } from "./profiles.ts";
import { openSandbox, type Sandbox } from "./sandbox.ts";
import { LuaState, type RawFunction } from "./state.ts";
import type { LuaFunction, LuaValue } from "./values.ts";
import { lua, type StatePointer } from "./vm/exports.ts";

/** How to make an engine. */
export interface LuaEngineOptions {
  readonly profile: LuaProfileName;
  /** Bound of the VM's memory instead of the profile's; 16 MiB is the least that works. */
  readonly memoryBytes?: number;
  /** Receives each line of Lua's `print`, without line feed; octets when it is not UTF-8. */
  print?(line: string | Uint8Array): void;
  /**
   * Asked every few microseconds while Lua runs; a reason ends the script with it, and no `pcall`
   * keeps it alive. Loops take about 1.7 times as long with it.
   */
  poll?(): string | undefined;
}

/**
 * One Lua VM with one global environment, closed as `profile` says. It runs on the thread that
 * calls it. `poll` bounds its time, except in pattern matching and other loops within C functions:
 * run what is not trusted in a worker and end that from outside.
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
  /** Equal for functions of equal code and upvalues, wherever in a file they stand. */
  fingerprint(fn: LuaFunction): string;
  /** Give up a handle; the function may then be collected. */
  release(fn: LuaFunction): void;
  /** Give up the VM; every later call throws. */
  close(): void;
  /** Octets that Lua objects use now. */
  memoryBytes(): number;
  /** The raw stack, for host code that cannot afford the marshaller. */
  readonly state: LuaState;
  /** A function on the raw stack as a value. */
  wrapRaw(raw: RawFunction): LuaFunction;
  /** Push the function of a handle, within `state.protect`. */
  pushFunction(L: StatePointer, fn: LuaFunction): void;
}

/** Create an engine in about a millisecond. */
export function createLuaEngine(options: LuaEngineOptions): LuaEngine {
  return new Engine(options);
}

class Engine implements LuaEngine {
  readonly profile: LuaProfile;
  readonly state: LuaState;
  readonly #functions: EngineFunctions;
  readonly #push: (L: StatePointer, value: LuaValue) => void;
  readonly #read: (L: StatePointer, index: number) => LuaValue;
  readonly #sandbox: Sandbox;
  #closed = false;

  constructor(options: LuaEngineOptions) {
    const { poll } = options;
    const profile = profiles[options.profile];
    this.profile = profile;
    const print = (line: string | Uint8Array) => options.print?.(line);
    this.state = new LuaState(options.memoryBytes ?? profile.memoryBytes, print);
    this.#functions = createFunctionStore(this.state);
    this.#push = pushValue(this.state, this.#functions);
    this.#read = readValue(this.state, this.#functions);
    if (poll !== undefined) this.state.guard = createGuard(this.state, poll);
    this.#sandbox = openSandbox(this.state, profile, print);
  }

  define(path: string, value: LuaValue): void {
    this.#protect((L) => {
      defineGlobal(this.state, L, { path, push: () => this.#push(L, value) });
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
    const { x } = this.state;
    let bytes = 0;
    this.#protect((L) => {
      x.lua_rawgeti(L, lua.registryIndex, BigInt(this.#sandbox.collectGarbage));
      this.state.pushString(L, "count");
      x.lua_callk(L, 1, 1, 0, 0);
      bytes = x.lua_tonumberx(L, -1, 0) * 1024;
    });
    return bytes;
  }

  close(): void {
    this.#closed = true;
  }

  #protect(body: (L: StatePointer) => void): void {
    if (this.#closed) throw new Error("Cannot use a Lua engine: it is closed");
    this.#functions.sweep();
    this.state.protect((L) => {
      body(L);
      return 0;
    });
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
