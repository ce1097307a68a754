import type { LuaState } from "../state.ts";
import { lua, type StatePointer } from "../vm/exports.ts";

/** Fields of the table that `os.time` reads, in the order LuaJIT asks for them. */
const fields = [
  { name: "sec", unless: 0 },
  { name: "min", unless: 0 },
  { name: "hour", unless: 12 },
  { name: "day" },
  { name: "month" },
  { name: "year" },
] as const;

/**
 * `os.time` of LuaJIT: seconds since the epoch now, or of a date in local time. Fields may be text
 * or have a fraction, which is cut off; what overflows carries over, and the table stays as it is.
 */
export function pushTime(state: LuaState, L: StatePointer): number {
  const { x } = state;
  if (x.lua_type(L, 1) <= lua.type.nil) {
    x.lua_pushinteger(L, BigInt(Math.floor(Date.now() / 1000)));
    return 1;
  }
  x.luaL_checktype(L, 1, lua.type.table);
  const [second = 0, minute = 0, hour = 0, day = 0, month = 0, year = 0] = fields.map((field) =>
    readField(state, L, field),
  );
  // Years below 100 would be taken for those of the last century.
  const date = new Date(2000, month - 1, day, hour, minute, second);
  date.setFullYear(year, month - 1, day);
  date.setHours(hour, minute, second, 0);
  const seconds = Math.floor(date.getTime() / 1000);
  if (Number.isNaN(seconds)) x.lua_pushnil(L);
  else x.lua_pushinteger(L, BigInt(seconds));
  return 1;
}

function readField(
  state: LuaState,
  L: StatePointer,
  field: { readonly name: string; readonly unless?: number },
): number {
  const { x } = state;
  state.pushString(L, field.name);
  x.lua_gettable(L, 1);
  const value = x.lua_isnumber(L, -1) === 0 ? field.unless : x.lua_tonumberx(L, -1, 0);
  x.lua_settop(L, 1);
  if (value === undefined) {
    x.luaL_where(L, 1);
    state.pushString(L, `field '${field.name}' missing in date table`);
    x.lua_concat(L, 2);
    x.lua_error(L);
  }
  return Math.trunc(value ?? 0);
}
