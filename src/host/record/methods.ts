import { flowOctets, place } from "../../lua/record/module.ts";
import { slotOf } from "../../lua/record/table-slot.ts";
import type { LuaState, RawFunction } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import { finalizerName } from "../../lua/vm/patches.ts";
import type { FlowMethod } from "../describe/stub-flow.ts";
import { type Origin, RecordCursor } from "./cursor.ts";
import type { Flows } from "./flows.ts";
import { Items } from "./lists/items.ts";
import { fieldAccess } from "./shape.ts";
import { pushField } from "./values.ts";

/** Octets that are read behind a record, never used. */
const slack = 8;

type Method = (flows: Flows, L: StatePointer) => number;

/** Make the functions of flows; returns their registry slots by name. */
export function createMethods(flows: Flows, L: StatePointer): Map<FlowMethod, number> {
  const { state, module } = flows;
  const items = new Items(flows, L);
  const keep = () => state.x.luaL_ref(L, lua.registryIndex);
  const raw = (fn: RawFunction) => {
    state.pushRaw(L, fn);
    return keep();
  };
  const own = (method: Method) => raw((thread) => method(flows, thread));
  state.x.lua_pushcclosure(L, module.pointers.emit, 0);
  const slots: Readonly<Record<FlowMethod, number>> = {
    emit: keep(),
    copy: own(copy),
    raw: own(octetsOf),
    totable: own(totable),
    items: raw((thread) => items.items(thread)),
  };
  return new Map(Object.entries(slots) as [FlowMethod, number][]);
}

/** Make the metatable of flows; returns its registry slot. */
export function createMetatable(flows: Flows, L: StatePointer): number {
  const { state, module } = flows;
  const { x } = state;
  x.lua_createtable(L, 0, 8);
  const set = (name: string, push: () => void) => {
    state.pushString(L, name);
    push();
    x.lua_rawset(L, -3);
  };
  state.pushRaw(L, (thread) => nextField(flows, thread));
  const next = x.luaL_ref(L, lua.registryIndex);
  set("__index", () => x.lua_pushcclosure(L, module.pointers.index, 0));
  set("__newindex", () => x.lua_pushcclosure(L, module.pointers.newIndex, 0));
  set("__pairs", () => state.pushRaw(L, (thread) => pairs(flows, thread, next)));
  set("__tostring", () => state.pushRaw(L, (thread) => toText(flows, thread)));
  set(finalizerName, () => state.pushRaw(L, (thread) => collect(flows, thread)));
  set("__metatable", () => x.lua_pushboolean(L, 0));
  return x.luaL_ref(L, lua.registryIndex);
}

/** Push a copy of the metatable in a registry slot; returns where the value of `__index` stands. */
export function pushOwnMetatable(state: LuaState, L: StatePointer, metatable: number): number {
  const { x } = state;
  x.lua_createtable(L, 0, 8);
  const own = x.lua_gettop(L);
  x.lua_rawgeti(L, lua.registryIndex, BigInt(metatable));
  x.lua_pushnil(L);
  while (x.lua_next(L, own + 1) !== 0) {
    x.lua_pushvalue(L, -2);
    x.lua_rotate(L, -2, 1);
    x.lua_rawset(L, own);
  }
  state.pushString(L, "__index");
  const index = slotOf(state, x.lua_topointer(L, own), x.lua_topointer(L, -1));
  x.lua_settop(L, own);
  return index;
}

/** `flow:copy()`: a flow of its own, which lasts. */
function copy(flows: Flows, L: StatePointer): number {
  const cursor = flows.at(L);
  const octets = cursor.octets();
  const address = flows.pushObject(L, octets.length + slack);
  const twin = new RecordCursor(flows.state, address);
  const start = address + flowOctets;
  flows.state.glue.bytes().set(octets, start);
  twin.origin = cursor.origin;
  twin.write(place.start, start);
  twin.write(place.end, start + octets.length);
  twin.write(place.layout, cursor.read(place.layout));
  flows.add(twin);
  return 1;
}

function collect(flows: Flows, L: StatePointer): number {
  flows.forget(flows.state.x.lua_touserdata(L, 1));
  return 0;
}

/** `flow:raw(name)`: the octets of a field, without its length octets; nil when it is absent. */
function octetsOf(flows: Flows, L: StatePointer): number {
  const cursor = flows.at(L);
  const access = flows.access(L, cursor);
  if (access.kind !== "field") flows.state.x.lua_pushnil(L);
  else {
    const octets = cursor.octets();
    flows.state.pushString(L, octets.subarray(...cursor.range(octets, access.index)));
  }
  return 1;
}

/** `flow:totable()`: every field by name. */
function totable(flows: Flows, L: StatePointer): number {
  const cursor = flows.at(L);
  const { state } = flows;
  const { fields } = (cursor.origin as Origin).template;
  state.x.lua_createtable(L, 0, fields.length);
  for (const [index, field] of fields.entries()) {
    state.pushString(L, field.name);
    pushField(state, L, { cursor, access: fieldAccess(field, index) });
    state.x.lua_rawset(L, -3);
  }
  return 1;
}

/** `pairs(flow)`: names and values in the order of the Template. */
function pairs(flows: Flows, L: StatePointer, next: number): number {
  flows.at(L);
  flows.state.x.lua_rawgeti(L, lua.registryIndex, BigInt(next));
  flows.state.x.lua_pushvalue(L, 1);
  return 2;
}

/** The field after the one named at index 2, or the first. */
function nextField(flows: Flows, L: StatePointer): number {
  const cursor = flows.at(L);
  const { state } = flows;
  const first = state.x.lua_type(L, 2) === lua.type.nil;
  const before = first ? undefined : flows.access(L, cursor);
  const index = before?.kind === "field" ? before.index + 1 : 0;
  const field = (cursor.origin as Origin).template.fields[index];
  if (field === undefined) {
    state.x.lua_pushnil(L);
    return 1;
  }
  state.pushString(L, field.name);
  pushField(state, L, { cursor, access: fieldAccess(field, index) });
  return 2;
}

function toText(flows: Flows, L: StatePointer): number {
  const cursor = flows.find(L);
  const state = cursor?.live ? `Template ${cursor.origin?.template.id}` : "past";
  flows.state.pushString(L, `flow (${state})`);
  return 1;
}
