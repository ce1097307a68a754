import type { LuaState } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";

/** How a table says what it is in JSON. */
export type JsonMark = "array" | "object";

/** Metatables that mark tables as arrays or objects of JSON, in one engine. */
export class JsonMarks {
  readonly #state: LuaState;
  readonly #refs: Readonly<Record<JsonMark, number>>;

  constructor(state: LuaState) {
    this.#state = state;
    const refs = { array: 0, object: 0 };
    state.protect((L) => {
      refs.array = this.#create(L, "json.array");
      refs.object = this.#create(L, "json.object");
      nameNull(state, L);
      return 0;
    });
    this.#refs = refs;
  }

  /** Mark the table on top. */
  mark(L: StatePointer, mark: JsonMark): void {
    const { x } = this.#state;
    x.lua_rawgeti(L, lua.registryIndex, BigInt(this.#refs[mark]));
    x.lua_setmetatable(L, -2);
  }

  /** The mark of the table on top. */
  of(L: StatePointer): JsonMark | undefined {
    const { x } = this.#state;
    if (x.lua_getmetatable(L, -1) === 0) return undefined;
    const is = (mark: JsonMark): boolean => {
      x.lua_rawgeti(L, lua.registryIndex, BigInt(this.#refs[mark]));
      const same = x.lua_rawequal(L, -1, -2) !== 0;
      x.lua_settop(L, -2);
      return same;
    };
    let mark: JsonMark | undefined;
    if (is("array")) mark = "array";
    else if (is("object")) mark = "object";
    x.lua_settop(L, -2);
    return mark;
  }

  #create(L: StatePointer, name: string): number {
    const { x } = this.#state;
    x.lua_createtable(L, 0, 1);
    this.#state.pushString(L, "__name");
    this.#state.pushString(L, name);
    x.lua_rawset(L, -3);
    return x.luaL_ref(L, lua.registryIndex);
  }
}

/** Let `tostring(json.null)` be "null": all light userdata of a VM share one metatable. */
function nameNull(state: LuaState, L: StatePointer): void {
  const { x } = state;
  x.lua_pushlightuserdata(L, 0);
  x.lua_createtable(L, 0, 2);
  state.pushString(L, "__tostring");
  state.pushRaw(L, (L) => {
    state.pushString(L, "null");
    return 1;
  });
  x.lua_rawset(L, -3);
  state.pushString(L, "__metatable");
  x.lua_pushboolean(L, 0);
  x.lua_rawset(L, -3);
  x.lua_setmetatable(L, -2);
  x.lua_settop(L, -2);
}
