import { limits } from "../../limits.ts";
import { addressWasm } from "../companion/address-wasm.ts";
import { batchWasm } from "../companion/batch-wasm.ts";
import { loadCompanion } from "../companion/load.ts";
import { recordWasm } from "../companion/record-wasm.ts";
import { valueWasm } from "../companion/value-wasm.ts";
import type { LuaState, RawFunction } from "../state.ts";
import type { StatePointer } from "../vm/exports.ts";
import { verifyStackLayout } from "./stack-layout.ts";

/** Places in the memory of a flow, as `record.wat` and `batch.wat` have them. */
export const place = {
  mark: 0,
  /** Where the record at hand starts in the VM's memory; 0 while there is none. */
  start: 4,
  end: 8,
  /** The layout of its Template; 0 when the host reads all fields. */
  layout: 12,
  located: 16,
  /** Whether a field of a record of this batch was written. */
  written: 20,
  /** Records that were dropped. */
  filtered: 24,
  /** Whether the record at hand lies outside of the batch. */
  grown: 28,
  /** Where octet 0 of the batch would be. */
  base: 32,
  offsets: 36,
  count: 40,
  next: 44,
  runStart: 48,
  runEnd: 52,
  /** Where what leaves is gathered; 0 when nothing can leave. */
  output: 56,
  outputRoom: 60,
  outputUsed: 64,
  outputOffsets: 68,
  outputRecordRoom: 72,
  outputRecords: 76,
  /** Octets that the output lacks; 0 when it holds too many to emit more. */
  wanted: 80,
  /** The number of the loop that uses the flow. */
  loop: 84,
  /** Where the value of `__index` stands in the flow's own metatable; 0 when that is shared. */
  index: 88,
  /** The table that `__index` may be, 0 for none, and the numbers that are put into it. */
  shown: 92,
  numbers: 96,
  numbersEnd: 100,
} as const;

/** Octets of a flow in the VM's memory. */
export const flowOctets = 104;

/** What marks the memory of a flow. */
export const flowMark = 0x776f6c66;

/** What keys stand for, as `record.wat` reads it. */
export const fieldKind = {
  host: 0,
  absent: 1,
  method: 2,
  unsigned: 3,
  signed: 4,
  float: 5,
  boolean: 6,
  micros: 7,
  nanos: 8,
  ipv4: 9,
  ipv6: 10,
  mac: 11,
  text: 12,
  octets: 13,
  /** Octets that are no value of their type: written by the host. */
  misfit: 14,
} as const;

/** What the modules leave to the host; what these throw becomes a Lua error. */
export interface RecordHost {
  index: RawFunction;
  newIndex: RawFunction;
  emit: RawFunction;
  /** Make room for `place.wanted` octets and one more batch of records in the output, or refuse. */
  room(L: StatePointer, flow: number): void;
  /** What the function returned, at stack index 3, is nothing that a stage can use. */
  refuse(L: StatePointer, flow: number): void;
  /** Take the next batch of a loop; 0 when there is none. */
  more(L: StatePointer, flow: number): number;
}

/** The companion modules for records, beside one VM. */
export interface RecordModule {
  /** Pointers for `lua_pushcclosure`. */
  readonly pointers: {
    readonly index: number;
    /** Upvalue 1 is the flow. */
    readonly indexBeside: number;
    readonly newIndex: number;
    readonly emit: number;
    /** An iterator: upvalue 1 is the flow, upvalue 2 the number of its loop. */
    readonly next: number;
  };
  /** Call the function at stack index 1 with the flow at index 2 for each record that is left. */
  run(L: StatePointer, flow: number): void;
  /** Copy the run of records that leave to the output. */
  closeRun(L: StatePointer, flow: number): void;
  /** Copy a record from elsewhere to the output. */
  emitFrom(L: StatePointer, flow: number, start: number, octets: number): void;
  /** Where starts and ends of fields are kept: 8 octets, and 8 more for each field. */
  usePositions(at: number): void;
  /** What Lua would find of the record at hand without asking is past. */
  forget(flow: number): void;
}

interface ValueExports {
  readonly push: (L: number, kind: number, start: number, end: number) => void;
  useScratch(at: number): void;
}

interface RecordExports extends Pick<RecordModule, "usePositions" | "forget"> {
  readonly index: (L: number) => number;
  readonly indexBeside: (L: number) => number;
  readonly newindex: (L: number) => number;
  useScratch(at: number): void;
  useIndex(pointer: number): void;
}

interface BatchExports extends Pick<RecordModule, "run" | "closeRun" | "emitFrom"> {
  readonly next: (L: number) => number;
  readonly emit: (L: number) => number;
  setMost(octets: number): void;
}

/** Octets of the longest text of an address. */
const scratchOctets = 64;

/** Start the modules beside the VM of `state`. */
export function createRecordModule(state: LuaState, host: RecordHost): RecordModule {
  verifyStackLayout(state);
  const { glue, x } = state;
  const addresses = loadCompanion<Record<"ipv4" | "ipv6" | "mac", () => number>>(
    state,
    addressWasm,
  );
  const values = loadCompanion<ValueExports>(state, valueWasm, { ...addresses });
  const record = loadCompanion<RecordExports>(state, recordWasm, {
    push: values.push,
    index: state.guarded((L) => host.index(L)),
    newindex: state.guarded((L) => host.newIndex(L)),
  });
  const guarded = (fn: (L: StatePointer, flow: number) => number) => (L: number, flow: number) =>
    state.guarded((l) => fn(l, flow))(L);
  const batch = loadCompanion<BatchExports>(state, batchWasm, {
    emit: state.guarded((L) => host.emit(L)),
    more: guarded((L, flow) => host.more(L, flow)),
    room: guarded((L, flow) => {
      host.room(L, flow);
      return 0;
    }),
    refuse: guarded((L, flow) => {
      host.refuse(L, flow);
      return 0;
    }),
  });
  batch.setMost(limits.luaStageOctets);
  const scratch = x.malloc(scratchOctets);
  values.useScratch(scratch);
  record.useScratch(scratch);
  const index = glue.pointerTo(record.index);
  record.useIndex(index);
  return {
    pointers: {
      index,
      indexBeside: glue.pointerTo(record.indexBeside),
      newIndex: glue.pointerTo(record.newindex),
      emit: glue.pointerTo(batch.emit),
      next: glue.pointerTo(batch.next),
    },
    run: batch.run,
    closeRun: batch.closeRun,
    emitFrom: batch.emitFrom,
    usePositions: record.usePositions,
    forget: record.forget,
  };
}
