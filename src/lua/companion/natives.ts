import type { LuaState } from "../state.ts";
import { lua, type StatePointer } from "../vm/exports.ts";
import { bitWasm } from "./bit-wasm.ts";
import { loadCompanion } from "./load.ts";

/** A `lua_CFunction` of a companion module. */
type NativeFunction = (L: number) => number;

type Functions<Name extends string> = Readonly<Record<Name, NativeFunction>>;

/** Octets that `bit.wat` writes to. */
const bitBytes = 272;

// biome-ignore format: the order of LuaJIT's manual
const bitNames = [
  "tobit", "tohex", "bnot", "band", "bor", "bxor",
  "lshift", "rshift", "arshift", "rol", "ror", "bswap",
] as const;

/** Define the libraries that the VM lacks and we have in WebAssembly: the global table `bit`. */
export function openNatives(state: LuaState, L: StatePointer): void {
  const { x } = state;
  const base = x.malloc(bitBytes);
  const bit = loadCompanion<Functions<(typeof bitNames)[number]>>(state, bitWasm, { base });
  x.lua_rawgeti(L, lua.registryIndex, lua.globals);
  state.pushString(L, "bit");
  x.lua_createtable(L, 0, bitNames.length);
  setFunctions(state, L, bitNames, bit);
  x.lua_rawset(L, -3);
  x.lua_settop(L, -2);
}

/** Put functions into the table on top. */
function setFunctions<Name extends string>(
  state: LuaState,
  L: StatePointer,
  names: readonly Name[],
  functions: Functions<Name>,
): void {
  for (const name of names) {
    state.pushString(L, name);
    state.x.lua_pushcclosure(L, state.glue.pointerTo(functions[name]), 0);
    state.x.lua_rawset(L, -3);
  }
}
