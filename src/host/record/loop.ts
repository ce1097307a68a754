import { ConfigError } from "../../errors.ts";
import type { RecordBatch } from "../../ipfix/batch.ts";
import type { LuaEngine } from "../../lua/engine.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import { readIpfixBatches } from "./file.ts";
import { borrowFlow, type Flow, returnFlow } from "./flow.ts";

/** A loop under way: it has a flow of its own, so that loops nest. */
interface Reader {
  readonly batches: Generator<RecordBatch>;
  readonly flow: Flow;
  batch: RecordBatch | undefined;
  next: number;
}

/** The loops over files that run in one engine, by number. */
export class RecordLoops {
  readonly #engine: LuaEngine;
  readonly #readers = new Map<number, Reader>();
  #opened = 0;

  constructor(engine: LuaEngine) {
    this.#engine = engine;
  }

  /** Open a file; returns the number of its loop. @throws {TransportError} */
  open(path: string): number {
    const batches = readIpfixBatches(path);
    const first = batches.next();
    const flow = borrowFlow(this.#engine.state);
    const id = ++this.#opened;
    this.#readers.set(id, { batches, flow, batch: undefined, next: 0 });
    this.#take(this.#readers.get(id) as Reader, first);
    return id;
  }

  /** Raw: the loop's number at index 1; pushes its next flow, or nil and closes it. */
  step(L: StatePointer): number {
    const { x } = this.#engine.state;
    const id = Number(x.lua_tointegerx(L, 1, 0));
    const reader = this.#readers.get(id);
    if (reader === undefined) {
      throw new ConfigError("bad-value", "", "Cannot go on reading flows: the loop has ended");
    }
    while (reader.batch !== undefined && reader.next >= reader.batch.count) {
      this.#take(reader, reader.batches.next());
    }
    if (reader.batch === undefined) {
      this.close(id);
      x.lua_pushnil(L);
      return 1;
    }
    reader.flow.moveTo(reader.batch, reader.next++);
    x.lua_rawgeti(L, lua.registryIndex, BigInt(reader.flow.ref));
    return 1;
  }

  /** Close the file of a loop; closing twice is nothing. */
  close(id: number): void {
    const reader = this.#readers.get(id);
    if (reader === undefined) return;
    this.#readers.delete(id);
    reader.batches.return(undefined);
    reader.flow.leave();
    returnFlow(this.#engine.state, reader.flow);
  }

  /** Go to the next batch of Data Records; Options Templates are for collectors. */
  #take(reader: Reader, result: IteratorResult<RecordBatch>): void {
    let next = result;
    while (!next.done && next.value.template.scopeCount > 0) next = reader.batches.next();
    reader.batch = next.done ? undefined : next.value;
    reader.next = 0;
    if (reader.batch === undefined) return;
    reader.flow.open(reader.batch);
    // Changes are for the script's eyes: what it writes goes nowhere.
    reader.flow.cursor.output.begin(reader.batch, () => {});
  }
}
