import { ConfigError } from "../errors.ts";
import { type FunctionStore, pushValue, readValue } from "./marshal.ts";
import type { LuaState, RawFunction } from "./state.ts";
import {
  AsyncFunction,
  type HostFunction,
  LuaFunction,
  LuaHandle,
  type LuaValue,
} from "./values.ts";
import { lua, type StatePointer } from "./vm/exports.ts";

/** Lua functions that the host holds, and host functions that Lua holds. */
export interface EngineFunctions extends FunctionStore {
  /** Push the value of a handle. */
  push(L: StatePointer, handle: LuaHandle): void;
  /** Whether the value of a handle lives here. */
  owns(handle: LuaHandle): boolean;
  /** Take a handle on the value at `index`. */
  hold(L: StatePointer, index: number): LuaHandle;
  release(handle: LuaHandle): void;
  /** Give up the functions whose handles were collected. */
  sweep(): void;
}

/** Create the store of one engine. */
export function createFunctionStore(state: LuaState): EngineFunctions {
  const { x } = state;
  const owned = new WeakSet<LuaHandle>();
  const abandoned: number[] = [];
  const registry = new FinalizationRegistry<number>((ref) => abandoned.push(ref));
  function keep<Handle extends LuaHandle>(handle: Handle): Handle {
    owned.add(handle);
    registry.register(handle, handle.ref, handle);
    return handle;
  }
  function reference(L: StatePointer, index: number): number {
    x.lua_pushvalue(L, index);
    return x.luaL_ref(L, lua.registryIndex);
  }
  const store: EngineFunctions = {
    push(L, fn) {
      if (!owned.has(fn)) {
        throw new ConfigError(
          "bad-value",
          "",
          "Cannot use a Lua function: it is of another engine",
        );
      }
      if (fn.ref === 0) throw new Error("Cannot use a Lua function: it was released");
      x.lua_rawgeti(L, lua.registryIndex, BigInt(fn.ref));
    },
    pushHost(L, fn, name = "a function") {
      const border = { push, read, name };
      const raw = fn instanceof AsyncFunction ? createWaiting : createRaw;
      state.pushRaw(L, raw(state, fn as never, border));
    },
    owns: (handle) => owned.has(handle) && handle.ref !== 0,
    take: (L, index) => keep(new LuaFunction(reference(L, index))),
    hold: (L, index) => keep(new LuaHandle(reference(L, index))),
    release(fn) {
      if (fn.ref === 0 || !owned.has(fn)) return;
      registry.unregister(fn);
      x.luaL_unref(state.current, lua.registryIndex, fn.ref);
      fn.ref = 0;
    },
    sweep() {
      for (const ref of abandoned.splice(0)) {
        x.luaL_unref(state.current, lua.registryIndex, ref);
      }
    },
  };
  const push = pushValue(state, store);
  const read = readValue(state, store);
  return store;
}

interface Border {
  readonly push: (L: StatePointer, value: LuaValue) => void;
  readonly read: (L: StatePointer, index: number) => LuaValue;
  /** What errors call the function. */
  readonly name: string;
}

/** A host function on the raw stack. */
function createRaw(state: LuaState, fn: HostFunction, border: Border): RawFunction {
  return (L) => {
    const args = readArguments(state, border, L);
    const results = fn(args, { where: (level = 1) => state.where(L, level) }) ?? [];
    return pushResults(state, border, L, results);
  };
}

/** A host function that waits, on the raw stack. */
function createWaiting(state: LuaState, { fn }: AsyncFunction, border: Border): RawFunction {
  return (L) => {
    const { waits } = state;
    waits.check(L, border.name);
    const args = readArguments(state, border, L);
    return waits.wait(
      L,
      (context) => fn(args, context),
      (L, results) => pushResults(state, border, L, results),
    );
  };
}

function readArguments(state: LuaState, border: Border, L: StatePointer): LuaValue[] {
  const args: LuaValue[] = [];
  const last = state.x.lua_gettop(L);
  state.reserve(L, 8);
  for (let i = 1; i <= last; i++) args.push(readArgument(border, L, i));
  return args;
}

function pushResults(
  state: LuaState,
  border: Border,
  L: StatePointer,
  results: readonly LuaValue[],
): number {
  state.reserve(L, results.length + 8);
  for (const result of results) border.push(L, result);
  return results.length;
}

function readArgument({ read, name }: Border, L: StatePointer, index: number): LuaValue {
  try {
    return read(L, index);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    const reason = error.detail.replace(/^C/, "c");
    throw new ConfigError(error.code, "", `Cannot use argument ${index} of ${name}: ${reason}`);
  }
}

/** Store the value that `push` pushes under the global name `path`, making tables on the way. */
export function defineGlobal(
  state: LuaState,
  L: StatePointer,
  { path, push }: { path: string; push: () => void },
): number {
  const { x } = state;
  const names = path.split(".");
  const last = names.pop() ?? path;
  x.lua_rawgeti(L, lua.registryIndex, lua.globals);
  for (const name of names) {
    state.pushString(L, name);
    x.lua_rawget(L, -2);
    if (x.lua_type(L, -1) === lua.type.table) continue;
    x.lua_settop(L, -2);
    x.lua_createtable(L, 0, 0);
    state.pushString(L, name);
    x.lua_pushvalue(L, -2);
    x.lua_rawset(L, -4);
  }
  state.pushString(L, last);
  push();
  x.lua_rawset(L, -3);
  return 0;
}
