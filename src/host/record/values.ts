import { readSigned, readUnsigned } from "../../bytes/integer.ts";
import { decodeValue, type FieldValue } from "../../ipfix/value.ts";
import { pushNumber } from "../../lua/marshal.ts";
import type { LuaState } from "../../lua/state.ts";
import type { StatePointer } from "../../lua/vm/exports.ts";
import type { Origin, RecordCursor } from "./cursor.ts";
import { pushList } from "./lists/list.ts";
import { type Content, type FieldAccess, type Shape, shapeOf } from "./shape.ts";

/**
 * Push the value of a field as Lua sees it: exact integers, times as integers in their own unit,
 * text, octets, booleans, lists as tables. The companion module does the same for most fields.
 */
export function pushField(
  state: LuaState,
  L: StatePointer,
  { cursor, access }: { readonly cursor: RecordCursor; readonly access: FieldAccess },
): void {
  const { index, shape } = access;
  const { element } = access.field;
  const bytes = cursor.octets();
  const source = { bytes, templates: (cursor.origin as Origin).templates, depth: 0 };
  const [start, end] = cursor.range(bytes, index);
  pushShaped(state, L, { element, shape, source, start, end });
}

/** Push the value of an element inside a list. */
export function pushContent(state: LuaState, L: StatePointer, content: Content): void {
  const { element, source, start, end } = content;
  // Member by member: a spread would take longer than all the rest.
  pushShaped(state, L, { element, source, start, end, shape: shapeOf(element, end - start) });
}

/** An integer as the VM takes it; 2^63 and more become negative, since Lua's have 64 bits. */
function pushInteger(state: LuaState, L: StatePointer, value: number | bigint): void {
  state.x.lua_pushinteger(L, BigInt(value));
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
      pushInteger(state, L, readUnsigned(bytes, start, end));
      break;
    case "signed":
      pushInteger(state, L, readSigned(bytes, start, end));
      break;
    case "string":
      state.pushString(L, bytes.subarray(start, textEnd(bytes, start, end)));
      break;
    case "octets":
      state.pushString(L, bytes.subarray(start, end));
      break;
    case "list":
      pushList(state, L, { content, push: pushContent });
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
