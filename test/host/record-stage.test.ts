import fc from "fast-check";
import { expect, test } from "vitest";
import { TransportError } from "../../src/errors.ts";
import { createRecordStage, type RecordStage } from "../../src/host/record-stage.ts";
import type { RecordBatch } from "../../src/ipfix/batch.ts";
import type { LuaError } from "../../src/lua/errors.ts";
import type { LuaFunction } from "../../src/lua/values.ts";
import { hex, unhex } from "../support/hex.ts";
import { batchOf, createRecorder, templateOf } from "../support/ipfix.ts";
import { startEngine } from "../support/lua.ts";

const fixed = templateOf(256, [
  "octetDeltaCount",
  "sourceIPv4Address",
  "destinationTransportPort",
  "protocolIdentifier",
  ["packetDeltaCount", 3],
]);
//                    octets           source   port protocol packets
const record = (octets: string, port: string) => hex(`${octets} c0000201 ${port} 06 000005`);
const dns = record("0000000000000064", "0035");
const web = record("0000000000000064", "01bb");

const mixed = templateOf(257, [
  "protocolIdentifier",
  "interfaceName",
  "octetDeltaCount",
  ["applicationName", 65_535],
]);

function start(source: string) {
  const { engine, printed } = startEngine();
  const [each] = engine.run(source, "conf.lua");
  const errors: LuaError[] = [];
  const onError = (error: LuaError) => errors.push(error);
  const stage = createRecordStage({ engine, each: each as LuaFunction, name: "mediator", onError });
  return { stage, errors, printed, engine };
}

function records(stage: RecordStage, batch: RecordBatch): string[] {
  const { onBatch, seen } = createRecorder();
  stage.process(batch, onBatch);
  return seen.map(({ bytes }) => bytes);
}

test("process() hands on the batch itself when nothing changes", () => {
  const { stage } = start("return function(flow) return flow end");
  const batch = batchOf(fixed, [dns, web]);
  const got: RecordBatch[] = [];
  stage.process(batch, (each) => got.push(each));
  expect(got).toEqual([batch]);
  expect(got[0]).toBe(batch);
});

test("process() drops and changes records", () => {
  const { stage } = start(`return function(flow)
    if flow.destinationTransportPort == 53 then return nil end
    flow.octetDeltaCount = 2 * flow.octetDeltaCount
    return flow
  end`);
  expect(records(stage, batchOf(fixed, [dns, web, dns, web, web]))).toEqual(
    Array(3).fill(unhex(record("00000000000000c8", "01bb"))),
  );
  expect(stage.counters()).toEqual({ in: 5, out: 3, filtered: 2, errors: 0, emitted: 0 });
});

test("process() keeps the order of kept, changed and dropped records", () => {
  const source = `return function(flow)
    local port = flow.destinationTransportPort
    if port % 7 == 0 then return false end
    if port % 3 == 0 then flow.protocolIdentifier = 17 end
    return true
  end`;
  const port = (n: number) => n.toString(16).padStart(4, "0");
  fc.assert(
    fc.property(fc.array(fc.nat(65_535), { maxLength: 120 }), (ports) => {
      const { stage } = start(source);
      const batch = batchOf(
        fixed,
        ports.map((n) => record("0000000000000001", port(n))),
      );
      const expected = ports
        .filter((n) => n % 7 !== 0)
        .map((n) => {
          const bytes = record("0000000000000001", port(n));
          if (n % 3 === 0) bytes[14] = 17;
          return unhex(bytes);
        });
      expect(records(stage, batch)).toEqual(expected);
    }),
    { numRuns: 30 },
  );
});

test("process() gives identical octets for writes of what was read", () => {
  const source = `return function(flow)
    for name, value in pairs(flow) do flow[name] = value end
    return flow
  end`;
  const { stage, errors } = start(source);
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 18, maxLength: 18 }), (bytes) => {
      expect(records(stage, batchOf(fixed, [bytes]))).toEqual([unhex(bytes)]);
    }),
    { numRuns: 50 },
  );
  expect(errors).toEqual([]);
});

/** One field of each type, with natural, reduced, odd and variable lengths. */
const everything = templateOf(259, [
  "octetDeltaCount",
  ["packetDeltaCount", 5],
  ["protocolIdentifier", 3],
  ["mibObjectValueInteger", 4],
  ["mibObjectValueInteger", 65_535],
  "samplingProbability",
  ["absoluteError", 4],
  "dataRecordsReliability",
  "sourceMacAddress",
  "sourceIPv4Address",
  "sourceIPv6Address",
  "flowStartSeconds",
  "flowStartMilliseconds",
  "flowStartMicroseconds",
  "flowStartNanoseconds",
  ["interfaceName", 5],
  "interfaceDescription",
  ["mplsLabelStackSection", 3],
  "applicationId",
  ["octetTotalCount", 65_535],
]);

/** Random content for a field, with its length octet when that is variable. */
const content = ({ length }: { length: number }) =>
  length === 65_535
    ? fc.uint8Array({ maxLength: 8 }).map((octets) => [octets.length, ...octets])
    : fc.uint8Array({ minLength: length, maxLength: length }).map((octets) => [...octets]);

test("process() gives identical octets for writes of what was read, whatever the types", () => {
  const source = `return function(flow)
    local values = flow:totable()
    for name in pairs(flow) do flow[name] = values[name] end
    return flow
  end`;
  const { stage, errors } = start(source);
  const anyRecord = fc.tuple(...everything.fields.map(content)).map((parts) => parts.flat());
  fc.assert(
    fc.property(fc.array(anyRecord, { minLength: 1, maxLength: 5 }), (list) => {
      const batch = batchOf(
        everything,
        list.map((octets) => Uint8Array.from(octets)),
      );
      expect(records(stage, batch)).toEqual(list.map((octets) => unhex(Uint8Array.from(octets))));
    }),
    { numRuns: 300 },
  );
  expect(errors).toEqual([]);
});

test("process() rebuilds a record when a field changes its length", () => {
  const { stage, errors } = start(`return function(flow)
    flow.interfaceName = flow.interfaceName .. ("x"):rep(300)
    flow.octetDeltaCount = flow.octetDeltaCount + 1
    flow.applicationName = ""
    return flow
  end`);
  const head = "06";
  const batch = batchOf(mixed, [hex(`${head} 02 6162 0000000000000001 03 616263`)]);
  const long = `ff012e 6162 ${"78".repeat(300)}`;
  const expected = unhex(hex(`${head} ${long} 0000000000000002 00`));
  expect(records(stage, batch)).toEqual([expected]);
  const back = start(`return function(flow) flow.interfaceName = "z" return flow end`).stage;
  const shorter = unhex(hex(`${head} 01 7a 0000000000000002 00`));
  expect(records(back, batchOf(mixed, [hex(expected)]))).toEqual([shorter]);
  expect(errors).toEqual([]);
});

test.for([
  ["flow.octetDeltaCount", 100],
  ["math.type(flow.octetDeltaCount)", "integer"],
  ["flow.sourceIPv4Address", "192.0.2.1"],
  ["flow.packetDeltaCount", 5],
  ["tostring(flow.destinationIPv6Address)", "nil"],
  ["flow:totable().protocolIdentifier", 6],
  ["tostring(getmetatable(flow))", "false"],
] as const)("%s reads %s", ([expression, value]) => {
  const { stage, errors, printed } = start(`return function(flow) print(${expression}) end`);
  records(stage, batchOf(fixed, [web]));
  expect([printed, errors]).toEqual([[String(value)], []]);
});

test.for([
  [
    "flow.octetDeltaCoun = 1",
    "unknown-name",
    /element "octetDeltaCoun", did you mean "octetDeltaCount"/,
  ],
  ["return flow.octetDeltaCoun", "unknown-name", /did you mean "octetDeltaCount"/],
  [
    "flow.destinationIPv6Address = '::'",
    "unknown-name",
    /Cannot set destinationIPv6Address: records of Template 256 lack it/,
  ],
  ["flow.destinationTransportPort = 70000", "bad-value", /to 70000: expected 0 to 65535/],
  ["flow.octetDeltaCount = -1", "bad-value", /to -1: expected 0 to 18446744073709551615/],
  ["flow.octetDeltaCount = 1.5", "bad-value", /to 1.5: expected an integer/],
  ["flow.octetDeltaCount = 'x'", "wrong-type", /to a string: expected an integer/],
  ["flow.octetDeltaCount = nil", "wrong-type", /to nil: expected an integer/],
  ["flow.packetDeltaCount = 2^24", "bad-value", /expected 0 to 16777215/],
  ["flow.totable = 1", "bad-value", /own function/],
  ["return flow[1]", "wrong-type", /expected an element's name/],
  ["return 5", "wrong-type", /Cannot use what mediator returned/],
  ["return {}", "wrong-type", /expected the flow, true, false or nothing/],
  ["error('own')", "runtime", /conf.lua:2: own/],
  ["setmetatable(flow, {})", "runtime", /bad argument #1 to 'setmetatable'/],
] as const)("%s loses that record only", ([statement, code, message]) => {
  const { stage, errors } = start(`return function(flow)
    if flow.destinationTransportPort == 53 then ${statement.startsWith("return") ? `do ${statement} end` : statement} end
    return flow
  end`);
  expect(records(stage, batchOf(fixed, [web, dns, web, dns]))).toEqual([unhex(web), unhex(web)]);
  expect(stage.counters()).toEqual({ in: 4, out: 2, filtered: 0, errors: 2, emitted: 0 });
  expect(errors).toHaveLength(1);
  expect(errors[0]).toMatchObject({ code, message: expect.stringMatching(message) });
});

test("a flow kept beyond its call refuses to be read", () => {
  const { stage, engine } = start("return function(flow) kept = flow return flow end");
  records(stage, batchOf(fixed, [web]));
  expect(() => engine.run("return kept.octetDeltaCount", "late.lua")).toThrow(
    /late.lua:1: Cannot use a flow after its call/,
  );
});

test("process() passes records of Options Templates on untouched", () => {
  const { stage } = start("return function() error('never') end");
  const options = templateOf(258, ["protocolIdentifier", "octetDeltaCount"], 1);
  const batch = batchOf(options, [hex("06 0000000000000001")]);
  expect(records(stage, batch)).toEqual(["060000000000000001"]);
  expect(stage.counters()).toEqual({ in: 1, out: 1, filtered: 0, errors: 0, emitted: 0 });
});

test("process() hands on one batch when some records are dropped", () => {
  const { stage } = start(`local n = 0 return function(flow)
    n = n + 1
    return n ~= 41
  end`);
  const batch = batchOf(fixed, Array(50).fill(web));
  const got: [boolean, number][] = [];
  stage.process(batch, (each) => got.push([each.bytes === batch.bytes, each.count]));
  expect(got).toEqual([[false, 49]]);
});

test("stages of one engine nest", () => {
  const { engine, stage: outer } = start("return function(flow) return flow end");
  const [each] = engine.run(
    "return function(flow) flow.protocolIdentifier = 1 return flow end",
    "x",
  );
  const inner = createRecordStage({ engine, each: each as LuaFunction, name: "inner" });
  const { onBatch, seen } = createRecorder();
  outer.process(batchOf(fixed, [web, dns]), (batch) => inner.process(batch, onBatch));
  expect(seen.map(({ bytes }) => bytes.slice(28, 30))).toEqual(["01", "01"]);
});

test("process() forgets the change of a record that fails afterwards", () => {
  const { stage } = start(`return function(flow)
    flow.protocolIdentifier = 17
    if flow.destinationTransportPort == 53 then error("late") end
    return flow
  end`);
  const changed = web.slice();
  changed[14] = 17;
  expect(records(stage, batchOf(fixed, [web, dns, web]))).toEqual([unhex(changed), unhex(changed)]);
});

test("process() lets what the receiver throws through", () => {
  const { stage, errors } = start("return function(flow) return flow end");
  const fail = () => {
    throw new TransportError("closed", "Cannot send");
  };
  expect(() => stage.process(batchOf(fixed, [web]), fail)).toThrow(TransportError);
  expect(errors).toEqual([]);
});
