import { ConfigError } from "../../errors.ts";
import type { LuaError } from "../errors.ts";
import type { EngineFunctions } from "../functions.ts";
import type { LuaState } from "../state.ts";
import type { LuaHandle, LuaValue } from "../values.ts";
import { lua, type StatePointer } from "../vm/exports.ts";

/** What an error value is outside of Lua. */
export interface KeptValue {
  /** A copy; undefined for nil and for what cannot cross. */
  readonly value?: LuaValue;
  /** The value itself, so that it stays the same when it enters Lua again. */
  readonly handle?: LuaHandle;
}

/** Error values that leave Lua in a `LuaError`, and enter it again out of a host function. */
export interface ErrorValues {
  /** Keep the error value at `index`. */
  keep(L: StatePointer, index: number): KeptValue;
  /** `error` is about to enter Lua again: the one before it will not, and is given up. */
  note(error: LuaError | undefined): void;
  /** Push the value that `error` came with; false when it has none or is of another engine. */
  push(L: StatePointer, error: LuaError): boolean;
}

/** Create the error values of one engine. */
export function createErrorValues(
  state: LuaState,
  functions: EngineFunctions,
  read: (L: StatePointer, index: number) => LuaValue,
): ErrorValues {
  const { type } = lua;
  let last: LuaError | undefined;
  function copy(L: StatePointer, index: number): KeptValue {
    const top = state.x.lua_gettop(L);
    try {
      return { value: read(L, index) };
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      state.x.lua_settop(L, top);
      return {};
    }
  }
  return {
    keep(L, index) {
      const kind = state.x.lua_type(L, index);
      if (kind === type.nil) return {};
      if (kind === type.string || kind === type.number || kind === type.boolean) {
        return copy(L, index);
      }
      // Out of the outermost call nothing enters again, and a stage may fail a million times.
      if (state.depth < 2) return copy(L, index);
      return { ...copy(L, index), handle: functions.hold(L, index) };
    },
    note(error) {
      if (last?.handle !== undefined && last !== error) functions.release(last.handle);
      last = error;
    },
    push(L, { value, handle }) {
      if (handle !== undefined && functions.owns(handle)) {
        functions.push(L, handle);
        return true;
      }
      if (typeof value !== "string" && !(value instanceof Uint8Array)) return false;
      state.pushString(L, value);
      return true;
    },
  };
}
