import type { RawCall } from "../../raw/call.ts";
import type { LuaState } from "../../state.ts";
import { lua, type StatePointer } from "../../vm/exports.ts";
import type { LuaFile } from "./file.ts";
import type { Handles } from "./handles.ts";

/** Names of the default files and their slots in the table that holds them. */
const slots = { input: 1n, output: 2n } as const;

/** One of the two default files. */
export type Default = keyof typeof slots;

/** The files that `io.read` and `io.write` work on. */
export class Defaults {
  readonly #state: LuaState;
  readonly #handles: Handles;
  readonly #ref: bigint;

  /** Within `state.protect`. */
  constructor(state: LuaState, L: StatePointer, handles: Handles) {
    this.#state = state;
    this.#handles = handles;
    state.x.lua_createtable(L, 2, 0);
    this.#ref = BigInt(state.x.luaL_ref(L, lua.registryIndex));
  }

  push(L: StatePointer, which: Default): void {
    const { x } = this.#state;
    x.lua_rawgeti(L, lua.registryIndex, this.#ref);
    x.lua_rawgeti(L, -1, slots[which]);
    x.lua_rotate(L, -2, 1);
    x.lua_settop(L, -2);
  }

  /** Make the file at `index` the default one. */
  set(L: StatePointer, which: Default, index: number): void {
    const { x } = this.#state;
    x.lua_pushvalue(L, index);
    x.lua_rawgeti(L, lua.registryIndex, this.#ref);
    x.lua_rotate(L, -2, 1);
    x.lua_rawseti(L, -2, slots[which]);
    x.lua_settop(L, -2);
  }

  /** The open default file, or a Lua error. */
  file(call: RawCall, which: Default): LuaFile {
    this.push(call.L, which);
    const handle = this.#handles.find(call.L, -1);
    this.#state.x.lua_settop(call.L, -2);
    if (handle === undefined) throw call.fail("standard file is closed");
    return handle.file;
  }
}
