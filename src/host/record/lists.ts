import type { Element } from "../../ipfix/element.ts";
import type { StatePointer } from "../../lua/exports.ts";
import type { LuaState } from "../../lua/state.ts";
import type { RecordCursor } from "./cursor.ts";

export function listTable(
  state: LuaState,
  L: StatePointer,
  _list: { cursor: RecordCursor; element: Element; start: number; end: number },
): void {
  state.x.lua_createtable(L, 0, 0);
}
