import { ConfigError } from "../../errors.ts";
import type { BatchSink, RecordBatch } from "../../ipfix/batch.ts";
import { limits } from "../../limits.ts";
import { place } from "../../lua/record/module.ts";
import { VmArea } from "../../lua/record/vm-area.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import { type Origin, RecordCursor } from "./cursor.ts";
import type { Flows } from "./flows.ts";
import { ShownNumbers } from "./shown.ts";

/** Where records of another Message begin in what leaves. */
interface Segment {
  readonly origin: Origin;
  readonly first: number;
}

/**
 * The flow that a script sees: one Lua object for all records of a stage or loop. A batch lies in
 * the VM's memory, where the companion modules read, write and gather its records:
 *
 *     batch:   | offsets | records |        output:  | records that leave |  | their offsets |
 */
export class Flow extends RecordCursor {
  /** Registry slot of the Lua object. */
  readonly ref: number;
  /** How errors call the stage that uses the flow. */
  stage = "";
  readonly #flows: Flows;
  readonly #batch: VmArea;
  readonly #output: VmArea;
  readonly #outputOffsets: VmArea;
  readonly #shown: ShownNumbers;
  readonly #segments: Segment[] = [];
  /** Octets of the batch. */
  #octets = 0;
  /** What left last, for its receiver. */
  #bytes = new Uint8Array(0);
  #offsets = new Uint32Array(0);

  constructor(flows: Flows, { address, ref }: { readonly address: number; readonly ref: number }) {
    super(flows.state, address);
    this.#flows = flows;
    this.ref = ref;
    this.#batch = new VmArea(this.state);
    this.#output = new VmArea(this.state);
    this.#outputOffsets = new VmArea(this.state);
    this.#shown = new ShownNumbers(flows, this);
  }

  /** Take the batch whose records come next; what leaves it can be gathered if `gathers`. */
  open(batch: RecordBatch, gathers: boolean): void {
    const { bytes, offsets, count } = batch;
    this.leave();
    const { layout } = this.origin ?? {};
    if (layout !== undefined) this.#shown.learn(layout, this.read(place.count));
    this.origin = this.#flows.originOf(batch);
    this.#shown.use(this.origin.layout);
    const [first, last] = [offsets[0] as number, offsets[count] as number];
    const table = 4 * (count + 1);
    this.#octets = last - first;
    this.#batch.reserve(table + last - first);
    const { address } = this.#batch;
    const memory = this.state.glue.bytes();
    memory.set(bytes.subarray(first, last), address + table);
    new Uint32Array(memory.buffer, address, count + 1).set(offsets.subarray(0, count + 1));
    this.write(place.layout, this.origin.layout.address);
    this.write(place.base, address + table - first);
    this.write(place.offsets, address);
    this.write(place.count, count);
    for (const at of cleared) this.write(at, 0);
    this.#segments.length = 0;
    if (gathers) this.#openOutput(last - first, count);
  }

  /** Whether a record has not been handed over. */
  get hasMore(): boolean {
    return this.read(place.next) < this.read(place.count);
  }

  /** Call the function at stack index 1 with each record that is left. */
  run(L: StatePointer): void {
    this.state.x.lua_rawgeti(L, lua.registryIndex, BigInt(this.ref));
    this.#flows.runs(this, () => this.#flows.module.run(L, this.address));
  }

  /** No record is at hand any more. */
  leave(): void {
    this.write(place.start, 0);
    this.#flows.module.forget(this.address);
  }

  /** Nothing comes. */
  openNothing(): void {
    this.write(place.next, 0);
    this.write(place.count, 0);
  }

  /** The function returned something else. @throws {ConfigError} always. */
  refuse(): never {
    const detail = `Cannot use what ${this.stage} returned`;
    const expected = "expected the flow, true, false or nothing";
    throw new ConfigError("wrong-type", "", `${detail}: ${expected}`);
  }

  /** Put together what leaves; returns its records. @throws {LuaError} without memory. */
  gather(): number {
    this.leave();
    if (this.#isUntouched()) return this.read(place.count);
    const { module } = this.#flows;
    // With room for the whole batch no error can be raised.
    if (this.#hasRoom()) module.closeRun(this.state.current, this.address);
    else {
      this.state.protect((L) => {
        module.closeRun(L, this.address);
        return 0;
      });
    }
    return this.read(place.outputRecords);
  }

  /** Hand over what was gathered; `batch` itself when all of it leaves unchanged. */
  finish(batch: RecordBatch, sink: BatchSink): void {
    if (this.#isUntouched()) {
      if (batch.count > 0) sink(batch);
      return;
    }
    const records = this.#copyOut();
    if (records > 0) this.#hand(batch, records, sink);
  }

  /** Make room in the output for `place.wanted` octets and as many records as the batch has. */
  makeRoom(): void {
    const wanted = this.read(place.wanted);
    if (wanted === 0) {
      const most = `expected at most ${limits.luaStageOctets} octets from one batch`;
      throw new ConfigError("limit", "", `Cannot emit more records: ${most}`);
    }
    const records = this.read(place.outputRecords) + this.read(place.count) + 1;
    this.#reserveOutput(this.read(place.outputUsed) + wanted, records);
  }

  /** A record that lies at `start`, of another batch, leaves now. */
  emit(L: StatePointer, cursor: RecordCursor): void {
    const { module } = this.#flows;
    const [start, end] = [cursor.read(place.start), cursor.read(place.end)];
    const origin = cursor.origin as Origin;
    if (origin === this.origin) {
      module.emitFrom(L, this.address, start, end - start);
      return;
    }
    module.closeRun(L, this.address);
    this.#segments.push({ origin, first: this.read(place.outputRecords) });
    module.emitFrom(L, this.address, start, end - start);
    this.#segments.push({
      origin: this.origin as Origin,
      first: this.read(place.outputRecords),
    });
  }

  #openOutput(octets: number, records: number): void {
    this.#reserveOutput(octets, records);
    this.state.glue.view().setUint32(this.#outputOffsets.address, 0, true);
  }

  #reserveOutput(octets: number, records: number): void {
    const room = 4 * (records + 1);
    this.#output.reserve(octets, this.read(place.outputUsed));
    this.#outputOffsets.reserve(room, 4 * (this.read(place.outputRecords) + 1));
    this.write(place.output, this.#output.address);
    this.write(place.outputRoom, this.#output.octets);
    this.write(place.outputOffsets, this.#outputOffsets.address);
    this.write(place.outputRecordRoom, Math.floor(this.#outputOffsets.octets / 4) - 1);
  }

  #hasRoom(): boolean {
    const octets = this.read(place.outputUsed) + this.#octets;
    const records = this.read(place.outputRecords) + this.read(place.count);
    return octets <= this.read(place.outputRoom) && records <= this.read(place.outputRecordRoom);
  }

  #isUntouched(): boolean {
    return (
      this.read(place.written) === 0 &&
      this.read(place.outputRecords) === 0 &&
      this.read(place.runStart) === 0 &&
      this.read(place.runEnd) === this.read(place.count)
    );
  }

  /** Copy the output out of the VM, whose memory may move; returns its records. */
  #copyOut(): number {
    const records = this.read(place.outputRecords);
    const used = this.read(place.outputUsed);
    if (used > this.#bytes.length) this.#bytes = new Uint8Array(2 * used);
    if (records >= this.#offsets.length) this.#offsets = new Uint32Array(2 * records + 2);
    const memory = this.state.glue.bytes();
    const at = this.read(place.output);
    this.#bytes.set(memory.subarray(at, at + used));
    this.#offsets.set(new Uint32Array(memory.buffer, this.read(place.outputOffsets), records + 1));
    return records;
  }

  #hand(batch: RecordBatch, records: number, sink: BatchSink): void {
    const own = { origin: this.origin as Origin, first: 0 };
    const segments = [own, ...this.#segments];
    for (const [i, { origin, first }] of segments.entries()) {
      const count = (segments[i + 1]?.first ?? records) - first;
      if (count === 0) continue;
      const { domain, exportTime, template, templates } = origin;
      const offsets = this.#offsets.subarray(first, first + count + 1);
      const bytes = this.#bytes;
      const layout = undefined; // what a script made was no Set of the source's
      sink({ ...batch, domain, exportTime, template, templates, bytes, offsets, count, layout });
    }
  }
}

/** What starts at 0 for each batch. */
const cleared = [
  place.written,
  place.filtered,
  place.next,
  place.runStart,
  place.runEnd,
  place.output,
  place.outputUsed,
  place.outputRecords,
] as const;
