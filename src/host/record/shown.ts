import { fieldKind, place } from "../../lua/record/module.ts";
import { slotOf } from "../../lua/record/table-slot.ts";
import { VmArea } from "../../lua/record/vm-area.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import type { Flow } from "./flow.ts";
import type { Flows } from "./flows.ts";
import { entryOctets, headOctets, type Layout } from "./layout.ts";
import type { FieldAccess } from "./shape.ts";

/** What scripts read of records of one layout without a call. */
interface Shown {
  /** Registry slot and address of the table. */
  readonly ref: number;
  readonly table: number;
  readonly fields: ReadonlySet<FieldAccess>;
}

const numberOctets = 12;
/** Batches of a layout after which nothing more is learnt. */
const lessons = 16;
/** A number that fewer than one record in so many is asked for is not put into the table. */
const rarely = 8;
/** Layouts that one flow remembers. */
const mostLayouts = 64;

/**
 * Learns which numbers a script reads of most records, and lets the companion module put them into
 * a table that stands for the flow's `__index`: Lua then finds them by itself. A write, or the end
 * of the call, puts the function back into its place.
 */
export class ShownNumbers {
  readonly #flows: Flows;
  readonly #flow: Flow;
  readonly #known = new Map<Layout, { shown: Shown | undefined; lessons: number }>();
  readonly #numbers: VmArea;

  constructor(flows: Flows, flow: Flow) {
    this.#flows = flows;
    this.#flow = flow;
    this.#numbers = new VmArea(flows.state);
  }

  /** Take what was read of `records` records of `layout`. */
  learn(layout: Layout, records: number): void {
    if (layout.address === 0 || this.#flow.read(place.index) === 0) return;
    const view = this.#flows.state.glue.view();
    if (view.getUint32(layout.address + 12, true) === 0) return;
    const known = this.#known.get(layout) ?? { shown: undefined, lessons };
    const often = this.#takeReads(layout, records);
    if (known.lessons === 0) return;
    known.lessons--;
    this.#remember(layout, known);
    if (often.length === 0) return;
    const fields = new Set([...(known.shown?.fields ?? []), ...often]);
    this.#release(known.shown);
    known.shown = this.#create(fields);
  }

  /** Show what was learnt of `layout` from the next record on. */
  use(layout: Layout): void {
    const shown = this.#known.get(layout)?.shown;
    this.#flow.write(place.shown, shown?.table ?? 0);
    if (shown === undefined) return;
    const { state } = this.#flows;
    this.#numbers.reserve(numberOctets * shown.fields.size);
    let at = this.#numbers.address;
    this.#flow.write(place.numbers, at);
    const view = state.glue.view();
    for (const { offset, length, field } of shown.fields) {
      view.setUint32(at, offset, true);
      view.setUint32(at + 4, 64 - 8 * length, true);
      const slot = slotOf(state, shown.table, layout.keys.get(field.name) ?? 0);
      if (slot === 0) throw new Error(`Cannot show ${field.name}: its table lacks it`);
      view.setUint32(at + 8, slot, true);
      at += numberOctets;
    }
    this.#flow.write(place.numbersEnd, at);
  }

  /** The fields that were read often; their counts start again. */
  #takeReads(layout: Layout, records: number): FieldAccess[] {
    const view = this.#flows.state.glue.view();
    view.setUint32(layout.address + 12, 0, true);
    const often: FieldAccess[] = [];
    const byIndex = new Map<number, FieldAccess>();
    for (const access of layout.byName.values()) {
      if (access.kind === "field") byIndex.set(access.index, access);
    }
    for (let nth = 0; nth < layout.entries; nth++) {
      const entry = layout.address + headOctets + entryOctets * nth;
      const reads = view.getUint16(entry + 14, true);
      view.setUint16(entry + 14, 0, true);
      const described = view.getUint32(entry + 4, true);
      const access = byIndex.get(described >>> 8);
      const isNumber = (described & 0xff) === fieldKind.unsigned;
      if (isNumber && access !== undefined && rarely * reads >= records) often.push(access);
    }
    return often;
  }

  #remember(layout: Layout, known: { shown: Shown | undefined; lessons: number }): void {
    if (!this.#known.has(layout) && this.#known.size >= mostLayouts) {
      for (const { shown } of this.#known.values()) this.#release(shown);
      this.#known.clear();
    }
    this.#known.set(layout, known);
  }

  #release(shown: Shown | undefined): void {
    const { state } = this.#flows;
    if (shown !== undefined) state.x.luaL_unref(state.current, lua.registryIndex, shown.ref);
  }

  #create(fields: ReadonlySet<FieldAccess>): Shown {
    const { state } = this.#flows;
    let shown: Shown | undefined;
    state.protect((L) => {
      const { x } = state;
      x.lua_createtable(L, 0, fields.size);
      for (const { field } of fields) {
        state.pushString(L, field.name);
        x.lua_pushinteger(L, 0n);
        x.lua_rawset(L, -3);
      }
      this.#pushMetatable(L);
      x.lua_setmetatable(L, -2);
      const table = x.lua_topointer(L, -1);
      shown = { ref: x.luaL_ref(L, lua.registryIndex), table, fields };
      return 0;
    });
    return shown as Shown;
  }

  /** What the table lacks is asked of the flow. */
  #pushMetatable(L: StatePointer): void {
    const { state, module } = this.#flows;
    const { x } = state;
    x.lua_createtable(L, 0, 1);
    state.pushString(L, "__index");
    x.lua_rawgeti(L, lua.registryIndex, BigInt(this.#flow.ref));
    x.lua_pushcclosure(L, module.pointers.indexBeside, 1);
    x.lua_rawset(L, -3);
  }
}
