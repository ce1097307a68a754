import { limits } from "../../limits.ts";
import type { LuaState } from "../state.ts";
import { lua, type StatePointer } from "../vm/exports.ts";
import { bitWasm } from "./bit-wasm.ts";
import { formatWasm } from "./format-wasm.ts";
import { loadCompanion } from "./load.ts";
import { patternWasm } from "./pattern-wasm.ts";
import { u64Wasm } from "./u64-wasm.ts";

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

/** Octets that `pattern/` writes to beside its programs; see its `imports.wat`. */
const patternBytes = 5128;

const patternNames = ["find", "match", "gmatch", "gsub"] as const;

interface PatternModule extends Functions<(typeof patternNames)[number]> {
  /** The iterator of `gmatch`. */
  readonly nextMatch: NativeFunction;
  readonly nextMatchPointer: WebAssembly.Global<"i32">;
}

/** Octets that `format.wat` writes to. */
const formatBytes = 512;

/** Octets that `u64.wat` writes to. */
const u64Bytes = 64;

const u64Names = ["compare", "divide", "tonumber", "tostring"] as const;

/**
 * Define what we have in WebAssembly: the libraries `bit` and `u64`, which the VM lacks, pattern
 * functions, for the VM's cannot be stopped, and `string.format`, which wraps the VM's own.
 */
export function openNatives(state: LuaState, L: StatePointer): void {
  const { x } = state;
  const bit = loadCompanion<Functions<(typeof bitNames)[number]>>(state, bitWasm, {
    base: x.malloc(bitBytes),
  });
  const u64 = loadCompanion<Functions<(typeof u64Names)[number]>>(state, u64Wasm, {
    base: x.malloc(u64Bytes),
  });
  x.lua_rawgeti(L, lua.registryIndex, lua.globals);
  setLibrary(state, L, { name: "bit", functions: bit, names: bitNames });
  setLibrary(state, L, { name: "u64", functions: u64, names: u64Names });
  replacePatterns(state, L);
  wrapFormat(state, L);
  x.lua_settop(L, -2);
}

/** Put our pattern functions into `string`, with the globals on top of the stack. */
function replacePatterns(state: LuaState, L: StatePointer): void {
  const { x } = state;
  const patterns = loadCompanion<PatternModule>(state, patternWasm, {
    base: x.malloc(patternBytes),
    longestPattern: limits.luaPatternBytes,
  });
  patterns.nextMatchPointer.value = state.glue.pointerTo(patterns.nextMatch);
  state.pushString(L, "string");
  x.lua_rawget(L, -2);
  setFunctions(state, L, patternNames, patterns);
  x.lua_settop(L, -2);
}

/** Wrap `string.format`, with the globals on top of the stack. */
function wrapFormat(state: LuaState, L: StatePointer): void {
  const { x, glue } = state;
  const base = x.malloc(formatBytes);
  const { format } = loadCompanion<Functions<"format">>(state, formatWasm, { base });
  state.pushString(L, "string");
  x.lua_rawget(L, -2);
  state.pushString(L, "format");
  state.pushString(L, "format");
  x.lua_rawget(L, -3);
  x.lua_pushlightuserdata(L, x.lua_tocfunction(L, -1));
  x.lua_pushcclosure(L, glue.pointerTo(format), 1);
  x.lua_rotate(L, -2, 1);
  x.lua_settop(L, -2);
  x.lua_rawset(L, -3);
  x.lua_settop(L, -2);
}

/** Put functions as a table into the one on top. */
function setLibrary<Name extends string>(
  state: LuaState,
  L: StatePointer,
  library: {
    readonly name: string;
    readonly names: readonly Name[];
    readonly functions: Functions<Name>;
  },
): void {
  const { name, names, functions } = library;
  state.pushString(L, name);
  state.x.lua_createtable(L, 0, names.length);
  setFunctions(state, L, names, functions);
  state.x.lua_rawset(L, -3);
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
