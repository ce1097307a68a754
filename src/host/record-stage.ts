import type { BatchSink, RecordBatch } from "../ipfix/batch.ts";
import { limits } from "../limits.ts";
import type { LuaEngine } from "../lua/engine.ts";
import { LuaError } from "../lua/errors.ts";
import { place } from "../lua/record/module.ts";
import type { LuaFunction } from "../lua/values.ts";
import type { Flow } from "./record/flow.ts";
import { Flows } from "./record/flows.ts";

/** What a stage runs. */
export interface RecordStageOptions {
  readonly engine: LuaEngine;
  /** Gets each flow; returns it to keep it, or true; nil or false drops it. */
  readonly each: LuaFunction;
  /** How errors call the stage, such as `mediator "web"`. */
  readonly name: string;
  /** Told of each different error once; every one of them is counted. */
  onError?(error: LuaError): void;
}

/** A Lua function between batches. */
export interface RecordStage {
  /** Hand `batch` through the function; what it keeps reaches `sink` before this returns. */
  process(batch: RecordBatch, sink: BatchSink): void;
  /** `in + emitted` is always `out + filtered + errors`. */
  counters(): Readonly<StageCounters>;
  /** Give up what the stage holds in the engine, but not its function. */
  close(): void;
}

/** Records, by what became of them. */
interface StageCounters {
  in: number;
  out: number;
  filtered: number;
  errors: number;
  /** Records that left by `flow:emit()`, beside those that were handed in. */
  emitted: number;
}

/**
 * Create a stage. Records of Options Templates, and what only announces a Template, pass untouched.
 * An error loses its record only.
 * A negative integer from Lua never becomes an unsigned field: it is an error of that record.
 */
export function createRecordStage(options: RecordStageOptions): RecordStage {
  const { engine, each, name } = options;
  const flows = Flows.of(engine.state);
  const flow = flows.borrow();
  const counts = { in: 0, out: 0, filtered: 0, errors: 0, emitted: 0 };
  const told = new Set<string>();

  function tell(error: LuaError): void {
    if (told.has(error.message) || told.size >= limits.toldErrors) return;
    told.add(error.message);
    options.onError?.(error);
  }

  /** Run `body`; false, and the error is told, when Lua fails. */
  function attempt(body: () => void): boolean {
    try {
      body();
      return true;
    } catch (error) {
      if (!(error instanceof LuaError)) throw error;
      tell(error);
      return false;
    } finally {
      flow.leave();
    }
  }

  function process(batch: RecordBatch, sink: BatchSink): void {
    counts.in += batch.count;
    if (batch.template.scopeCount > 0 || batch.count === 0) {
      counts.out += batch.count;
      sink(batch);
      return;
    }
    flow.stage = name;
    if (!attempt(() => flow.open(batch, true))) {
      counts.errors += batch.count;
      return;
    }
    let errors = 0;
    while (flow.hasMore) {
      if (!attempt(() => run(engine, each, flow))) errors++;
    }
    const filtered = flow.read(place.filtered);
    let out = 0;
    const gathered = attempt(() => {
      out = flow.gather();
    });
    if (!gathered) errors = batch.count - filtered;
    counts.errors += errors;
    counts.filtered += filtered;
    counts.out += out;
    counts.emitted += out + filtered + errors - batch.count;
    if (gathered) flow.finish(batch, sink);
  }

  return {
    process,
    counters: () => ({ ...counts }),
    close: () => flows.return(flow),
  };
}

/** Run records in one protected call until the batch ends or a record fails. */
function run(engine: LuaEngine, each: LuaFunction, flow: Flow): void {
  engine.state.protect((L) => {
    engine.pushFunction(L, each);
    flow.run(L);
    return 0;
  });
}
