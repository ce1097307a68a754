import type { LuaState } from "../state.ts";
import type { StatePointer } from "../vm/exports.ts";
import { slotOf } from "./table-slot.ts";

/** Where the companion modules find Lua's stack themselves; `record.wat` says what is what. */
const layout = {
  top: 12,
  call: 20,
  slotOctets: 16,
  type: 8,
  userdataMemory: 16,
  upvalue: 16,
} as const;
/** Types of a userdata, short string, integer, float, false, true and nil. */
const types = [0x47, 0x44, 0x03, 0x13, 0x01, 0x11, 0x00] as const;

/**
 * Make sure that the VM lays its memory out as the companion modules expect: `glue.wasm` is pinned,
 * so this fails only when somebody pins another one.
 * @throws {Error} when a value is not where it must be.
 */
export function verifyStackLayout(state: LuaState): void {
  state.protect((L) => {
    verifyValues(state, L);
    verifyObjects(state, L);
    return 0;
  });
}

function verify(facts: readonly boolean[]): void {
  if (facts.every(Boolean)) return;
  throw new Error(`Cannot use this Lua VM: its memory is laid out otherwise (${facts.join()})`);
}

function verifyValues(state: LuaState, L: StatePointer): void {
  const { x } = state;
  const userdata = x.lua_newuserdatauv(L, 8, 0);
  state.pushString(L, "octetDeltaCount");
  x.lua_pushinteger(L, 0x0102_0304_0506_0708n);
  x.lua_pushnumber(L, 0.5);
  x.lua_pushboolean(L, 0);
  x.lua_pushboolean(L, 1);
  x.lua_pushnil(L);
  verify([
    slotAt(state, L, 1).pointer + layout.userdataMemory === userdata,
    slotAt(state, L, 2).pointer === x.lua_topointer(L, 2),
    slotAt(state, L, 3).integer === 0x0102_0304_0506_0708n,
    slotAt(state, L, 4).float === 0.5,
    types.every((type, i) => slotAt(state, L, i + 1).type === type),
    slotAt(state, L, 8).address === state.glue.view().getUint32(L + layout.top, true),
  ]);
  x.lua_settop(L, 0);
}

/** A function, a closure with an upvalue, and a table. Neither function is called. */
function verifyObjects(state: LuaState, L: StatePointer): void {
  const { x } = state;
  const pointer = 5;
  x.lua_pushcclosure(L, pointer, 0);
  x.lua_pushinteger(L, 7n);
  x.lua_pushcclosure(L, pointer, 1);
  x.lua_createtable(L, 0, 2);
  for (const [name, value] of [
    ["octets", 1n],
    ["packets", 2n],
  ] as const) {
    state.pushString(L, name);
    x.lua_pushinteger(L, value);
    x.lua_rawset(L, 3);
  }
  state.pushString(L, "packets");
  const slot = slotOf(state, x.lua_topointer(L, 3), x.lua_topointer(L, 4));
  const view = state.glue.view();
  verify([
    slotAt(state, L, 1).pointer === pointer && slotAt(state, L, 1).type === 0x16,
    view.getBigInt64(slotAt(state, L, 2).pointer + layout.upvalue, true) === 7n,
    slotAt(state, L, 3).type === 0x45,
    view.getBigInt64(slot, true) === 2n && view.getUint8(slot + layout.type) === types[2],
  ]);
}

function slotAt(state: LuaState, L: StatePointer, nth: number) {
  const view = state.glue.view();
  const call = view.getUint32(L + layout.call, true);
  const address = view.getUint32(call, true) + layout.slotOctets * nth;
  return {
    address,
    pointer: view.getUint32(address, true),
    integer: view.getBigInt64(address, true),
    float: view.getFloat64(address, true),
    type: view.getUint8(address + layout.type),
  };
}
