import fc from "fast-check";
import { expect, test } from "vitest";
import { readUnsigned } from "../../src/bytes/integer.ts";
import { createRecordStage } from "../../src/host/record-stage.ts";
import { limits } from "../../src/limits.ts";
import { LuaFunction, LuaTable } from "../../src/lua/values.ts";
import { batchOf, templateOf } from "../support/ipfix.ts";
import { startEngine } from "../support/lua.ts";

/** The companion module reads from the second batch on: the first one teaches it the keys. */

const octets = [1, 2, 3, 4, 5, 6, 7, 8] as const;
const names = [
  "protocolIdentifier",
  "sourceTransportPort",
  "octetDeltaCount",
  "ingressInterface",
  "packetDeltaCount",
  "octetTotalCount",
  "packetTotalCount",
  "flowId",
] as const;
const template = templateOf(
  256,
  names.map((name, i) => [name, octets[i] ?? 8] as const),
);

/** A stage over `each`, and the list that `each` fills. */
function start(each: string) {
  const { engine } = startEngine();
  const [fn] = engine.run(`seen = {} return ${each}`, "conf.lua");
  if (!(fn instanceof LuaFunction)) throw new Error("no function");
  const stage = createRecordStage({
    engine,
    each: fn,
    name: "m",
    onError(error) {
      throw error;
    },
  });
  const seen = () => {
    const [list] = engine.run("local list = seen seen = {} return list", "conf.lua");
    return list instanceof LuaTable ? list.toArray() : [];
  };
  return { stage, seen, engine };
}

const readAll = `function(flow)
  for _, name in ipairs { ${names.map((name) => `"${name}"`).join(", ")} } do
    seen[#seen + 1] = flow[name]
  end
end`;

test("integers of every length read the same with and without the host", () => {
  const { stage, seen } = start(readAll);
  const size = octets.reduce((sum, length) => sum + length, 0);
  const record = fc.uint8Array({ minLength: size, maxLength: size });
  const empty = () => undefined;
  stage.process(batchOf(template, [new Uint8Array(size)]), empty);
  seen();
  fc.assert(
    fc.property(fc.array(record, { minLength: 1, maxLength: 20 }), (list) => {
      stage.process(batchOf(template, list), empty);
      const expected = list.flatMap((bytes) => {
        let at = 0;
        return octets.map((length) => {
          const value = BigInt.asIntN(64, BigInt(readUnsigned(bytes, at, at + length)));
          at += length;
          return value;
        });
      });
      expect(seen().map((value) => BigInt(value as number | bigint))).toEqual(expected);
    }),
  );
});

test("what a script writes is what it reads next, in this record and not in the one after", () => {
  const { stage, seen } = start(`function(flow)
    local before = flow.sourceTransportPort
    flow.sourceTransportPort = before + 1
    seen[#seen + 1] = flow.sourceTransportPort
    return flow
  end`);
  const ports = templateOf(256, ["sourceTransportPort", "protocolIdentifier"]);
  const record = (port: number) => Uint8Array.of(0, port, 6);
  const kept: number[] = [];
  for (let batch = 0; batch < 3; batch++) {
    stage.process(batchOf(ports, [record(10), record(20)]), ({ bytes, offsets, count }) => {
      for (let i = 0; i < count; i++) kept.push(bytes[(offsets[i] ?? 0) + 1] ?? -1);
    });
    expect(seen()).toEqual([11, 21]);
  }
  expect(kept).toEqual([11, 21, 11, 21, 11, 21]);
});

test("a part of a larger batch is read at its own place", () => {
  const { stage, seen } = start("function(flow) seen[#seen + 1] = flow.protocolIdentifier end");
  const byte = templateOf(256, ["protocolIdentifier"]);
  const whole = batchOf(byte, [Uint8Array.of(1), Uint8Array.of(2), Uint8Array.of(3)]);
  for (let batch = 0; batch < 2; batch++) {
    stage.process({ ...whole, offsets: whole.offsets.subarray(1), count: 2 }, () => undefined);
    expect(seen()).toEqual([2, 3]);
  }
});

test("Templates beyond the tables' bound are read by the host, and the VM's memory stays", () => {
  const { stage, seen, engine } = start("function(flow) seen[1] = flow.octetDeltaCount end");
  const many = limits.luaFieldTables + 50;
  let memory = 0;
  for (let id = 0; id < 4 * many; id++) {
    const other = templateOf(256 + (id % 1_000), ["octetDeltaCount", ["flowId", 1 + (id % 8)]]);
    const record = new Uint8Array(other.minimumLength).fill(id & 0x7f);
    for (let batch = 0; batch < 2; batch++) {
      stage.process(batchOf(other, [record]), () => undefined);
      const [value] = seen();
      expect(BigInt(value as number | bigint)).toBe(BigInt(readUnsigned(record, 0, 8)));
    }
    if (id === many) memory = engine.state.glue.bytes().length;
  }
  expect(engine.state.glue.bytes().length).toBe(memory);
});

test("a flow kept over its call is refused, after the companion has read it, too", () => {
  const { stage, engine } = start(
    "function(flow) kept = flow seen[1] = flow.protocolIdentifier end",
  );
  const byte = templateOf(256, ["protocolIdentifier"]);
  for (let batch = 0; batch < 2; batch++) {
    stage.process(batchOf(byte, [Uint8Array.of(7)]), () => undefined);
  }
  expect(() => engine.run("return kept.protocolIdentifier", "late.lua")).toThrow(
    /Cannot use a flow after its call/,
  );
});
