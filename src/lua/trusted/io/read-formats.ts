import { pushNumber } from "../../marshal.ts";
import type { RawCall } from "../../raw/call.ts";
import type { LuaFile } from "./file.ts";

const asterisk = 0x2a;
/** What each format begins with, behind an asterisk or none. */
const letters = { n: 0x6e, l: 0x6c, L: 0x4c, a: 0x61 } as const;

/**
 * Push what the formats in arguments `first` to `last` read, up to the first that finds nothing,
 * for which nil is pushed. Returns how many values were pushed.
 */
export function readFormats(call: RawCall, file: LuaFile, first: number, last: number): number {
  const { state, L } = call;
  if (first > last) return pushFound(call, file.readLine(false)) ? 1 : pushNothing(call);
  state.reserve(L, last - first + 8);
  for (let i = first; i <= last; i++) {
    if (!readOne(call, file, i)) return i - first + pushNothing(call);
  }
  return last - first + 1;
}

function readOne(call: RawCall, file: LuaFile, index: number): boolean {
  if (call.isNumber(index)) {
    const count = call.integer(index, 0);
    if (count < 0) throw call.fail("not enough memory");
    return pushFound(call, file.readBytes(count));
  }
  if (!call.isString(index)) throw call.wrong(index, "invalid option");
  const [first, second] = call.octets(index);
  switch (first === asterisk ? second : first) {
    case letters.n:
      return pushNumeral(call, file.readNumeral());
    case letters.l:
      return pushFound(call, file.readLine(false));
    case letters.L:
      return pushFound(call, file.readLine(true));
    case letters.a:
      return pushFound(call, file.readAll());
    default:
      throw call.wrong(index, "invalid format");
  }
}

function pushFound({ state, L }: RawCall, bytes: Uint8Array | undefined): boolean {
  if (bytes === undefined) return false;
  state.pushString(L, bytes);
  return true;
}

function pushNumeral({ state, L }: RawCall, text: string | undefined): boolean {
  if (text === undefined) return false;
  // Lua's own reading of numerals knows fractions and exponents in base 16.
  state.pushString(L, text);
  const value = state.x.lua_tonumberx(L, -1, 0);
  state.x.lua_settop(L, -2);
  pushNumber(state, L, value);
  return true;
}

function pushNothing({ state, L }: RawCall): number {
  state.x.lua_pushnil(L);
  return 1;
}
