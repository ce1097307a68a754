import { RawCall } from "../raw/call.ts";
import type { LuaState } from "../state.ts";
import type { StatePointer } from "../vm/exports.ts";
import type { ModuleFinder } from "./finder.ts";

/** Push what `lua/engine/modules.lua` needs of its host: three values. */
export function pushModules(state: LuaState, L: StatePointer, finder: ModuleFinder): void {
  state.pushRaw(L, (L) => {
    const { source, shown } = finder.find(state.toText(L, 1));
    state.loadChunk(L, source, shown);
    return 1;
  });
  state.pushRaw(L, (L) => {
    throw new RawCall(state, L, "require").fail(state.toText(L, 1));
  });
  // What stands for a module while it loads: a value that scripts cannot make.
  state.x.lua_pushlightuserdata(L, 1);
}
