import { expect, test } from "vitest";
import { evaluateConfiguration } from "../../src/engine/conf/configuration.ts";
import type { LaneEvent } from "../../src/engine/lane-thread.ts";
import { createParts } from "../../src/engine/parts.ts";
import type { RecordBatch } from "../../src/ipfix/batch.ts";
import { octetBatch } from "../support/parts.ts";

/** The mediator `m` of a conf.lua, whose function has `body`; what it says goes to `events`. */
function mediatorOf(body: string, more = "") {
  const source = `collector "c" { listen = "udp://127.0.0.1:0" }
mediator "m" { from = "c", ${more} each = function(flow) ${body} end }`;
  const configuration = evaluateConfiguration(source, "conf.lua", { print: () => undefined });
  expect(configuration.problems).toEqual([]);
  const [declaration] = configuration.wanted.mediator;
  if (declaration === undefined) throw new Error("no mediator");
  const events: LaneEvent[] = [];
  const stage = createParts(".", (event) => events.push(event)).mediator(
    declaration,
    configuration,
  );
  const kept: number[] = [];
  const sink = (batch: RecordBatch) => {
    for (let i = 0; i < batch.count; i++) kept.push(batch.bytes[batch.offsets[i] ?? 0] ?? -1);
  };
  return { stage, kept, sink, events };
}

test("a mediator that never ends loses its records, which are counted, and nothing else", () => {
  const { stage, kept, sink, events } = mediatorOf(
    "while flow.protocolIdentifier > 1 do pcall(error) end return flow",
  );
  stage.process(octetBatch(1, 2, 3, 4), sink);
  stage.process(octetBatch(1, 1), sink);
  expect(kept).toEqual([1, 1, 1]);
  expect(stage.counters()).toEqual({ in: 6, out: 3, filtered: 0, errors: 3, emitted: 0 });
  expect(events).toMatchObject([
    { level: "warn", message: expect.stringMatching(/conf\.lua:2: .*still runs after 1000 ms/) },
  ]);
});

test("a mediator's mistake is told once, with its line", () => {
  const { stage, kept, sink, events } = mediatorOf("return flow.protocolIdentifer");
  stage.process(octetBatch(1, 2), sink);
  expect(kept).toEqual([]);
  expect(stage.counters()).toMatchObject({ in: 2, errors: 2 });
  expect(events).toMatchObject([
    {
      message: expect.stringMatching(/conf\.lua:2: .*did you mean "protocolIdentifier"/),
      fields: { from: "m" },
    },
  ]);
});

test("where keeps records from the function, and every record is counted", () => {
  const where = 'where = "protocolIdentifier > 2",';
  const { stage, kept, sink } = mediatorOf(
    "if flow.protocolIdentifier ~= 5 then return flow end",
    where,
  );
  stage.process(octetBatch(1, 2, 3, 4, 5, 6, 1, 7), sink);
  stage.process(octetBatch(9, 9), sink);
  stage.process(octetBatch(1, 1), sink);
  expect(kept).toEqual([3, 4, 6, 7, 9, 9]);
  expect(stage.counters()).toEqual({
    in: 12,
    out: 6,
    filtered: 1,
    errors: 0,
    emitted: 0,
    unmatched: 5,
    damaged: 0,
  });
});
