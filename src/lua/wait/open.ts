import { moduleSource } from "../sandbox.ts";
import type { LuaState } from "../state.ts";
import type { LuaValue } from "../values.ts";
import type { StatePointer } from "../vm/exports.ts";
import { Tasks } from "./tasks.ts";

/**
 * Make the scripts of `state` ready to wait: from now on its coroutines hand waits on. Engines that
 * never wait do without, for coroutines cost a little more with it.
 */
export function openWaiting(
  state: LuaState,
  read: (L: StatePointer, index: number) => LuaValue,
): Tasks {
  const tasks = new Tasks(state, read);
  state.protect((L) => {
    const { x, waits } = state;
    state.loadChunk(L, moduleSource("engine.waiting") ?? "", "lua/engine/waiting.lua");
    waits.pushTag(L);
    state.pushRaw(L, (L) => {
      x.lua_pushboolean(L, tasks.has(L) ? 1 : 0);
      return 1;
    });
    state.pushRaw(L, (L) => {
      waits.refuse(Number(x.lua_tointegerx(L, 1, 0)));
      return 0;
    });
    x.lua_callk(L, 3, 0, 0, 0);
    return 0;
  });
  return tasks;
}
