import { ConfigError } from "../../errors.ts";
import type { RecordBatch } from "../../ipfix/batch.ts";
import {
  createRecordModule,
  flowOctets,
  place,
  type RecordModule,
} from "../../lua/record/module.ts";
import type { LuaState } from "../../lua/state.ts";
import { lua, type StatePointer, upvalueIndex } from "../../lua/vm/exports.ts";
import type { Origin, RecordCursor } from "./cursor.ts";
import { Flow } from "./flow.ts";
import { type Access, type Layout, Layouts } from "./layout.ts";
import { createMetatable, createMethods, pushOwnMetatable } from "./methods.ts";
import { pushField } from "./values.ts";
import { writeField } from "./write.ts";

/** Everything about flows in one Lua state: their metatable, and who stands behind each of them. */
export class Flows {
  readonly state: LuaState;
  readonly module: RecordModule;
  readonly #layouts: Layouts;
  readonly #metatable: number;
  readonly #cursors = new Map<number, RecordCursor>();
  readonly #idle: Flow[] = [];
  /** Stages under way, one within the other. */
  readonly #running: Flow[] = [];
  /** What opens the next batch of each loop under way, by the loop's number. */
  readonly #loops = new Map<number, () => boolean>();
  #looped = 0;

  /** The flows of `state`. */
  static of(state: LuaState): Flows {
    const flows = byState.get(state) ?? new Flows(state);
    byState.set(state, flows);
    return flows;
  }

  private constructor(state: LuaState) {
    this.state = state;
    this.module = createRecordModule(state, {
      index: (L) => this.#index(L),
      newIndex: (L) => this.#newIndex(L),
      emit: (L) => this.#emit(L),
      room: (_, address) => (this.#cursors.get(address) as Flow).makeRoom(),
      refuse: (_, address) => (this.#cursors.get(address) as Flow).refuse(),
      more: (L, address) => this.#more(L, address),
    });
    let methods = new Map<string, number>();
    let metatable = 0;
    state.protect((L) => {
      methods = createMethods(this, L);
      metatable = createMetatable(this, L);
      return 0;
    });
    this.#metatable = metatable;
    this.#layouts = new Layouts(state, methods, this.module);
  }

  /** A flow that nothing uses now; its Lua object is made once and used again. */
  borrow(): Flow {
    return this.#idle.pop() ?? this.#create();
  }

  /** Give a flow back; nobody may use it afterwards. */
  return(flow: Flow): void {
    flow.leave();
    this.#idle.push(flow);
  }

  originOf({ domain, exportTime, template, templates }: RecordBatch): Origin {
    return { domain, exportTime, template, templates, layout: this.#layouts.of(template) };
  }

  /** Run `body`, within which copies leave through `flow`. */
  runs(flow: Flow, body: () => void): void {
    this.#running.push(flow);
    try {
      body();
    } finally {
      this.#running.pop();
    }
  }

  /** A loop over the batches that `open` gives to `flow` begins; returns its number. */
  beginLoop(flow: Flow, open: () => boolean): number {
    const loop = ++this.#looped;
    flow.write(place.loop, loop);
    this.#loops.set(loop, open);
    return loop;
  }

  endLoop(loop: number): void {
    this.#loops.delete(loop);
  }

  /** Push the iterator of a loop. */
  pushIterator(L: StatePointer, flow: Flow, loop: number): void {
    const { x } = this.state;
    x.lua_rawgeti(L, lua.registryIndex, BigInt(flow.ref));
    x.lua_pushlightuserdata(L, loop);
    x.lua_pushcclosure(L, this.module.pointers.next, 2);
  }

  /** Push a Lua object with so many octets behind its own; returns its address. */
  pushObject(L: StatePointer, octets: number): number {
    const { glue, x } = this.state;
    const address = x.lua_newuserdatauv(L, flowOctets + octets, 0);
    glue.bytes().fill(0, address, address + flowOctets);
    x.lua_rawgeti(L, lua.registryIndex, BigInt(this.#metatable));
    x.lua_setmetatable(L, -2);
    return address;
  }

  add(cursor: RecordCursor): void {
    this.#cursors.set(cursor.address, cursor);
  }

  /** The Lua object at this address is gone. */
  forget(address: number): void {
    this.#cursors.get(address)?.free();
    this.#cursors.delete(address);
  }

  /** The flow at stack index 1. @throws {ConfigError} when there is none, or no record at hand. */
  at(L: StatePointer): RecordCursor {
    const cursor = this.find(L);
    if (cursor === undefined) {
      throw new ConfigError("wrong-type", "", "Cannot do this: expected a flow before the colon");
    }
    if (cursor.live) return cursor;
    const detail = "Cannot use a flow after its call: keep flow:copy() or what you need of it";
    throw new ConfigError("bad-value", "", detail);
  }

  /** The flow at stack index 1, whatever its state. */
  find(L: StatePointer): RecordCursor | undefined {
    return this.#cursors.get(this.state.x.lua_touserdata(L, 1));
  }

  /** What the key at stack index 2 is to `cursor`. */
  access(L: StatePointer, cursor: RecordCursor): Access {
    return this.#layouts.resolve((cursor.origin as Origin).layout satisfies Layout, L);
  }

  #create(): Flow {
    let flow: Flow | undefined;
    this.state.protect((L) => {
      const { x } = this.state;
      const address = this.pushObject(L, 0);
      const index = pushOwnMetatable(this.state, L, this.#metatable);
      x.lua_setmetatable(L, -2);
      const ref = x.luaL_ref(L, lua.registryIndex);
      flow = new Flow(this, { address, ref });
      flow.write(place.index, index);
      this.add(flow);
      return 0;
    });
    return flow as Flow;
  }

  #index(L: StatePointer): number {
    const cursor = this.at(L);
    const access = this.access(L, cursor);
    const { x } = this.state;
    if (access.kind === "field") pushField(this.state, L, { cursor, access });
    else if (access.kind === "absent") x.lua_pushnil(L);
    else x.lua_rawgeti(L, lua.registryIndex, BigInt(access.ref));
    return 1;
  }

  #newIndex(L: StatePointer): number {
    const cursor = this.at(L);
    const access = this.access(L, cursor);
    if (access.kind === "absent") {
      const { id } = (cursor.origin as Origin).template;
      const detail = `Cannot set ${access.name}: records of Template ${id} lack it`;
      throw new ConfigError("unknown-name", "", detail);
    }
    if (access.kind === "method") {
      throw new ConfigError("bad-value", "", "Cannot set a flow's own function");
    }
    writeField(this.state, L, { cursor, access });
    this.module.forget(cursor.address);
    return 0;
  }

  /** `flow:emit()` of a copy, or of a flow that has no way out of its own. */
  #emit(L: StatePointer): number {
    const cursor = this.at(L);
    const way = this.#running.at(-1);
    if (way === undefined) {
      const detail = "Cannot emit a flow here: expected the function of a mediator";
      throw new ConfigError("unsupported", "", detail);
    }
    way.emit(L, cursor);
    return 0;
  }

  #more(L: StatePointer, address: number): number {
    const loop = this.state.x.lua_touserdata(L, upvalueIndex(2));
    const open = this.#loops.get(loop);
    if (open === undefined || this.#cursors.get(address)?.read(place.loop) !== loop) {
      throw new ConfigError("bad-value", "", "Cannot go on reading flows: the loop has ended");
    }
    return open() ? 1 : 0;
  }
}

const byState = new WeakMap<LuaState, Flows>();
