import type { RawCall } from "../../raw/call.ts";
import type { LuaState } from "../../state.ts";
import { lua, type StatePointer } from "../../vm/exports.ts";
import type { LuaFile } from "./file.ts";

/** An open file as Lua holds it. */
export interface Handle {
  readonly file: LuaFile;
  /** Standard files outlive `close`. */
  readonly standard: boolean;
}

/** Files of one engine: userdata in Lua, each with the number of its handle in its one word. */
export class Handles {
  readonly #state: LuaState;
  readonly #open = new Map<number, Handle>();
  #last = 0;
  /** Registry slot of the metatable. */
  #metatable = 0;
  /** Its address, by which files are told from other values. */
  #address = 0;

  constructor(state: LuaState) {
    this.#state = state;
  }

  /** Take the table on top as the metatable of files. */
  adoptMetatable(L: StatePointer): void {
    this.#address = this.#state.x.lua_topointer(L, -1);
    this.#metatable = this.#state.x.luaL_ref(L, lua.registryIndex);
  }

  push(L: StatePointer, handle: Handle): void {
    const { x, glue } = this.#state;
    const at = x.lua_newuserdatauv(L, 4, 0);
    glue.view().setUint32(at, ++this.#last, true);
    this.#open.set(this.#last, handle);
    x.lua_rawgeti(L, lua.registryIndex, BigInt(this.#metatable));
    x.lua_setmetatable(L, -2);
  }

  /** Whether the value at `index` is a file, open or closed. */
  is(L: StatePointer, index: number): boolean {
    const { x } = this.#state;
    if (x.lua_getmetatable(L, index) === 0) return false;
    const same = x.lua_topointer(L, -1) === this.#address;
    x.lua_settop(L, -2);
    return same && x.lua_type(L, index) === lua.type.userdata;
  }

  /** The open file at `index`; undefined for a closed one and for what is no file. */
  find(L: StatePointer, index: number): Handle | undefined {
    return this.is(L, index) ? this.#open.get(this.#numberOf(L, index)) : undefined;
  }

  /** The open file that is argument `index` of a call, or a Lua error. */
  argument(call: RawCall, index: number): Handle {
    const handle = this.find(call.L, index);
    if (handle !== undefined) return handle;
    if (!this.is(call.L, index)) throw call.wrongType(index, "FILE*");
    throw call.fail("attempt to use a closed file");
  }

  /** Close the file at `index` and forget it. */
  close(L: StatePointer, index: number): void {
    const handle = this.find(L, index);
    this.#open.delete(this.#numberOf(L, index));
    handle?.file.close();
  }

  /** Flush all files that are open, at the end of the program; then throw what failed first. */
  flushAll(): void {
    const failures: unknown[] = [];
    for (const { file } of this.#open.values()) {
      try {
        file.flush();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }

  #numberOf(L: StatePointer, index: number): number {
    return this.#state.glue.view().getUint32(this.#state.x.lua_touserdata(L, index), true);
  }
}
