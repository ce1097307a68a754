import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { pushNumber } from "../../lua/marshal.ts";
import type { LuaState } from "../../lua/state.ts";
import type { StatePointer } from "../../lua/vm/exports.ts";
import { chargeRest, chargeValue } from "./charge.ts";
import type { JsonMarks } from "./marks.ts";

/** One call of `json.decode`; `at` is the next character. */
interface Decoding {
  readonly state: LuaState;
  readonly marks: JsonMarks;
  readonly text: string;
  at: number;
  depth: number;
  values: number;
}

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/y;
const quote = 0x22;
const backslash = 0x5c;
const firstPrintable = 0x20;
const blank = 0x20;
/** Integers of so many characters have at most 53 bits. */
const shortInteger = 15;

/**
 * Push the value of JSON text (RFC 8259). Integers of 64 bits stay exact, greater ones become
 * floats; null is `json.null`; arrays are marked, so that empty ones stay arrays.
 * @throws {ConfigError} `bad-value` with line and column, or `limit`.
 */
export function decodeJson(state: LuaState, marks: JsonMarks, L: StatePointer, text: string): void {
  if (text.length > limits.jsonBytes) {
    throw new ConfigError(
      "limit",
      "",
      `Cannot decode more than ${limits.jsonBytes} octets of JSON`,
    );
  }
  const decoding: Decoding = { state, marks, text, at: 0, depth: 0, values: 0 };
  skipSpace(decoding);
  decode(decoding, L);
  skipSpace(decoding);
  if (decoding.at < text.length) throw unexpected(decoding, "the end");
  chargeRest(decoding, L);
}

function decode(decoding: Decoding, L: StatePointer): void {
  chargeValue(decoding, L);
  const { state, text, at } = decoding;
  const { x } = state;
  const first = text[at];
  if (first === "{") decodeObject(decoding, L);
  else if (first === "[") decodeArray(decoding, L);
  else if (first === '"') state.pushString(L, takeString(decoding));
  else if (take(decoding, "true")) x.lua_pushboolean(L, 1);
  else if (take(decoding, "false")) x.lua_pushboolean(L, 0);
  else if (take(decoding, "null")) x.lua_pushlightuserdata(L, 0);
  else decodeNumber(decoding, L);
}

function decodeNumber(decoding: Decoding, L: StatePointer): void {
  number.lastIndex = decoding.at;
  const match = number.exec(decoding.text);
  if (match === null) throw unexpected(decoding, "a value");
  const [text, fraction, exponent] = match;
  decoding.at += text.length;
  const { state } = decoding;
  const isFloat = (fraction ?? exponent) !== undefined;
  if (isFloat || text.length <= shortInteger) {
    if (isFloat) state.x.lua_pushnumber(L, Number(text));
    else pushNumber(state, L, Number(text));
    return;
  }
  const exact = BigInt(text);
  if (exact === BigInt.asIntN(64, exact)) state.x.lua_pushinteger(L, exact);
  else state.x.lua_pushnumber(L, Number(text));
}

function takeString(decoding: Decoding): string {
  const { text, at } = decoding;
  const end = findQuote(decoding);
  const content = text.slice(at + 1, end);
  if (!content.includes("\\")) return content;
  try {
    return JSON.parse(text.slice(at, end + 1)) as string;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    decoding.at = at;
    throw unexpected(decoding, "text whose escapes are those of JSON");
  }
}

/** Where the string that starts here ends; goes on behind it. */
function findQuote(decoding: Decoding): number {
  const { text } = decoding;
  for (decoding.at++; decoding.at < text.length; decoding.at++) {
    const code = text.charCodeAt(decoding.at);
    if (code === quote) return decoding.at++;
    if (code === backslash) decoding.at++;
    else if (code < firstPrintable) break;
  }
  throw unexpected(decoding, "text up to a quote");
}

function decodeArray(decoding: Decoding, L: StatePointer): void {
  const { x } = decoding.state;
  enter(decoding, L);
  decoding.marks.mark(L, "array");
  for (let i = 1n; ; i++) {
    skipSpace(decoding);
    if (i === 1n && take(decoding, "]")) break;
    decode(decoding, L);
    x.lua_rawseti(L, -2, i);
    skipSpace(decoding);
    if (take(decoding, "]")) break;
    if (!take(decoding, ",")) throw unexpected(decoding, '"," or "]"');
  }
  decoding.depth--;
}

function decodeObject(decoding: Decoding, L: StatePointer): void {
  const { state, text } = decoding;
  enter(decoding, L);
  for (let isFirst = true; ; isFirst = false) {
    skipSpace(decoding);
    if (isFirst && take(decoding, "}")) break;
    if (text[decoding.at] !== '"') throw unexpected(decoding, "a name in quotes");
    state.pushString(L, takeString(decoding));
    skipSpace(decoding);
    if (!take(decoding, ":")) throw unexpected(decoding, '":"');
    skipSpace(decoding);
    decode(decoding, L);
    state.x.lua_rawset(L, -3);
    skipSpace(decoding);
    if (take(decoding, "}")) break;
    if (!take(decoding, ",")) throw unexpected(decoding, '"," or "}"');
  }
  decoding.depth--;
}

/** Push a table for what begins here. */
function enter(decoding: Decoding, L: StatePointer): void {
  decoding.at++;
  if (++decoding.depth > limits.jsonDepth) {
    throw new ConfigError("limit", "", `Cannot decode JSON nested deeper than ${limits.jsonDepth}`);
  }
  decoding.state.reserve(L, 8);
  decoding.state.x.lua_createtable(L, 0, 0);
}

function take(decoding: Decoding, word: string): boolean {
  if (!decoding.text.startsWith(word, decoding.at)) return false;
  decoding.at += word.length;
  return true;
}

function skipSpace(decoding: Decoding): void {
  // Most texts have none; the expression costs more than the look.
  if (decoding.text.charCodeAt(decoding.at) > blank) return;
  space.lastIndex = decoding.at;
  space.exec(decoding.text);
  decoding.at = space.lastIndex;
}

function unexpected({ text, at }: Decoding, expected: string): ConfigError {
  const before = text.slice(0, at).split("\n");
  const column = (before.at(-1)?.length ?? 0) + 1;
  const found = at < text.length ? JSON.stringify(text.slice(at, at + 1)) : "the end";
  const detail = `found ${found} in line ${before.length}, column ${column}, expected ${expected}`;
  return new ConfigError("bad-value", "", `Cannot decode JSON: ${detail}`);
}
