import { lua, type StatePointer } from "./exports.ts";
import { fingerprintFunction } from "./fingerprint.ts";
import { createFunctionStore, defineHostFunction } from "./functions.ts";
import { createGuard } from "./guard.ts";
import { pushValue, readValue } from "./marshal.ts";
import { type LuaProfile, openSandbox, profileMemoryBytes } from "./sandbox.ts";
import { LuaState } from "./state.ts";
import type { HostFunction, LuaFunction, LuaValue } from "./values.ts";

/** How to make an engine. */
export interface LuaEngineOptions {
  readonly profile: LuaProfile;
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
  /** Make `fn` the global `path`; `a.b` puts `b` into the table `a`. */
  define(path: string, fn: HostFunction): void;
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
  /** Push the function of a handle, within `state.protect`. */
  pushFunction(L: StatePointer, fn: LuaFunction): void;
}

/** Create an engine in about a millisecond. */
export function createLuaEngine(options: LuaEngineOptions): LuaEngine {
  const print = (line: string | Uint8Array) => options.print?.(line);
  const state = new LuaState(options.memoryBytes ?? profileMemoryBytes(options.profile), print);
  const functions = createFunctionStore(state);
  const push = pushValue(state, functions);
  const read = readValue(state, functions);
  if (options.poll !== undefined) state.guard = createGuard(state, () => options.poll?.());
  const sandbox = openSandbox(state, print);
  let closed = false;

  function protect(body: (L: number) => number): void {
    if (closed) throw new Error("Cannot use a Lua engine: it is closed");
    functions.sweep();
    state.protect(body);
  }

  /** Call the function below `args` and copy its results out. */
  function callTop(L: number, args: readonly LuaValue[]): LuaValue[] {
    const bottom = state.x.lua_gettop(L) - 1;
    state.reserve(L, args.length + 8);
    for (const arg of args) push(L, arg);
    state.x.lua_callk(L, args.length, lua.multipleReturns, 0, 0);
    const results: LuaValue[] = [];
    const last = state.x.lua_gettop(L);
    state.reserve(L, 8);
    for (let i = bottom + 1; i <= last; i++) results.push(read(L, i));
    return results;
  }

  return {
    state,
    pushFunction: (L, fn) => functions.push(L, fn),
    define(path, fn) {
      protect((L) => defineHostFunction(state, L, { path, push: () => functions.pushHost(L, fn) }));
    },
    run(source, chunkName, args = []) {
      let results: LuaValue[] = [];
      protect((L) => {
        state.loadChunk(L, source, chunkName);
        results = callTop(L, args);
        return 0;
      });
      return results;
    },
    call(fn, args = []) {
      let results: LuaValue[] = [];
      protect((L) => {
        functions.push(L, fn);
        results = callTop(L, args);
        return 0;
      });
      return results;
    },
    fingerprint(fn) {
      let print = "";
      protect((L) => {
        functions.push(L, fn);
        print = fingerprintFunction(state, L);
        return 0;
      });
      return print;
    },
    release: (fn) => functions.release(fn),
    close() {
      closed = true;
    },
    memoryBytes() {
      let bytes = 0;
      protect((L) => {
        state.x.lua_rawgeti(L, lua.registryIndex, BigInt(sandbox.collectGarbage));
        state.pushString(L, "count");
        state.x.lua_callk(L, 1, 1, 0, 0);
        bytes = state.x.lua_tonumberx(L, -1, 0) * 1024;
        return 0;
      });
      return bytes;
    },
  };
}
