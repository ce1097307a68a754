import { ConfigError } from "../errors.ts";
import { type FunctionStore, pushValue, readValue } from "./marshal.ts";
import type { LuaState } from "./state.ts";
import { type HostFunction, LuaFunction, type LuaValue } from "./values.ts";
import { lua, type StatePointer } from "./vm/exports.ts";

/** Lua functions that the host holds, and host functions that Lua holds. */
export interface EngineFunctions extends FunctionStore {
  release(fn: LuaFunction): void;
  /** Give up the functions whose handles were collected. */
  sweep(): void;
}

/** Create the store of one engine. */
export function createFunctionStore(state: LuaState): EngineFunctions {
  const { x } = state;
  const owned = new WeakSet<LuaFunction>();
  const abandoned: number[] = [];
  const registry = new FinalizationRegistry<number>((ref) => abandoned.push(ref));
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
    pushHost(L, fn) {
      state.pushRaw(L, createRaw(state, fn, { push, read }));
    },
    take(L, index) {
      x.lua_pushvalue(L, index);
      const fn = new LuaFunction(x.luaL_ref(L, lua.registryIndex));
      owned.add(fn);
      registry.register(fn, fn.ref, fn);
      return fn;
    },
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
}

/** A host function on the raw stack. */
function createRaw(state: LuaState, fn: HostFunction, border: Border) {
  return (L: StatePointer): number => {
    const args: LuaValue[] = [];
    const last = state.x.lua_gettop(L);
    state.reserve(L, 8);
    for (let i = 1; i <= last; i++) args.push(border.read(L, i));
    const results = fn(args, { where: (level = 1) => state.where(L, level) }) ?? [];
    state.reserve(L, results.length + 8);
    for (const result of results) border.push(L, result);
    return results.length;
  };
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
