import { readSigned, readUnsigned } from "../../bytes/integer.ts";
import { decodeValue, type FieldValue } from "../../ipfix/value.ts";
import { pushNumber } from "../../lua/marshal.ts";
import type { LuaState } from "../../lua/state.ts";
import type { StatePointer } from "../../lua/vm/exports.ts";
import type { RecordCursor } from "./cursor.ts";
import { readInteger, toLuaInteger } from "./integers.ts";
import { pushList } from "./lists.ts";
import { type Content, type FieldAccess, type Shape, shapeOf } from "./shape.ts";

/**
 * Push the value of a field as Lua sees it: exact integers, times as integers in their own unit,
 * text, octets, booleans, lists as tables. Hot: integers, the usual case, come first.
 */
export function pushField(
  state: LuaState,
  L: StatePointer,
  { cursor, access }: { readonly cursor: RecordCursor; readonly access: FieldAccess },
): void {
  const { index, shape } = access;
  if (shape === "unsigned") {
    state.x.lua_pushinteger(L, readInteger(cursor, access));
    return;
  }
  const { element } = access.field;
  const source = { bytes: cursor.bytes, templates: cursor.templates, depth: 0 };
  const [start, end] = [cursor.fieldStart(index), cursor.fieldEnd(index)];
  pushShaped(state, L, { element, shape, source, start, end });
}

/** Push the value of an element inside a list. */
export function pushContent(state: LuaState, L: StatePointer, content: Content): void {
  const shape = shapeOf(content.element, content.end - content.start);
  pushShaped(state, L, { ...content, shape });
}

function pushShaped(
  state: LuaState,
  L: StatePointer,
  content: Content & { readonly shape: Shape },
): void {
  const { element, shape, source, start, end } = content;
  const { bytes } = source;
  switch (shape) {
    case "unsigned":
      state.x.lua_pushinteger(L, toLuaInteger(readUnsigned(bytes, start, end)));
      break;
    case "signed":
      state.x.lua_pushinteger(L, toLuaInteger(readSigned(bytes, start, end)));
      break;
    case "string":
      state.pushString(L, bytes.subarray(start, textEnd(bytes, start, end)));
      break;
    case "octets":
      state.pushString(L, bytes.subarray(start, end));
      break;
    case "list":
      pushList(state, L, { ...content, push: pushContent });
      break;
    default:
      pushPlain(state, L, decodeValue(element, bytes, start, end));
  }
}

/** Text of a fixed length is filled up with NULs, which are not part of it. */
function textEnd(bytes: Uint8Array, start: number, end: number): number {
  let last = end;
  while (last > start && bytes[last - 1] === 0) last--;
  return last;
}

const integerLimit = 2n ** 63n;

function pushPlain(state: LuaState, L: StatePointer, value: FieldValue): void {
  if (typeof value === "string" || value instanceof Uint8Array) state.pushString(L, value);
  else if (typeof value === "boolean") state.x.lua_pushboolean(L, value ? 1 : 0);
  else if (typeof value === "number") pushNumber(state, L, value);
  else if (value < integerLimit) state.x.lua_pushinteger(L, value);
  else state.pushString(L, String(value));
}
