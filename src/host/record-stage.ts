import { ConfigError } from "../errors.ts";
import type { BatchSink, RecordBatch } from "../ipfix/batch.ts";
import { limits } from "../limits.ts";
import type { LuaEngine } from "../lua/engine.ts";
import { LuaError } from "../lua/errors.ts";
import type { LuaFunction } from "../lua/values.ts";
import { lua, type StatePointer } from "../lua/vm/exports.ts";
import { borrowFlow, type Flow, returnFlow } from "./record/flow.ts";

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
  /** `in` is always `out + filtered + errors`. */
  counters(): { in: number; out: number; filtered: number; errors: number };
  /** Give up what the stage holds in the engine, but not its function. */
  close(): void;
}

/**
 * Create a stage. Records of Options Templates pass untouched. An error loses its record only.
 * A negative integer from Lua never becomes an unsigned field: it is an error of that record.
 */
export function createRecordStage(options: RecordStageOptions): RecordStage {
  const flow = borrowFlow(options.engine.state);
  const counts = { in: 0, out: 0, filtered: 0, errors: 0 };
  const told = new Set<string>();

  function fail(error: LuaError): void {
    counts.errors++;
    if (told.has(error.message) || told.size >= limits.toldErrors) return;
    told.add(error.message);
    options.onError?.(error);
  }

  function process(batch: RecordBatch, sink: BatchSink): void {
    counts.in += batch.count;
    if (batch.template.scopeCount > 0) {
      counts.out += batch.count;
      sink(batch);
      return;
    }
    flow.open(batch);
    const { output } = flow.cursor;
    output.begin(batch, sink);
    const progress = { next: 0, filtered: 0 };
    while (progress.next < batch.count) {
      try {
        runRecords({ ...options, flow, batch, progress });
      } catch (error) {
        if (!(error instanceof LuaError)) throw error;
        fail(error);
      } finally {
        flow.leave();
      }
    }
    output.finish();
    counts.filtered += progress.filtered;
    counts.out += output.records;
  }

  return {
    process,
    counters: () => ({ ...counts }),
    close: () => returnFlow(options.engine.state, flow),
  };
}

interface Run extends RecordStageOptions {
  readonly flow: Flow;
  readonly batch: RecordBatch;
  /** The record that comes next: an error leaves it behind the record that failed. */
  readonly progress: { next: number; filtered: number };
}

/** Run records in one protected call until the batch ends or a record fails. */
function runRecords({ engine, each, name, flow, batch, progress }: Run): void {
  const { state } = engine;
  const { x } = state;
  const { cursor, pointer } = flow;
  const { output } = cursor;
  state.protect((L) => {
    engine.pushFunction(L, each);
    x.lua_rawgeti(L, lua.registryIndex, BigInt(flow.ref));
    while (progress.next < batch.count) {
      const index = progress.next++;
      flow.moveTo(batch, index);
      x.lua_pushvalue(L, 1);
      x.lua_pushvalue(L, 2);
      x.lua_callk(L, 1, 1, 0, 0);
      const kept = x.lua_touserdata(L, 3) === pointer || isKept(engine, L, name);
      x.lua_settop(L, 2);
      if (!kept) progress.filtered++;
      else if (cursor.changed) output.keepChange(cursor.end);
      else output.keep(index);
    }
    return 0;
  });
}

/** Whether the result at index 3, which is not the flow, keeps the record. */
function isKept({ state }: LuaEngine, L: StatePointer, name: string): boolean {
  const kind = state.x.lua_type(L, 3);
  if (kind === lua.type.nil) return false;
  if (kind === lua.type.boolean) return state.x.lua_toboolean(L, 3) !== 0;
  const detail = `Cannot use what ${name} returned: expected the flow, true, false or nothing`;
  throw new ConfigError("wrong-type", "", detail);
}
