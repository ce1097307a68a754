import type { LuaState, RawFunction } from "../state.ts";
import { lua, type StatePointer } from "../vm/exports.ts";
import { finalizerName } from "../vm/patches.ts";
import { rewriteDialect } from "./rewrite.ts";

/** Push the table of what the dialect's Lua half needs of the host. */
export function pushDialect(state: LuaState, L: StatePointer): void {
  const { x } = state;
  const functions: Readonly<Record<string, RawFunction>> = {
    readable: (L) => readable(state, L),
    new_userdata: (L) => newUserdata(state, L),
  };
  x.lua_createtable(L, 0, Object.keys(functions).length);
  for (const [name, fn] of Object.entries(functions)) {
    state.pushString(L, name);
    state.pushRaw(L, fn);
    x.lua_rawset(L, -3);
  }
  state.pushString(L, "finalizer");
  state.pushString(L, finalizerName);
  x.lua_rawset(L, -3);
}

/** `readable(text)`: the text as Lua 5.4 reads it. */
function readable(state: LuaState, L: StatePointer): number {
  const source = state.viewString(L, 1);
  const rewritten = rewriteDialect(source);
  if (rewritten === source) state.x.lua_pushvalue(L, 1);
  else state.pushString(L, rewritten);
  return 1;
}

/** `new_userdata(metatable | nil)`: an empty userdata, which Lua 5.4 itself cannot make. */
function newUserdata(state: LuaState, L: StatePointer): number {
  const { x } = state;
  x.lua_settop(L, 1);
  x.lua_newuserdatauv(L, 0, 0);
  if (x.lua_type(L, 1) !== lua.type.table) return 1;
  x.lua_pushvalue(L, 1);
  x.lua_setmetatable(L, -2);
  return 1;
}
