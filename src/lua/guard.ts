import { ConfigError } from "../errors.ts";
import { limits } from "../limits.ts";
import { pushError } from "./failures.ts";
import type { LuaState } from "./state.ts";
import { lua, type StatePointer } from "./vm/exports.ts";

/** Ends scripts from within, by a hook that the VM calls after so many instructions. */
export interface LuaGuard {
  /** Watch the coroutine that runs now; a script that begins gets a new budget. */
  start(): void;
  /** Whether the script has been told to end and has not yet. */
  expired(): boolean;
}

/** Create the guard of a state; coroutines inherit it from their makers. */
export function createGuard(state: LuaState, poll: () => string | undefined): LuaGuard {
  const { x } = state;
  const main = state.current;
  let reason: string | undefined;
  const hook = state.glue.addFunction(
    (thread) => {
      const L = thread as StatePointer;
      reason ??= poll();
      if (reason === undefined) {
        if (x.lua_gethookcount(L) === 1) watch(L);
        return;
      }
      // From now on every instruction fails, or a loop around pcall would go on.
      x.lua_sethook(L, hook, lua.maskCount, 1);
      pushError(state, L, new ConfigError("limit", state.where(L, 0), reason));
      x.lua_error(L);
    },
    2,
    0,
  );
  function watch(L: StatePointer): void {
    x.lua_sethook(L, hook, lua.maskCount, limits.luaPollInstructions);
  }
  return {
    start() {
      if (state.depth > 0) return;
      reason = undefined;
      watch(main);
    },
    expired: () => reason !== undefined,
  };
}
