import type { LuaState } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import { finalizerName } from "../../lua/vm/patches.ts";

/** Objects of the host that Lua holds: each lives until Lua collects what stands for it. */
export class Handles<Held> {
  readonly #state: LuaState;
  readonly #held = new Map<number, Held>();
  readonly #octets: number;
  readonly #end: (held: Held) => void;
  #metatable = 0;

  /** `octets` is what Lua takes an object for, since it collects by size. */
  constructor(state: LuaState, octets: number, end: (held: Held) => void) {
    this.#state = state;
    this.#octets = octets;
    this.#end = end;
  }

  get size(): number {
    return this.#held.size;
  }

  values(): Iterable<Held> {
    return this.#held.values();
  }

  /** Push the Lua object that stands for `held`. */
  push(L: StatePointer, held: Held): void {
    const { x } = this.#state;
    const metatable = this.#metatable || this.#createMetatable(L);
    const address = x.lua_newuserdatauv(L, this.#octets, 0);
    x.lua_rawgeti(L, lua.registryIndex, BigInt(metatable));
    x.lua_setmetatable(L, -2);
    this.#held.set(address, held);
  }

  /** What the Lua object at `index` stands for; undefined when it is none of these. */
  at(L: StatePointer, index: number): Held | undefined {
    return this.#held.get(this.#state.x.lua_touserdata(L, index));
  }

  /** End what the object at `index` stands for; twice is nothing. */
  end(L: StatePointer, index: number): void {
    const address = this.#state.x.lua_touserdata(L, index);
    const held = this.#held.get(address);
    if (held === undefined) return;
    this.#held.delete(address);
    this.#end(held);
  }

  #createMetatable(L: StatePointer): number {
    const { x } = this.#state;
    x.lua_createtable(L, 0, 2);
    this.#state.pushString(L, finalizerName);
    this.#state.pushRaw(L, (thread) => {
      this.end(thread, 1);
      return 0;
    });
    x.lua_rawset(L, -3);
    this.#state.pushString(L, "__metatable");
    x.lua_pushboolean(L, 0);
    x.lua_rawset(L, -3);
    this.#metatable = x.luaL_ref(L, lua.registryIndex);
    return this.#metatable;
  }
}
