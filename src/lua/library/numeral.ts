import type { LuaState } from "../state.ts";
import type { StatePointer } from "../vm/exports.ts";

/** What LuaJIT reads as a number and Lua 5.4 does not: binary digits, infinity, no number. */
const numeral = /^[\s\0]*([-+]?)(?:0b([01]+)|(inf|infinity)|(nan))[\s\0]*$/i;

/** Push the number that the text at index 1 shows to LuaJIT alone, or nil. */
export function pushNumeral(state: LuaState, L: StatePointer): number {
  const { x } = state;
  const [all, sign, digits, infinity] = numeral.exec(state.toText(L, 1)) ?? [];
  if (all === undefined) {
    x.lua_pushnil(L);
    return 1;
  }
  const value =
    digits === undefined
      ? infinity === undefined
        ? Number.NaN
        : Number.POSITIVE_INFINITY
      : Number.parseInt(digits, 2);
  x.lua_pushnumber(L, sign === "-" ? -value : value);
  return 1;
}
