import { RawCall } from "../raw/call.ts";
import type { LuaState, RawFunction } from "../state.ts";
import type { StatePointer } from "../vm/exports.ts";
import { describeSystemError } from "./system-error.ts";

/** Functions of a library by name: each pushes its results and returns how many there are. */
export type Library = Readonly<Record<string, (call: RawCall) => number>>;

/** Make a library's functions raw. `objects` is 1 for methods. */
export function bindLibrary(
  state: LuaState,
  library: Library,
  objects: 0 | 1 = 0,
): (readonly [string, RawFunction])[] {
  return Object.entries(library).map(([name, fn]) => [
    name,
    (L: StatePointer) => fn(new RawCall(state, L, name, objects)),
  ]);
}

/** Put functions into the table on top. */
export function setFunctions(
  state: LuaState,
  L: StatePointer,
  functions: readonly (readonly [string, RawFunction])[],
): void {
  for (const [name, fn] of functions) {
    state.pushString(L, name);
    state.pushRaw(L, fn);
    state.x.lua_rawset(L, -3);
  }
}

/** Do what may fail in the system: then nil, the text and the number are the results. */
export function attempt({ state, L }: RawCall, path: string, action: () => number): number {
  try {
    return action();
  } catch (error) {
    const failure = describeSystemError(error);
    if (failure === undefined) throw error;
    state.x.lua_pushnil(L);
    state.pushString(L, path === "" ? failure.text : `${path}: ${failure.text}`);
    state.x.lua_pushinteger(L, BigInt(failure.errno));
    return 3;
  }
}

/** Push `true`. */
export function pushTrue({ state, L }: RawCall): number {
  state.x.lua_pushboolean(L, 1);
  return 1;
}

/** The path that argument `index` names, for the functions of `node:fs`. */
export function pathArgument(call: RawCall, index: number): { path: Buffer; shown: string } {
  const path = Buffer.from(call.octets(index));
  return { path, shown: path.toString() };
}
