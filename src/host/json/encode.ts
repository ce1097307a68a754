import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { LuaState } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import { chargeRest, chargeValue } from "./charge.ts";
import type { JsonMarks } from "./marks.ts";

const { type } = lua;

/** A table costs time even where it says little. */
const tableCharacters = 16;

/** One call of `json.encode`. */
interface Encoding {
  readonly state: LuaState;
  readonly marks: JsonMarks;
  depth: number;
  characters: number;
  values: number;
}

/**
 * JSON text of the value at `index`. A table with the keys 1 to n is an array, any other an object
 * with its members by name; marks decide for themselves.
 * @throws {ConfigError} for what JSON cannot say.
 */
export function encodeJson(
  state: LuaState,
  marks: JsonMarks,
  L: StatePointer,
  index: number,
): string {
  const encoding: Encoding = { state, marks, depth: 0, characters: 0, values: 0 };
  const text = encode(encoding, L, index);
  chargeRest(encoding, L);
  return text;
}

function encode(encoding: Encoding, L: StatePointer, index: number): string {
  chargeValue(encoding, L);
  if (encoding.state.x.lua_type(L, index) === type.table) return encodeTable(encoding, L, index);
  const text = encodePlain(encoding.state, L, index);
  count(encoding, text.length + 1);
  return text;
}

function encodePlain(state: LuaState, L: StatePointer, index: number): string {
  const { x } = state;
  switch (x.lua_type(L, index)) {
    case type.none:
    case type.nil:
      return "null";
    case type.boolean:
      return x.lua_toboolean(L, index) === 0 ? "false" : "true";
    case type.number:
      return encodeNumber(state, L, index);
    case type.string:
      return JSON.stringify(textAt(state, L, index));
    case type.lightUserdata:
      return "null";
    default:
      throw cannot("wrong-type", "a function, a coroutine or an object of the host");
  }
}

function encodeNumber({ x }: LuaState, L: StatePointer, index: number): string {
  if (x.lua_isinteger(L, index) !== 0) return String(x.lua_tointegerx(L, index, 0));
  const value = x.lua_tonumberx(L, index, 0);
  if (!Number.isFinite(value)) throw cannot("bad-value", String(value));
  return Object.is(value, -0) ? "-0" : String(value);
}

/** Text as it is; octets that are no text as hexadecimal digits, as flows are written. */
function textAt(state: LuaState, L: StatePointer, index: number): string {
  const text = state.toString(L, index);
  return typeof text === "string" ? text : Buffer.from(text).toString("hex");
}

function encodeTable(encoding: Encoding, L: StatePointer, index: number): string {
  const { state, marks } = encoding;
  const { x } = state;
  if (++encoding.depth > limits.jsonDepth) {
    throw new ConfigError("limit", "", `Cannot encode JSON nested deeper than ${limits.jsonDepth}`);
  }
  count(encoding, tableCharacters);
  state.reserve(L, 8);
  x.lua_pushvalue(L, index);
  const mark = marks.of(L);
  const isArray = mark === "array" || (mark === undefined && isSequence(state, L));
  const text = isArray ? encodeArray(encoding, L) : encodeObject(encoding, L);
  x.lua_settop(L, -2);
  encoding.depth--;
  return text;
}

/** Whether the table on top has the keys 1 to n and no others, and is not empty. */
function isSequence({ x }: LuaState, L: StatePointer): boolean {
  let count = 0;
  let greatest = 0n;
  x.lua_pushnil(L);
  while (x.lua_next(L, -2) !== 0) {
    x.lua_settop(L, -2);
    const key = x.lua_isinteger(L, -1) === 0 ? 0n : x.lua_tointegerx(L, -1, 0);
    if (key < 1n) {
      x.lua_settop(L, -2);
      return false;
    }
    count++;
    if (key > greatest) greatest = key;
  }
  return count > 0 && BigInt(count) === greatest;
}

function encodeArray(encoding: Encoding, L: StatePointer): string {
  const { x } = encoding.state;
  const items: string[] = [];
  const length = Number(x.lua_rawlen(L, -1));
  for (let i = 1; i <= length; i++) {
    x.lua_rawgeti(L, -1, BigInt(i));
    items.push(encode(encoding, L, -1));
    x.lua_settop(L, -2);
  }
  return `[${items.join()}]`;
}

function encodeObject(encoding: Encoding, L: StatePointer): string {
  const { x } = encoding.state;
  const members = new Map<string, string>();
  x.lua_pushnil(L);
  while (x.lua_next(L, -2) !== 0) {
    const name = nameAt(encoding.state, L);
    if (members.has(name)) throw cannot("bad-value", `a table with two keys that read "${name}"`);
    count(encoding, name.length + 3);
    members.set(name, encode(encoding, L, -1));
    x.lua_settop(L, -2);
  }
  const sorted = [...members].sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${sorted.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join()}}`;
}

/** The member name of the key below the top. */
function nameAt(state: LuaState, L: StatePointer): string {
  const kind = state.x.lua_type(L, -2);
  if (kind === type.number) return encodeNumber(state, L, -2);
  if (kind === type.string) return textAt(state, L, -2);
  throw cannot("wrong-type", "a table with a key that is neither text nor a number");
}

/** Charge for output before it is put together: tables that share tables multiply. */
function count(encoding: Encoding, characters: number): void {
  encoding.characters += characters;
  if (encoding.characters <= limits.jsonBytes) return;
  throw new ConfigError("limit", "", `Cannot encode more than ${limits.jsonBytes} octets of JSON`);
}

function cannot(code: "wrong-type" | "bad-value", what: string): ConfigError {
  return new ConfigError(code, "", `Cannot encode ${what} as JSON`);
}
