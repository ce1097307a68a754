import { limits } from "../../limits.ts";
import type { LuaState, RawFunction } from "../state.ts";
import { loadCompanion } from "./load.ts";
import { recordWasm } from "./record-wasm.ts";

/** Octets of an entry of a field table; see `record.wat`. */
const entryBytes = 12;

/** A table of fields in the VM's memory, by the address of their key. */
export interface FieldTable {
  readonly address: number;
  /** Entries, a power of two, more than there will ever be fields. */
  readonly entries: number;
  /** Fields in it. */
  count: number;
}

interface Companion {
  moveTo(start: number): void;
  useTable(start: number, entriesLessOne: number): void;
  readonly index: (L: number) => number;
}

/**
 * The `__index` of one flow object, which reads integers at fixed places within the VM and leaves
 * everything else to `index`. What it reads is a copy: tell it by `leave` when a record changes.
 */
export class RecordReader {
  /** The function, for `lua_pushcclosure`. */
  readonly pointer: number;
  readonly #state: LuaState;
  readonly #companion: Companion;
  /** The batch in the VM's memory. */
  #memory = 0;
  #capacity = 0;
  /** Where the octet at offset 0 of the batch would be; 0 while the batch is not there. */
  #base = 0;

  constructor(state: LuaState, index: RawFunction) {
    this.#state = state;
    this.#companion = loadCompanion(state, recordWasm, { index: state.guarded(index) });
    this.pointer = state.glue.pointerTo(this.#companion.index);
  }

  /** Make room for the fields of a Template; nothing when the VM has given enough to others. */
  createTable(fields: number): FieldTable | undefined {
    const { glue, x } = this.#state;
    const entries = 2 ** Math.ceil(Math.log2(2 * fields + 2));
    if (this.#state.fieldTables >= limits.luaFieldTables) return undefined;
    const address = x.malloc(entries * entryBytes);
    if (address === 0) return undefined;
    this.#state.fieldTables++;
    glue.bytes().fill(0, address, address + entries * entryBytes);
    return { address, entries, count: 0 };
  }

  /** Let the key at `pointer`, which must stay where it is, read `length` octets at `offset`. */
  addField(table: FieldTable, pointer: number, at: { offset: number; length: number }): void {
    if (table.count >= table.entries / 2) return;
    const view = this.#state.glue.view();
    let place = (pointer >>> 3) & (table.entries - 1);
    const entry = () => table.address + entryBytes * place;
    while (view.getUint32(entry(), true) !== 0) place = (place + 1) & (table.entries - 1);
    view.setUint32(entry(), pointer, true);
    view.setUint32(entry() + 4, at.offset, true);
    view.setUint32(entry() + 8, at.length, true);
    table.count++;
  }

  /** Take `bytes[start .. end)`, the records that come next, and the table of their Template. */
  open(
    bytes: Uint8Array,
    [start, end]: readonly [number, number],
    table: FieldTable | undefined,
  ): void {
    this.#companion.moveTo(0);
    this.#base = 0;
    if (table === undefined || table.count === 0 || !this.#reserve(end - start)) return;
    this.#companion.useTable(table.address, table.entries - 1);
    this.#state.glue.bytes().set(bytes.subarray(start, end), this.#memory);
    this.#base = this.#memory - start;
  }

  /** The record at `start` of the batch comes next. */
  moveTo(start: number): void {
    if (this.#base !== 0) this.#companion.moveTo(this.#base + start);
  }

  /** The record at hand has changed, or is past: ask the host. */
  leave(): void {
    this.#companion.moveTo(0);
  }

  #reserve(bytes: number): boolean {
    if (bytes <= this.#capacity) return true;
    const { x } = this.#state;
    if (this.#memory !== 0) x.free(this.#memory);
    this.#memory = x.malloc(bytes);
    this.#capacity = this.#memory === 0 ? 0 : bytes;
    return this.#memory !== 0;
  }
}
