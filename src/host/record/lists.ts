import { locateFields } from "../../ipfix/locate.ts";
import {
  enterList,
  locateBasicList,
  locateRecordList,
  type RecordGroup,
} from "../../ipfix/structured/list.ts";
import type { LuaState } from "../../lua/state.ts";
import type { StatePointer } from "../../lua/vm/exports.ts";
import type { Content } from "./shape.ts";

/** A list or something in it, and how to push what stands in lists. */
interface Listed extends Content {
  readonly push: (state: LuaState, L: StatePointer, content: Content) => void;
}

/**
 * Push a list (RFC 6313) as a table made for this read: a sequence of values, or of records as
 * tables by element name; `semantic` and, for a basicList, `element` stand beside them. Changing
 * the table changes nothing in the record.
 */
export function pushList(state: LuaState, L: StatePointer, content: Listed): void {
  state.reserve(L, 12);
  state.x.lua_createtable(L, 4, 2);
  const source = enterList(content.source, content.start);
  if (content.element.type === "basicList") pushValues(state, L, { ...content, source });
  else pushRecords(state, L, { ...content, source });
}

function pushValues(state: LuaState, L: StatePointer, { source, start, end, push }: Listed): void {
  const { semantic, element, ranges } = locateBasicList(source, start, end);
  setMember(state, L, "semantic", () => state.x.lua_pushinteger(L, BigInt(semantic)));
  setMember(state, L, "element", () => state.pushString(L, element.name));
  for (let i = 0; i < ranges.length; i += 2) {
    const [from = 0, to = 0] = ranges.slice(i, i + 2);
    push(state, L, { element, source, start: from, end: to });
    state.x.lua_rawseti(L, -2, BigInt(i / 2 + 1));
  }
}

function pushRecords(state: LuaState, L: StatePointer, content: Listed): void {
  const { source, start, end, element } = content;
  const { semantic, groups } = locateRecordList(source, element.type, start, end);
  setMember(state, L, "semantic", () => state.x.lua_pushinteger(L, BigInt(semantic)));
  let nth = 0n;
  for (const group of groups) {
    for (let i = 0; i + 1 < group.offsets.length; i++) {
      const [from = 0, to = 0] = group.offsets.slice(i, i + 2);
      pushRecord(state, L, { ...content, group, start: from, end: to });
      state.x.lua_rawseti(L, -2, ++nth);
    }
  }
}

function pushRecord(
  state: LuaState,
  L: StatePointer,
  record: Listed & { readonly group: RecordGroup },
): void {
  const { group, source, start, end, push } = record;
  const { x } = state;
  const fields = group.template?.fields ?? [];
  x.lua_createtable(L, 0, fields.length);
  if (group.template === undefined) {
    setMember(state, L, "unknownTemplate", () => x.lua_pushinteger(L, BigInt(group.id)));
    setMember(state, L, "raw", () => state.pushString(L, source.bytes.subarray(start, end)));
    return;
  }
  const ranges = new Int32Array(2 * fields.length);
  locateFields(group.template, source.bytes, start, end, ranges);
  for (const [i, { element, name }] of fields.entries()) {
    const content = { element, source, start: ranges[2 * i] ?? 0, end: ranges[2 * i + 1] ?? 0 };
    setMember(state, L, name, () => push(state, L, content));
  }
}

function setMember(state: LuaState, L: StatePointer, name: string, push: () => void): void {
  state.pushString(L, name);
  push();
  state.x.lua_rawset(L, -3);
}
