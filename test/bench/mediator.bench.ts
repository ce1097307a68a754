import { bench, describe } from "vitest";
import { TimeBudget } from "../../src/engine/time-budget.ts";
import { createRecordStage } from "../../src/host/record-stage.ts";
import { createWhereStage } from "../../src/host/where-stage.ts";
import type { RecordBatch } from "../../src/ipfix/batch.ts";
import { createRecordFilter } from "../../src/ipfix/where/filter.ts";
import { createLuaEngine } from "../../src/lua/engine.ts";
import { LuaFunction } from "../../src/lua/values.ts";
import { batchOf, templateOf } from "../support/ipfix.ts";

/**
 * `npm run bench`: how many batches of 1 000 records a mediator takes, beside plain JavaScript
 * objects that do the same. The ratios count, not the times.
 */

const template = templateOf(256, [
  "flowStartMilliseconds",
  "flowEndMilliseconds",
  "octetDeltaCount",
  "packetDeltaCount",
  "sourceIPv4Address",
  "destinationIPv4Address",
  "sourceTransportPort",
  "destinationTransportPort",
  "protocolIdentifier",
  "flowEndReason",
  "ipClassOfService",
  ["tcpControlBits", 2],
  "ingressInterface",
  "egressInterface",
  "vlanId",
]);
const portAt = 8 + 8 + 8 + 8 + 4 + 4 + 2;
const octetsAt = 8 + 8;

/** 1 000 records, `percent` of which go to port 443. */
function batchWith(percent: number): RecordBatch {
  return batchOf(
    template,
    Array.from({ length: 1_000 }, (_, i) => {
      const record = new Uint8Array(template.minimumLength);
      const view = new DataView(record.buffer);
      view.setUint16(portAt, (7 * i) % 100 < percent ? 443 : 53);
      view.setBigUint64(octetsAt, 1_000n);
      return record;
    }),
  );
}

const batch = batchWith(30);
const sink = (_: RecordBatch) => undefined;

function stageOf(body: string, budget?: TimeBudget) {
  const engine = createLuaEngine({ profile: "pipeline", ...(budget && { poll: budget.poll }) });
  const [each] = engine.run(`return function(flow) ${body} end`, "bench.lua");
  if (!(each instanceof LuaFunction)) throw new Error("no function");
  const onError = (error: Error) => {
    throw error;
  };
  return createRecordStage({ engine, each, name: "bench", onError });
}

const body = `if flow.destinationTransportPort == 443 then
  flow.octetDeltaCount = flow.octetDeltaCount * 2
  return flow
end`;

/** The same by hand: an object a record, a callback, and the record written again. */
function plainObjects({ bytes, offsets, count }: RecordBatch): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const out = new Uint8Array(bytes.length);
  const outView = new DataView(out.buffer);
  let end = 0;
  for (let i = 0; i < count; i++) {
    const start = offsets[i] as number;
    const next = offsets[i + 1] as number;
    const flow = callback({
      octetDeltaCount: view.getBigUint64(start + octetsAt),
      destinationTransportPort: view.getUint16(start + portAt),
    });
    if (flow === undefined) continue;
    out.set(bytes.subarray(start, next), end);
    outView.setBigUint64(end + octetsAt, flow.octetDeltaCount);
    end += next - start;
  }
  return end;
}

interface PlainFlow {
  octetDeltaCount: bigint;
  destinationTransportPort: number;
}

function callback(flow: PlainFlow): PlainFlow | undefined {
  if (flow.destinationTransportPort !== 443) return undefined;
  flow.octetDeltaCount *= 2n;
  return flow;
}

describe("a mediator over 1 000 records, 30 % of which it changes and keeps", () => {
  const stage = stageOf(body);
  const budget = new TimeBudget();
  const bounded = stageOf(body, budget);
  const filter = stageOf("if flow.destinationTransportPort == 443 then return flow end");
  const identity = stageOf("return flow");

  bench("plain JavaScript objects", () => void plainObjects(batch));
  bench("Lua", () => stage.process(batch, sink));
  bench("Lua within a time budget", () => budget.run(1_000, () => bounded.process(batch, sink)));
  bench("Lua, filter only", () => filter.process(batch, sink));
  bench("Lua, everything kept", () => identity.process(batch, sink));
});

describe.for([5, 30, 100])("the same mediator, %i percent of the records match", (percent) => {
  const some = batchWith(percent);
  const stage = stageOf(body);
  const changing = stageOf("flow.octetDeltaCount = flow.octetDeltaCount * 2 return flow");
  const filter = createRecordFilter("destinationTransportPort == 443");
  const pushed = createWhereStage(filter, changing);

  bench("if in Lua", () => stage.process(some, sink));
  bench("where", () => pushed.process(some, sink));
});
