import { createHash, type Hash } from "node:crypto";
import { ConfigError } from "../errors.ts";
import { limits } from "../limits.ts";
import { normalizeDump } from "./bytecode.ts";
import type { LuaState } from "./state.ts";
import { lua, type StatePointer } from "./vm/exports.ts";

const { type } = lua;

/** Walks functions and tables once; `seen` numbers them so that cycles end. */
interface Walk {
  readonly state: LuaState;
  readonly L: StatePointer;
  readonly hash: Hash;
  readonly seen: Map<number, number>;
  /** Values visited so far: shared tables are visited once a path. */
  readonly visited: { count: number };
}

/**
 * Hash the function on top of the stack: its code without names and lines, and its upvalues with
 * what they reach. The table of globals counts as the same everywhere.
 */
export function fingerprintFunction(state: LuaState, L: StatePointer): string {
  const hash = createHash("sha256");
  addValue({ state, L, hash, seen: new Map(), visited: { count: 0 } });
  return hash.digest("hex");
}

/** Add the value on top of the stack. */
function addValue(walk: Walk): void {
  const { state, L, hash } = walk;
  if (++walk.visited.count > limits.luaValues) {
    const detail = `Cannot compare a function that reaches more than ${limits.luaValues} values`;
    throw new ConfigError("limit", "", detail);
  }
  const kind = state.x.lua_type(L, -1);
  hash.update(`${kind}:`);
  if (kind === type.function || kind === type.table) addObject(walk, kind);
  if (kind === type.string) {
    hash.update(`${state.viewString(L, -1).length}:`);
    hash.update(state.viewString(L, -1));
  }
  if (kind === type.lightUserdata) hash.update(`${state.x.lua_touserdata(L, -1)};`);
  if (kind === type.userdata) hash.update(blockOf(state, L));
  if (kind === type.boolean) hash.update(String(state.x.lua_toboolean(L, -1)));
  if (kind === type.number) hash.update(numberText(state, L));
}

/** The octets of the object of the host on top: they say which one it is. */
function blockOf(state: LuaState, L: StatePointer): Uint8Array {
  const at = state.x.lua_touserdata(L, -1);
  return state.glue.bytes().slice(at, at + Number(state.x.lua_rawlen(L, -1)));
}

function numberText(state: LuaState, L: StatePointer): string {
  const { x } = state;
  if (x.lua_isinteger(L, -1) !== 0) return `${x.lua_tointegerx(L, -1, 0)};`;
  return `${x.lua_tonumberx(L, -1, 0)}f;`;
}

function addObject(walk: Walk, kind: number): void {
  const { state, L, hash, seen } = walk;
  const pointer = state.x.lua_topointer(L, -1);
  const known = seen.get(pointer);
  if (known !== undefined || isGlobals(state, L)) {
    hash.update(`#${known ?? "G"};`);
    return;
  }
  hash.update(`#${seen.size};`);
  seen.set(pointer, seen.size);
  state.reserve(L, 8);
  if (kind === type.function) addFunction(walk);
  else addTable(walk);
}

function isGlobals(state: LuaState, L: StatePointer): boolean {
  state.x.lua_rawgeti(L, lua.registryIndex, lua.globals);
  const same = state.x.lua_rawequal(L, -1, -2) !== 0;
  state.x.lua_settop(L, -2);
  return same;
}

function addFunction(walk: Walk): void {
  const { state, L, hash } = walk;
  const dump = state.dump(L);
  // A function of C is the same in every engine that was set up alike, and so are our numbers for
  // host functions, which are their upvalues.
  hash.update(dump === undefined ? `C${state.x.lua_tocfunction(L, -1)};` : normalizeDump(dump));
  for (let i = 1; state.x.lua_getupvalue(L, -1, i) !== 0; i++) {
    addValue(walk);
    state.x.lua_settop(L, -2);
  }
}

/** Entries in the order of their keys' own hashes, for Lua's order is not stable. */
function addTable(walk: Walk): void {
  const { state, L, hash } = walk;
  const entries: string[] = [];
  state.x.lua_pushnil(L);
  while (state.x.lua_next(L, -2) !== 0) {
    const entry = { ...walk, hash: createHash("sha256"), seen: new Map(walk.seen) };
    state.x.lua_pushvalue(L, -2);
    addValue(entry);
    state.x.lua_settop(L, -2);
    addValue(entry);
    state.x.lua_settop(L, -2);
    entries.push(entry.hash.digest("hex"));
  }
  hash.update(entries.sort().join());
}
