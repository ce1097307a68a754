import type { RecordBatch } from "../../ipfix/batch.ts";
import type { LuaEngine } from "../../lua/engine.ts";
import type { StatePointer } from "../../lua/vm/exports.ts";
import { readIpfixBatches } from "./file.ts";
import type { Flow } from "./flow.ts";
import { Flows } from "./flows.ts";

/** A loop under way: it has a flow of its own, so that loops nest. */
interface Reader {
  readonly batches: Generator<RecordBatch>;
  readonly flow: Flow;
}

/** The loops over files that run in one engine, by number. */
export class RecordLoops {
  readonly #engine: LuaEngine;
  readonly #readers = new Map<number, Reader>();

  constructor(engine: LuaEngine) {
    this.#engine = engine;
  }

  /** Made when the first loop starts: most scripts have none. */
  get #flows(): Flows {
    return Flows.of(this.#engine.state);
  }

  /** Open a file; returns the number of its loop. @throws {TransportError} */
  open(path: string): number {
    const batches = readIpfixBatches(path);
    const first = batches.next();
    const flow = this.#flows.borrow();
    const loop = this.#flows.beginLoop(flow, () => {
      if (this.#take(loop, batches.next())) return true;
      this.close(loop);
      return false;
    });
    this.#readers.set(loop, { batches, flow });
    if (!this.#take(loop, first)) flow.openNothing();
    return loop;
  }

  /** Raw: push the iterator of the loop whose number is at index 1. */
  iterator(L: StatePointer): number {
    const loop = Number(this.#flows.state.x.lua_tointegerx(L, 1, 0));
    this.#flows.pushIterator(L, (this.#readers.get(loop) as Reader).flow, loop);
    return 1;
  }

  /** Close the file of a loop; closing twice is nothing. */
  close(loop: number): void {
    const reader = this.#readers.get(loop);
    if (reader === undefined) return;
    this.#readers.delete(loop);
    reader.batches.return(undefined);
    this.#flows.endLoop(loop);
    this.#flows.return(reader.flow);
  }

  /** Go to the next batch of Data Records; Options Templates are for collectors. */
  #take(loop: number, result: IteratorResult<RecordBatch>): boolean {
    const { batches, flow } = this.#readers.get(loop) as Reader;
    let next = result;
    while (!next.done && next.value.template.scopeCount > 0) next = batches.next();
    if (next.done) return false;
    // Changes are for the script's eyes: what it writes goes nowhere.
    flow.open(next.value, false);
    return true;
  }
}
