import fc from "fast-check";
import { expect, test } from "vitest";
import { createRecordStage } from "../../src/host/record-stage.ts";
import type { RecordBatch } from "../../src/ipfix/batch.ts";
import { limits } from "../../src/limits.ts";
import { LuaFunction } from "../../src/lua/values.ts";
import { hex, unhex } from "../support/hex.ts";
import { batchOf, createRecorder, templateOf } from "../support/ipfix.ts";
import { startEngine } from "../support/lua.ts";

const fixed = templateOf(256, ["octetDeltaCount", "destinationTransportPort"]);
const mixed = templateOf(257, ["interfaceName", "octetDeltaCount", ["applicationName", 65_535]]);
const record = (octets: number, port = 443) =>
  hex(`${octets.toString(16).padStart(16, "0")} ${port.toString(16).padStart(4, "0")}`);
const nothing = () => undefined;

function start(source: string) {
  const { engine, printed } = startEngine();
  const errors: string[] = [];
  const stageOf = (each: unknown) => {
    if (!(each instanceof LuaFunction)) throw new Error("no function");
    const onError = (error: Error) => errors.push(error.message);
    return createRecordStage({ engine, each, name: "m", onError });
  };
  const [each] = engine.run(source, "conf.lua");
  return { stage: stageOf(each), stageOf, errors, printed, engine };
}

type Stage = ReturnType<typeof start>["stage"];

function recordsOf(stage: Stage, batch: RecordBatch): string[] {
  const { onBatch, seen } = createRecorder();
  stage.process(batch, onBatch);
  return seen.map(({ bytes }) => bytes);
}

test("flow:copy() keeps the record as it was, whatever comes after", () => {
  const { stage, engine, errors } = start(`copies = {} return function(flow)
    copies[#copies + 1] = flow:copy()
    flow.octetDeltaCount = 0
    return flow
  end`);
  const names = fc.array(fc.uint8Array({ maxLength: 20 }), { minLength: 1, maxLength: 5 });
  const all: Uint8Array[] = [];
  fc.assert(
    fc.property(names, (list) => {
      const batch = list.map((name) =>
        Uint8Array.from([name.length, ...name, ...record(7).subarray(0, 8), 1, name.length]),
      );
      all.push(...batch);
      stage.process(batchOf(mixed, batch), nothing);
    }),
    { numRuns: 40 },
  );
  expect(errors).toEqual([]);
  const count = Number(engine.run("collectgarbage() return #copies", "late.lua")[0]);
  expect(count).toBe(all.length);
  for (const [i, octets] of all.entries()) {
    const [name, counter, application] = engine.run(
      "local c = copies[...] return c:raw('interfaceName'), c.octetDeltaCount, c:raw('applicationName')",
      "late.lua",
      [i + 1],
    );
    const length = octets[0] ?? 0;
    expect(Buffer.from(name as string).toString("hex")).toBe(
      Buffer.from(
        typeof name === "string" ? octets.subarray(1, 1 + length) : octets.subarray(1, 1 + length),
      ).toString("hex"),
    );
    expect([counter, Buffer.from(application as string)[0]]).toEqual([7, length]);
  }
});

test("a copy can be changed and grows, and is like any flow", () => {
  const { stage, engine } = start("return function(flow) kept = flow:copy() end");
  stage.process(batchOf(mixed, [hex("02 6162 0000000000000005 01 7a")]), nothing);
  const source = `kept.interfaceName = ("x"):rep(400)
    kept.octetDeltaCount = kept.octetDeltaCount + 1
    local twin = kept:copy()
    kept.interfaceName = "y"
    local names = {}
    for name in pairs(twin) do names[#names + 1] = name end
    return #twin.interfaceName, twin.octetDeltaCount, twin.applicationName,
      kept.interfaceName, kept:totable().octetDeltaCount, table.concat(names, " "), tostring(twin)`;
  expect(engine.run(source, "late.lua")).toEqual([
    400,
    6,
    "z",
    "y",
    6,
    "interfaceName octetDeltaCount applicationName",
    "flow (Template 257)",
  ]);
});

test("copies that nobody holds are given back", () => {
  const { stage, engine, errors } = start("return function(flow) local c = flow:copy() end");
  const big = hex(`ff ea60 ${"61".repeat(60_000)} 0000000000000005 00`);
  for (let i = 0; i < 20; i++) stage.process(batchOf(mixed, [big, big]), nothing);
  const before = engine.state.glue.bytes().length;
  for (let i = 0; i < 2_000; i++) stage.process(batchOf(mixed, [big, big]), nothing);
  expect(errors).toEqual([]);
  expect(engine.state.glue.bytes().length).toBeLessThan(before + 16_000_000);
});

test("flow:emit() lets the record leave as it is, before what comes later", () => {
  const { stage } = start(`return function(flow)
    if flow.octetDeltaCount == 2 then
      flow:emit()
      flow.octetDeltaCount = 20
      flow:emit()
      flow.octetDeltaCount = 200
      return flow
    end
    if flow.octetDeltaCount == 3 then
      flow:emit()
      return
    end
    return flow
  end`);
  expect(
    recordsOf(
      stage,
      batchOf(
        fixed,
        [1, 2, 3, 4].map((n) => record(n)),
      ),
    ),
  ).toEqual([1, 2, 20, 200, 3, 4].map((n) => unhex(record(n))));
  expect(stage.counters()).toEqual({ in: 4, out: 6, filtered: 1, errors: 0, emitted: 3 });
});

test("what was emitted leaves, though the record fails afterwards", () => {
  const { stage, errors } = start("return function(flow) flow:emit() error('late') end");
  expect(recordsOf(stage, batchOf(fixed, [record(1), record(2)]))).toEqual(
    [1, 2].map((n) => unhex(record(n))),
  );
  expect(errors).toEqual(["conf.lua:1: late"]);
  expect(stage.counters()).toEqual({ in: 2, out: 2, filtered: 0, errors: 2, emitted: 2 });
});

test("a copy is emitted with its own Template, domain and export time", () => {
  const { stage, errors } = start(`return function(flow)
    if kept then kept:emit() kept = nil end
    if flow.interfaceName then kept = flow:copy() return end
    return flow
  end`);
  const name = hex("02 6162 0000000000000005 00");
  const { onBatch, seen } = createRecorder();
  stage.process(batchOf(mixed, [name], { domain: 7, exportTime: 70 }), onBatch);
  stage.process(batchOf(fixed, [record(1), record(2)], { domain: 8, exportTime: 80 }), onBatch);
  expect(errors).toEqual([]);
  expect(seen.map(({ domain, exportTime, template }) => [domain, exportTime, template])).toEqual([
    [7, 70, 257],
    [8, 80, 256],
    [8, 80, 256],
  ]);
  expect(seen.map(({ bytes }) => bytes)).toEqual([name, record(1), record(2)].map(unhex));
});

test("a grown copy of this batch is emitted between its records", () => {
  const { stage, errors } = start(`return function(flow)
    local copy = flow:copy()
    copy.interfaceName = "long" .. copy.interfaceName
    copy:emit()
    return flow
  end`);
  const batch = batchOf(mixed, [
    hex("01 61 0000000000000005 00"),
    hex("01 62 0000000000000006 00"),
  ]);
  expect(recordsOf(stage, batch)).toEqual([
    "056c6f6e6761000000000000000500",
    "0161000000000000000500",
    "056c6f6e6762000000000000000600",
    "0162000000000000000600",
  ]);
  expect(errors).toEqual([]);
});

test("a record that emits without end is stopped, and the others leave", () => {
  const { stage, errors } = start(`return function(flow)
    while flow.octetDeltaCount == 2 do flow:emit() end
    return flow
  end`);
  const big = (octets: number) =>
    hex(`ff ea60 ${"61".repeat(60_000)} ${octets.toString(16).padStart(16, "0")} 00`);
  let octets = 0;
  let records = 0;
  stage.process(batchOf(mixed, [big(1), big(2), big(3)]), ({ bytes, offsets, count }) => {
    expect([bytes[60_010], bytes[(offsets[count] ?? 0) - 2]]).toEqual([1, 3]);
    octets += (offsets[count] ?? 0) - (offsets[0] ?? 0);
    records += count;
  });
  expect(errors).toEqual([expect.stringMatching(/Cannot emit more records: expected at most/)]);
  expect(octets).toBeGreaterThan(limits.luaStageOctets);
  expect(octets).toBeLessThan(limits.luaStageOctets + 1_000_000);
  expect(stage.counters()).toMatchObject({ in: 3, errors: 1, out: records });
});

test.for([
  ["kept.octetDeltaCount", /Cannot use a flow after its call: keep flow:copy\(\)/],
  ["kept:emit()", /Cannot use a flow after its call: keep flow:copy\(\)/],
  ["kept:copy()", /Cannot use a flow after its call/],
  ["kept:totable()", /Cannot use a flow after its call/],
  ["copied:emit()", /Cannot emit a flow here: expected the function of a mediator/],
  ["copied.copy({})", /expected a flow before the colon/],
  ["copied.emit('x')", /expected a flow before the colon/],
  ["copied.emit(io)", /expected a flow before the colon/],
  ["copied:raw('octetDeltaCoun')", /did you mean "octetDeltaCount"/],
  ["copied:raw(5)", /expected an element's name/],
  ["copied:items('octetDeltaCount')", /Cannot loop over octetDeltaCount: expected .* a list/],
] as const)("%s is refused where it stands", ([expression, message]) => {
  const { stage, engine } = start("return function(flow) kept = flow copied = flow:copy() end");
  stage.process(batchOf(fixed, [record(1)]), nothing);
  expect(() => engine.run(`local x = ${expression}`, "late.lua")).toThrow(message);
  expect(() => engine.run(`local x = ${expression}`, "late.lua")).toThrow(/late\.lua:1: /);
});

test("flow:raw() gives octets, and nil for what the record lacks", () => {
  const { stage, printed, errors } = start(`return function(flow)
    print((flow:raw("octetDeltaCount"):gsub(".", function(c) return ("%02x"):format(c:byte()) end)))
    print(flow:raw("sourceIPv4Address"))
  end`);
  stage.process(batchOf(fixed, [record(0x102)]), nothing);
  expect([printed, errors]).toEqual([["0000000000000102", "nil"], []]);
});

test("flow:items() makes the items of a list one by one, and outlasts the flow", () => {
  const inner = templateOf(300, ["protocolIdentifier", "interfaceName"]);
  const outer = templateOf(301, ["basicList", "subTemplateList", "protocolIdentifier"]);
  const { stage, printed, errors, engine } = start(`return function(flow)
    for i, port in flow:items("basicList") do print(i, port) end
    for i, item in flow:items("subTemplateList") do print(i, item.interfaceName) break end
    for i in flow:items("subTemplateMultiList") do print(i) end
    step, list, first = flow:items("subTemplateList")
  end`);
  const octets = hex("09 03 0007 0002 0035 01bb  0b 03 012c 06 02 6162 11 02 6364  06");
  const templates = (id: number) => (id === 300 ? inner : undefined);
  stage.process(batchOf(outer, [octets], { templates }), nothing);
  expect([printed, errors]).toEqual([["1\t53", "2\t443", "1\tab"], []]);
  const late =
    "collectgarbage() local _, item = step(list, 1) return item.interfaceName, step(list, 2)";
  expect(engine.run(late, "late.lua")).toEqual(["cd", undefined]);
  expect(() => engine.run("step({}, 0)", "late.lua")).toThrow(/expected the loop of flow:items/);
});

test("a flow of one stage can be read while another runs, and each keeps its own record", () => {
  const { stage, stageOf, engine, printed, errors } = start(`return function(flow)
    outer = flow
    inner()
    print(flow.octetDeltaCount, flow:raw("destinationTransportPort") == "\\1\\187")
    return flow
  end`);
  const [each] = engine.run(
    "return function(flow) print(flow.interfaceName, outer.octetDeltaCount, flow.interfaceName) end",
    "inner.lua",
  );
  const nested = stageOf(each);
  engine.define("inner", () => {
    nested.process(batchOf(mixed, [hex("01 61 0000000000000005 00")]), nothing);
    return [];
  });
  stage.process(batchOf(fixed, [record(1), record(2)]), nothing);
  expect(printed).toEqual(["a\t1\ta", "1\ttrue", "a\t2\ta", "2\ttrue"]);
  expect(errors).toEqual([]);
});
