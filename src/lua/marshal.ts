import { ConfigError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { LuaState } from "./state.ts";
import {
  AsyncFunction,
  type HostFunction,
  LuaFunction,
  type LuaKey,
  LuaTable,
  type LuaValue,
} from "./values.ts";
import { lua, type StatePointer } from "./vm/exports.ts";

const { type } = lua;
const integerLimit = 2n ** 63n;

/** What the marshaller needs of an engine beyond the stack: functions have an owner. */
export interface FunctionStore {
  /** Push the function of a handle. */
  push(L: StatePointer, fn: LuaFunction): void;
  /** Push a host function; errors about its arguments call it `name`. */
  pushHost(L: StatePointer, fn: HostFunction | AsyncFunction, name?: string): void;
  /** Take a handle on the function at `index`. */
  take(L: StatePointer, index: number): LuaFunction;
}

/** How far one crossing has gone. */
interface Crossing {
  readonly state: LuaState;
  readonly functions: FunctionStore;
  /** Tables from the outermost one to here. */
  readonly path: unknown[];
  values: number;
  octets: number;
}

/**
 * Push `value`; integers stay exact.
 * @throws {ConfigError} `limit` or `wrong-type` for what Lua cannot hold.
 */
export function pushValue(
  state: LuaState,
  functions: FunctionStore,
): (L: StatePointer, value: LuaValue) => void {
  return (L, value) => push({ state, functions, path: [], values: 0, octets: 0 }, L, value);
}

/**
 * Copy the value at an index out of Lua.
 * @throws {ConfigError} `limit` or `wrong-type` for what cannot cross.
 */
export function readValue(
  state: LuaState,
  functions: FunctionStore,
): (L: StatePointer, index: number) => LuaValue {
  return (L, index) => read({ state, functions, path: [], values: 0, octets: 0 }, L, index);
}

function push(crossing: Crossing, L: StatePointer, value: LuaValue): void {
  const { state, functions } = crossing;
  const { x } = state;
  count(crossing);
  if (value === undefined) x.lua_pushnil(L);
  else if (value === null) x.lua_pushlightuserdata(L, 0);
  else if (typeof value === "boolean") x.lua_pushboolean(L, value ? 1 : 0);
  else if (typeof value === "number") pushNumber(state, L, value);
  else if (typeof value === "bigint") pushBigInt(state, L, value);
  else if (typeof value === "string" || value instanceof Uint8Array) pushText(crossing, L, value);
  else if (value instanceof LuaFunction) functions.push(L, value);
  else if (typeof value === "function" || value instanceof AsyncFunction)
    functions.pushHost(L, value);
  else if (value instanceof LuaTable) pushTable(crossing, L, value);
  else throw new ConfigError("wrong-type", "", "Cannot give Lua anything but Lua values");
}

function pushText(crossing: Crossing, L: StatePointer, value: string | Uint8Array): void {
  countOctets(crossing, value.length);
  crossing.state.pushString(L, value);
}

/** Push a number: an integer when it is one and exact, else a float. */
export function pushNumber(state: LuaState, L: StatePointer, value: number): void {
  if (Number.isSafeInteger(value) && !Object.is(value, -0)) {
    state.x.lua_pushinteger(L, BigInt(value));
  } else {
    state.x.lua_pushnumber(L, value);
  }
}

function pushBigInt(state: LuaState, L: StatePointer, value: bigint): void {
  if (value >= integerLimit || value < -integerLimit) {
    const detail = `Cannot give ${value} to Lua: expected an integer of -2^63 to 2^63 - 1`;
    throw new ConfigError("limit", "", detail);
  }
  state.x.lua_pushinteger(L, value);
}

function pushTable(crossing: Crossing, L: StatePointer, table: LuaTable): void {
  enter(crossing, table);
  const { x } = crossing.state;
  if (x.lua_checkstack(L, 4) === 0) throw new ConfigError("limit", "", "The Lua stack is full");
  x.lua_createtable(L, table.entries.has(1) ? table.entries.size : 0, 0);
  for (const [key, value] of table.entries) {
    if (value === undefined) continue;
    if (Number.isNaN(key)) {
      throw new ConfigError("wrong-type", "", "Cannot give Lua a table with the key NaN");
    }
    push(crossing, L, key);
    push(crossing, L, value);
    x.lua_rawset(L, -3);
  }
  crossing.path.pop();
}

function read(crossing: Crossing, L: StatePointer, index: number): LuaValue {
  const { state, functions } = crossing;
  const { x } = state;
  count(crossing);
  switch (x.lua_type(L, index)) {
    case type.none:
    case type.nil:
      return undefined;
    case type.boolean:
      return x.lua_toboolean(L, index) !== 0;
    case type.number:
      return readNumber(state, L, index);
    case type.string:
      return readText(crossing, L, index);
    case type.lightUserdata:
      if (x.lua_touserdata(L, index) === 0) return null;
      throw new ConfigError("wrong-type", "", "Cannot hand over a pointer");
    case type.function:
      return functions.take(L, index);
    case type.table:
      return readTable(crossing, L, index);
    case type.thread:
      throw new ConfigError("wrong-type", "", "Cannot hand over a coroutine");
    default:
      throw new ConfigError("wrong-type", "", "Cannot hand over a record: expected plain values");
  }
}

function readText(crossing: Crossing, L: StatePointer, index: number): string | Uint8Array {
  countOctets(crossing, Number(crossing.state.x.lua_rawlen(L, index)));
  return crossing.state.toString(L, index);
}

/** The number at `index`: integers beyond 2^53 as BigInt. */
export function readNumber(state: LuaState, L: StatePointer, index: number): number | bigint {
  if (state.x.lua_isinteger(L, index) === 0) return state.x.lua_tonumberx(L, index, 0);
  const exact = state.x.lua_tointegerx(L, index, 0);
  const value = Number(exact);
  return Number.isSafeInteger(value) ? value : exact;
}

function readTable(crossing: Crossing, L: StatePointer, index: number): LuaTable {
  const { x } = crossing.state;
  enter(crossing, x.lua_topointer(L, index));
  if (x.lua_checkstack(L, 6) === 0) throw new ConfigError("limit", "", "The Lua stack is full");
  const table = new LuaTable();
  x.lua_pushvalue(L, index);
  x.lua_pushnil(L);
  while (x.lua_next(L, -2) !== 0) {
    // A copy of the key: reading a number as a string would change it under lua_next.
    x.lua_pushvalue(L, -2);
    const key = readKey(crossing, L);
    x.lua_settop(L, -2);
    table.entries.set(key, read(crossing, L, -1));
    x.lua_settop(L, -2);
  }
  x.lua_settop(L, -2);
  crossing.path.pop();
  return table;
}

function readKey(crossing: Crossing, L: StatePointer): LuaKey {
  const kind = crossing.state.x.lua_type(L, -1);
  if (kind === type.string || kind === type.number || kind === type.boolean) {
    const key = read(crossing, L, -1);
    if (isKey(key)) return key;
  }
  const detail = "Cannot hand over a table: a key is neither text nor a number or boolean";
  throw new ConfigError("wrong-type", "", detail);
}

function isKey(value: LuaValue): value is LuaKey {
  if (typeof value === "object") return value instanceof Uint8Array;
  return value !== undefined && typeof value !== "function";
}

// One long string may stand in a table a thousand times: it is copied each time.
function countOctets(crossing: Crossing, octets: number): void {
  crossing.octets += octets;
  if (crossing.octets <= limits.luaCrossingBytes) return;
  const detail = `Cannot hand over more than ${limits.luaCrossingBytes} octets at once`;
  throw new ConfigError("limit", "", detail);
}

function count(crossing: Crossing): void {
  if (++crossing.values <= limits.luaValues) return;
  throw new ConfigError(
    "limit",
    "",
    `Cannot hand over more than ${limits.luaValues} values at once`,
  );
}

function enter(crossing: Crossing, table: unknown): void {
  if (crossing.path.includes(table)) {
    throw new ConfigError("wrong-type", "", "Cannot hand over a table that contains itself");
  }
  if (crossing.path.push(table) > limits.luaValueDepth) {
    const detail = `Cannot hand over tables nested deeper than ${limits.luaValueDepth}`;
    throw new ConfigError("limit", "", detail);
  }
}
