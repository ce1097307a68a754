import { locateFields } from "../../../ipfix/locate.ts";
import {
  enterList,
  type ListSource,
  locateBasicList,
  locateRecordList,
  type RecordGroup,
} from "../../../ipfix/structured/list.ts";
import type { LuaState } from "../../../lua/state.ts";
import type { StatePointer } from "../../../lua/vm/exports.ts";
import type { Content } from "../shape.ts";

/** How to push what stands in lists. */
type PushContent = (state: LuaState, L: StatePointer, content: Content) => void;

/** A list (RFC 6313) whose items have been found, but not read. */
export interface OpenList {
  readonly semantic: number;
  /** Name of the element of a basicList. */
  readonly element: string | undefined;
  readonly items: readonly Item[];
}

/** A value of a basicList, or a record of the others. */
type Item = { readonly content: Content } | { readonly record: ListRecord };

interface ListRecord {
  readonly source: ListSource;
  readonly group: RecordGroup;
  readonly start: number;
  readonly end: number;
}

/** Find the items of a list. @throws {DecodeError} when it is damaged. */
export function openList({ element, source, start, end }: Content): OpenList {
  const inner = enterList(source, start);
  if (element.type === "basicList") {
    const list = locateBasicList(inner, start, end);
    const items: Item[] = [];
    for (let i = 0; i < list.ranges.length; i += 2) {
      const [from = 0, to = 0] = list.ranges.slice(i, i + 2);
      const content = { element: list.element, source: inner, start: from, end: to };
      items.push({ content });
    }
    return { semantic: list.semantic, element: list.element.name, items };
  }
  const { semantic, groups } = locateRecordList(inner, element.type, start, end);
  return { semantic, element: undefined, items: groups.flatMap((group) => records(inner, group)) };
}

function records(source: ListSource, group: RecordGroup): Item[] {
  return group.offsets.slice(1).map((end, i) => {
    return { record: { source, group, start: group.offsets[i] ?? 0, end } };
  });
}

/**
 * Push a list as a table made for this read: a sequence of values, or of records as tables by
 * element name; `semantic` and, for a basicList, `element` stand beside them. Changing the table
 * changes nothing in the record.
 */
export function pushList(
  state: LuaState,
  L: StatePointer,
  { content, push }: { readonly content: Content; readonly push: PushContent },
): void {
  state.reserve(L, 12);
  const { semantic, element, items } = openList(content);
  state.x.lua_createtable(L, items.length, 2);
  setMember(state, L, "semantic", () => state.x.lua_pushinteger(L, BigInt(semantic)));
  if (element !== undefined) setMember(state, L, "element", () => state.pushString(L, element));
  for (const [i, item] of items.entries()) {
    pushItem(state, L, { item, push });
    state.x.lua_rawseti(L, -2, BigInt(i + 1));
  }
}

/** Push one item of a list: a value, or a record as a table by element name. */
export function pushItem(
  state: LuaState,
  L: StatePointer,
  { item, push }: { readonly item: Item; readonly push: PushContent },
): void {
  if ("content" in item) push(state, L, item.content);
  else pushRecord(state, L, { ...item.record, push });
}

function pushRecord(
  state: LuaState,
  L: StatePointer,
  record: ListRecord & { readonly push: PushContent },
): void {
  const { group, source, start, end, push } = record;
  const { x } = state;
  const fields = group.template?.fields ?? [];
  state.reserve(L, 8);
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
