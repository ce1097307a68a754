import { ConfigError } from "../../../errors.ts";
import { lua, type StatePointer } from "../../../lua/vm/exports.ts";
import { finalizerName } from "../../../lua/vm/patches.ts";
import type { Origin } from "../cursor.ts";
import type { Flows } from "../flows.ts";
import { pushContent } from "../values.ts";
import { type OpenList, openList, pushItem } from "./list.ts";

/** The lists that scripts loop over, by the address of the Lua object that stands for each. */
export class Items {
  readonly #flows: Flows;
  readonly #lists = new Map<number, OpenList>();
  /** Registry slots of the step of a loop, and of the metatable of the objects. */
  readonly #step: number;
  readonly #metatable: number;

  constructor(flows: Flows, L: StatePointer) {
    this.#flows = flows;
    const { state } = flows;
    const { x } = state;
    state.pushRaw(L, (thread) => this.#next(thread));
    this.#step = x.luaL_ref(L, lua.registryIndex);
    x.lua_createtable(L, 0, 2);
    state.pushString(L, finalizerName);
    state.pushRaw(L, (thread) => {
      this.#lists.delete(x.lua_touserdata(thread, 1));
      return 0;
    });
    x.lua_rawset(L, -3);
    state.pushString(L, "__metatable");
    x.lua_pushboolean(L, 0);
    x.lua_rawset(L, -3);
    this.#metatable = x.luaL_ref(L, lua.registryIndex);
  }

  /**
   * `for i, item in flow:items(name) do`: each item of a list is made when its turn comes. The
   * list is the loop's own: it lasts when the flow goes on. Nothing comes of an absent element.
   */
  items(L: StatePointer): number {
    const flows = this.#flows;
    const cursor = flows.at(L);
    const access = flows.access(L, cursor);
    let list: OpenList = { semantic: 0, element: undefined, items: [] };
    let octets = 0;
    if (access.kind === "field") {
      if (access.shape !== "list") {
        const detail = `Cannot loop over ${access.field.name}: expected the name of a list`;
        throw new ConfigError("wrong-type", "", detail);
      }
      const bytes = cursor.octets();
      const [start, end] = cursor.range(bytes, access.index);
      const { templates } = cursor.origin as Origin;
      const source = { bytes, templates, depth: 0 };
      list = openList({ element: access.field.element, source, start, end });
      octets = bytes.length;
    }
    this.#push(L, list, octets);
    return 3;
  }

  /** Push step, object and 0. The object is as large as the record: Lua collects by size. */
  #push(L: StatePointer, list: OpenList, octets: number): void {
    const { x } = this.#flows.state;
    x.lua_rawgeti(L, lua.registryIndex, BigInt(this.#step));
    const address = x.lua_newuserdatauv(L, octets + 1, 0);
    x.lua_rawgeti(L, lua.registryIndex, BigInt(this.#metatable));
    x.lua_setmetatable(L, -2);
    this.#lists.set(address, list);
    x.lua_pushinteger(L, 0n);
  }

  /** The item behind the one whose number is at index 2. */
  #next(L: StatePointer): number {
    const { state } = this.#flows;
    const list = this.#lists.get(state.x.lua_touserdata(L, 1));
    if (list === undefined) {
      throw new ConfigError("wrong-type", "", "Cannot go on: expected the loop of flow:items()");
    }
    const nth = state.x.lua_tointegerx(L, 2, 0);
    const item = list.items[Number(nth)];
    if (item === undefined) {
      state.x.lua_pushnil(L);
      return 1;
    }
    state.x.lua_pushinteger(L, nth + 1n);
    pushItem(state, L, { item, push: pushContent });
    return 2;
  }
}
