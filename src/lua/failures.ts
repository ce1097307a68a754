import { ConfigError } from "../errors.ts";
import { limits } from "../limits.ts";
import {
  codeOf,
  detailOf,
  isCrossingError,
  knownCode,
  LuaError,
  type LuaFailure,
  splitPosition,
} from "./errors.ts";
import type { LuaState } from "./state.ts";
import { ownFiles } from "./vm/call-stack.ts";
import { lua, type StatePointer } from "./vm/exports.ts";

/**
 * Push the Lua error value for `error`: an object with `code`, `message` and `where` that prints
 * as `where: message`, at `place` unless it says where itself; what Lua itself raised is pushed as
 * it was. Returns `fault` for what only a bug can throw.
 */
export function pushError(
  state: LuaState,
  L: StatePointer,
  error: unknown,
  place?: string,
): "error" | "fault" {
  state.x.lua_checkstack(L, 8);
  if (!isCrossingError(error)) {
    state.pushString(L, "internal error");
    return "fault";
  }
  if (error instanceof LuaError) {
    state.rethrown = error;
    state.errorValues?.note(error);
    if (state.errorValues?.push(L, error)) return "error";
  }
  const own = error instanceof ConfigError ? error.where : "";
  const where = own === "" ? (place ?? callerPlace(state, L)) : own;
  state.x.lua_createtable(L, 0, 4);
  setField(state, L, "code", codeOf(error));
  setField(state, L, "where", where);
  setField(state, L, "message", detailOf(error));
  state.x.lua_pushinteger(L, BigInt(remember(state, error)));
  state.x.lua_rawseti(L, -2, 1n);
  if (state.errorMetatable !== 0) {
    state.x.lua_rawgeti(L, lua.registryIndex, BigInt(state.errorMetatable));
    state.x.lua_setmetatable(L, -2);
  }
  return "error";
}

/** Describe the error value at index 1 of a message handler, with the calls that led to it. */
export function describeFailure(state: LuaState, L: StatePointer): LuaFailure {
  state.x.lua_checkstack(L, 12);
  state.x.luaL_traceback(L, L, 0, 1);
  const calls = trimTraceback(state.toMessage(L, -1));
  state.x.lua_settop(L, -2);
  const traceback = innerTraceback(state, L) || calls;
  const kept = state.errorValues?.keep(L, 1);
  const fields = describeObject(state, L) ?? describeTable(state, L);
  if (fields !== undefined) {
    return { traceback: fields.code === "syntax" ? "" : traceback, ...kept, ...fields };
  }
  state.x.luaL_tolstring(L, 1, 0);
  const { where, detail } = splitPosition(state.toMessage(L, -1));
  state.x.lua_settop(L, -2);
  return { code: "runtime", where: scriptPlace(state, L, where), detail, traceback, ...kept };
}

/** The calls that led to the value before it went through a host function, which hides them. */
function innerTraceback(state: LuaState, L: StatePointer): string {
  const { rethrown, errorValues, x } = state;
  if (rethrown === undefined || !errorValues?.push(L, rethrown)) return "";
  const same = x.lua_rawequal(L, 1, -1) !== 0;
  x.lua_settop(L, -2);
  return same ? rethrown.traceback : "";
}

/** How many of our own calls may lie between the failure and the script. */
const ownCalls = 8;

/**
 * Where the script called a host function, perhaps through files of our own; empty when it was
 * called by C.
 */
export function callerPlace(state: LuaState, L: StatePointer): string {
  for (let level = 1; level <= ownCalls; level++) {
    const place = state.where(L, level);
    if (!place.startsWith(ownFiles)) return place;
  }
  return "";
}

/** `where`, or the place in the script that called into our own files when it lies in those. */
function scriptPlace(state: LuaState, L: StatePointer, where: string): string {
  if (!where.startsWith(ownFiles)) return where;
  for (let level = 1; level <= ownCalls; level++) {
    const place = state.where(L, level);
    if (place !== "" && !place.startsWith(ownFiles)) return place;
  }
  return where;
}

type Fields = Omit<LuaFailure, "traceback">;

/** One of our error objects. */
function describeObject(state: LuaState, L: StatePointer): Fields | undefined {
  if (!isErrorObject(state, L)) return undefined;
  state.x.lua_rawgeti(L, 1, 1n);
  const nth = Number(state.x.lua_tointegerx(L, -1, 0));
  state.x.lua_settop(L, -2);
  const crossed = state.crossed[nth % limits.luaCrossedErrors];
  return {
    code: knownCode(field(state, L, "code")),
    where: field(state, L, "where"),
    detail: field(state, L, "message"),
    // A long time later the place is another error's.
    ...(crossed?.nth === nth && { cause: crossed.error }),
  };
}

/** A script's own table with a message, such as `error { code = "bad-value", message = "…" }`. */
function describeTable(state: LuaState, L: StatePointer): Fields | undefined {
  const { x } = state;
  if (x.lua_type(L, 1) !== lua.type.table) return undefined;
  if (x.lua_getmetatable(L, 1) !== 0) {
    x.lua_settop(L, -2);
    return undefined;
  }
  const detail = field(state, L, "message");
  if (detail === "") return undefined;
  return { code: knownCode(field(state, L, "code")), where: field(state, L, "where"), detail };
}

function isErrorObject(state: LuaState, L: StatePointer): boolean {
  const { x } = state;
  if (x.lua_type(L, 1) !== lua.type.table || x.lua_getmetatable(L, 1) === 0) return false;
  x.lua_rawgeti(L, lua.registryIndex, BigInt(state.errorMetatable));
  const same = x.lua_rawequal(L, -1, -2) !== 0;
  x.lua_settop(L, -3);
  return same;
}

function remember(state: LuaState, error: unknown): number {
  const nth = state.crossings++;
  state.crossed[nth % limits.luaCrossedErrors] = { nth, error };
  return nth;
}

function setField(state: LuaState, L: StatePointer, name: string, value: string): void {
  state.pushString(L, name);
  state.pushString(L, value);
  state.x.lua_rawset(L, -3);
}

function field(state: LuaState, L: StatePointer, name: string): string {
  state.pushString(L, name);
  state.x.lua_rawget(L, 1);
  const isText = state.x.lua_type(L, -1) === lua.type.string;
  const text = isText ? state.toMessage(L, -1) : "";
  state.x.lua_settop(L, -2);
  return text;
}

/** Leave out our own frames below the script and the title line. */
function trimTraceback(text: string): string {
  const lines = text.split("\n").map((line) => line.trim());
  if (lines[0] === "stack traceback:") lines.shift();
  while (lines.at(-1) === "[C]: in ?") lines.pop();
  return lines.join("\n");
}
