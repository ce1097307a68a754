import { ConfigError } from "../../errors.ts";
import type { RecordBatch } from "../../ipfix/batch.ts";
import { RecordReader } from "../../lua/companion/record-reader.ts";
import type { LuaState, RawFunction } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import { RecordCursor } from "./cursor.ts";
import { type Access, type Layout, Layouts } from "./layout.ts";
import { fieldAccess } from "./shape.ts";
import { pushField } from "./values.ts";
import { writeField } from "./write.ts";

/**
 * The flow that a script sees: one Lua object for all records of a stage. Reading a key decodes
 * that field from the record's octets, writing one encodes it; nothing else is touched.
 */
export class Flow {
  readonly cursor = new RecordCursor();
  /** Registry slot of the Lua object. */
  ref = 0;
  /** Address of the Lua object, by which results are recognized. */
  pointer = 0;
  readonly #state: LuaState;
  readonly #reader: RecordReader;
  #layouts: Layouts | undefined;
  #layout: Layout | undefined;
  /** Registry slot of the iterator that `pairs` gives out. */
  #next = 0;

  constructor(state: LuaState) {
    this.#state = state;
    this.#reader = new RecordReader(state, (L) => this.#index(L));
    state.protect((L) => this.#create(L));
  }

  /** Take the batch whose records come next. */
  open(batch: RecordBatch): void {
    const { bytes, offsets, count, template } = batch;
    this.cursor.open(batch);
    this.#layout = (this.#layouts as Layouts).of(template);
    const records = [offsets[0] as number, offsets[count] as number] as const;
    this.#reader.open(bytes, records, this.#layout.table);
  }

  /** Hand over the record at `index` of the batch. */
  moveTo(batch: RecordBatch, index: number): void {
    this.cursor.moveTo(batch, index);
    this.#reader.moveTo(this.cursor.start);
  }

  /** No record is handed over any more. */
  leave(): void {
    this.cursor.live = false;
    this.#reader.leave();
  }

  #create(L: StatePointer): number {
    const { x } = this.#state;
    this.pointer = x.lua_newuserdatauv(L, 0, 0);
    x.lua_createtable(L, 0, 8);
    this.#state.pushString(L, "__index");
    x.lua_pushcclosure(L, this.#reader.pointer, 0);
    x.lua_rawset(L, -3);
    this.#state.pushString(L, "__newindex");
    this.#state.pushHot(L, (L) => this.#newIndex(L));
    x.lua_rawset(L, -3);
    this.#setFunction(L, "__pairs", (L) => this.#pairs(L));
    this.#setFunction(L, "__tostring", (L) => this.#toText(L));
    this.#state.pushString(L, "__metatable");
    x.lua_pushboolean(L, 0);
    x.lua_rawset(L, -3);
    x.lua_setmetatable(L, -2);
    this.ref = x.luaL_ref(L, lua.registryIndex);
    this.#state.pushRaw(L, (L) => this.#nextField(L));
    this.#next = x.luaL_ref(L, lua.registryIndex);
    this.#state.pushRaw(L, (L) => this.#toTable(L));
    const methods = new Map([["totable", x.luaL_ref(L, lua.registryIndex)]]);
    this.#layouts = new Layouts(this.#state, methods, this.#reader);
    return 0;
  }

  #setFunction(L: StatePointer, name: string, fn: RawFunction): void {
    this.#state.pushString(L, name);
    this.#state.pushRaw(L, fn);
    this.#state.x.lua_rawset(L, -3);
  }

  #index(L: StatePointer): number {
    const { x } = this.#state;
    const access = this.#access(L);
    if (access.kind === "field") pushField(this.#state, L, { cursor: this.cursor, access });
    else if (access.kind === "absent") x.lua_pushnil(L);
    else x.lua_rawgeti(L, lua.registryIndex, BigInt(access.ref));
    return 1;
  }

  #newIndex(L: StatePointer): number {
    const access = this.#access(L);
    if (access.kind === "absent") {
      const { template } = this.cursor;
      const detail = `Cannot set ${access.name}: records of Template ${template?.id} lack it`;
      throw new ConfigError("unknown-name", "", detail);
    }
    if (access.kind === "method") {
      throw new ConfigError("bad-value", "", "Cannot set a flow's own function");
    }
    this.#reader.leave();
    writeField(this.#state, L, { cursor: this.cursor, access });
    return 0;
  }

  #access(L: StatePointer): Access {
    this.#requireLive();
    const layout = this.#layout as Layout;
    const known = layout.byPointer.get(this.#state.x.lua_topointer(L, 2));
    return known ?? (this.#layouts as Layouts).resolve(layout, L);
  }

  #requireLive(): void {
    if (this.cursor.live) return;
    const detail = "Cannot use a flow after its call: keep what you need of it, or flow:totable()";
    throw new ConfigError("bad-value", "", detail);
  }

  /** `flow:totable()`: every field by name. */
  #toTable(L: StatePointer): number {
    this.#requireLive();
    const { x } = this.#state;
    const { cursor } = this;
    const fields = cursor.template?.fields ?? [];
    x.lua_createtable(L, 0, fields.length);
    for (const [index, field] of fields.entries()) {
      this.#state.pushString(L, field.name);
      pushField(this.#state, L, { cursor, access: fieldAccess(field, index) });
      x.lua_rawset(L, -3);
    }
    return 1;
  }

  /** `pairs(flow)`: names and values in the order of the Template. */
  #pairs(L: StatePointer): number {
    this.#requireLive();
    this.#state.x.lua_rawgeti(L, lua.registryIndex, BigInt(this.#next));
    this.#state.x.lua_rawgeti(L, lua.registryIndex, BigInt(this.ref));
    return 2;
  }

  /** The field after the one named at index 2, or the first. */
  #nextField(L: StatePointer): number {
    this.#requireLive();
    const { x } = this.#state;
    const first = x.lua_type(L, 2) === lua.type.nil;
    const before = first ? undefined : this.#access(L);
    const index = before?.kind === "field" ? before.index + 1 : 0;
    const field = this.cursor.template?.fields[index];
    if (field === undefined) {
      x.lua_pushnil(L);
      return 1;
    }
    const access = fieldAccess(field, index);
    this.#state.pushString(L, field.name);
    pushField(this.#state, L, { cursor: this.cursor, access });
    return 2;
  }

  #toText(L: StatePointer): number {
    const state = this.cursor.live ? `Template ${this.cursor.template?.id}` : "past";
    this.#state.pushString(L, `flow (${state})`);
    return 1;
  }
}

const idle = new WeakMap<LuaState, Flow[]>();

/** A flow that no stage of `state` uses now; its Lua object is made once and used again. */
export function borrowFlow(state: LuaState): Flow {
  return idle.get(state)?.pop() ?? new Flow(state);
}

/** Give a flow back; nobody may use it afterwards. */
export function returnFlow(state: LuaState, flow: Flow): void {
  const flows = idle.get(state);
  if (flows === undefined) idle.set(state, [flow]);
  else flows.push(flow);
}
