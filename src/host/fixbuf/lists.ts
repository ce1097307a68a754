import { locateFields } from "../../ipfix/locate.ts";
import {
  enterList,
  type ListSource,
  locateBasicList,
  locateRecordList,
  type RecordGroup,
} from "../../ipfix/structured/list.ts";
import type { Template } from "../../ipfix/template.ts";
import type { LuaState } from "../../lua/state.ts";
import type { StatePointer } from "../../lua/vm/exports.ts";
import type { Content } from "../record/shape.ts";
import { pushContent } from "../record/values.ts";

/** Set `name` in the table on top to what `push` pushes. */
export function setMember(state: LuaState, L: StatePointer, name: string, push: () => void): void {
  state.pushString(L, name);
  push();
  state.x.lua_rawset(L, -3);
}

/** Set `name` in the table on top to an integer of at most 53 bits. */
export function setInteger(state: LuaState, L: StatePointer, name: string, value: number): void {
  setMember(state, L, name, () => state.x.lua_pushinteger(L, BigInt(value)));
}

/**
 * Push the record at `[start, end)` as a table by field name, with lists as they are grouped on the
 * wire: a basicList holds its values, a subTemplateList its records, a subTemplateMultiList one
 * table of records for each of its Templates. `list` says which it is.
 * @throws {DecodeError} when the record or a list in it is damaged.
 */
export function pushRecord(
  state: LuaState,
  L: StatePointer,
  record: { readonly template: Template; readonly source: ListSource; start: number; end: number },
): void {
  const { template, source, start, end } = record;
  const { fields } = template;
  const ranges = new Int32Array(2 * fields.length);
  locateFields(template, source.bytes, start, end, ranges);
  state.reserve(L, 8);
  state.x.lua_createtable(L, 0, fields.length);
  // Hot: once per field of each record, so nothing is made but what Lua gets.
  let at = 0;
  for (const { element, name } of fields) {
    state.pushString(L, name);
    const start = ranges[at++] as number;
    const end = ranges[at++] as number;
    pushValue(state, L, { element, source, start, end });
    state.x.lua_rawset(L, -3);
  }
}

function pushValue(state: LuaState, L: StatePointer, content: Content): void {
  const { type } = content.element;
  if (type === "basicList") pushBasicList(state, L, content);
  else if (type === "subTemplateList") pushSingle(state, L, content);
  else if (type === "subTemplateMultiList") pushMulti(state, L, content);
  else pushContent(state, L, content);
}

function pushBasicList(state: LuaState, L: StatePointer, content: Content): void {
  const inner = enterList(content.source, content.start);
  const list = locateBasicList(inner, content.start, content.end);
  const { element, semantic, ranges } = list;
  openList(state, L, { list: "basic", semantic, size: ranges.length / 2 });
  setMember(state, L, "element", () => state.pushString(L, element.name));
  setInteger(state, L, "pen", element.pen);
  setInteger(state, L, "id", element.id);
  setInteger(state, L, "length", elementLength(inner.bytes, content.start));
  for (let i = 0; i < ranges.length; i += 2) {
    const start = ranges[i] as number;
    const end = ranges[i + 1] as number;
    pushValue(state, L, { element, source: inner, start, end });
    state.x.lua_rawseti(L, -2, BigInt(i / 2 + 1));
  }
}

/** The Field Length in the header of the basicList at `start` (RFC 6313 §4.5.1). */
function elementLength(bytes: Uint8Array, start: number): number {
  return 256 * (bytes[start + 3] ?? 0) + (bytes[start + 4] ?? 0);
}

function pushSingle(state: LuaState, L: StatePointer, content: Content): void {
  const inner = enterList(content.source, content.start);
  const { semantic, groups } = locateRecordList(
    inner,
    "subTemplateList",
    content.start,
    content.end,
  );
  const [group] = groups as [RecordGroup];
  openList(state, L, { list: "stl", semantic, size: group.offsets.length - 1 });
  fillGroup(state, L, inner, group);
}

function pushMulti(state: LuaState, L: StatePointer, content: Content): void {
  const inner = enterList(content.source, content.start);
  const { semantic, groups } = locateRecordList(
    inner,
    "subTemplateMultiList",
    content.start,
    content.end,
  );
  openList(state, L, { list: "stml", semantic, size: groups.length });
  for (const [i, group] of groups.entries()) {
    state.x.lua_createtable(L, group.offsets.length - 1, 1);
    fillGroup(state, L, inner, group);
    state.x.lua_rawseti(L, -2, BigInt(i + 1));
  }
}

function openList(
  state: LuaState,
  L: StatePointer,
  { list, semantic, size }: { list: string; semantic: number; size: number },
): void {
  state.reserve(L, 12);
  state.x.lua_createtable(L, size, 5);
  setMember(state, L, "list", () => state.pushString(L, list));
  setInteger(state, L, "semantic", semantic);
}

/** Fill the table on top with the records of a group; octets when nobody knows its Template. */
function fillGroup(state: LuaState, L: StatePointer, source: ListSource, group: RecordGroup): void {
  const { id, template, offsets } = group;
  setInteger(state, L, "template_id", id);
  if (template === undefined) {
    const octets = source.bytes.subarray(offsets[0], offsets.at(-1));
    setMember(state, L, "raw", () => state.pushString(L, octets));
    return;
  }
  for (let i = 0; i + 1 < offsets.length; i++) {
    const [start = 0, end = 0] = offsets.slice(i, i + 2);
    pushRecord(state, L, { template, source, start, end });
    state.x.lua_rawseti(L, -2, BigInt(i + 1));
  }
}
