import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { installPrimitives } from "../../src/host/primitives.ts";
import { temporaryFolder } from "../support/folder.ts";
import { failAsync, startEngine } from "../support/lua.ts";

const captures = fileURLToPath(new URL("../../examples/captures/", import.meta.url));
const sample = join(captures, readdirSync(captures).find((name) => name.endsWith(".pcap")) ?? "");

function start() {
  const { engine } = startEngine();
  installPrimitives({ engine, log: () => {} });
  return engine;
}

const folder = () => temporaryFolder();

test("pcap.to_ipfix() makes a file whose flows are those it counted", async () => {
  const source = `local input, output = ...
    local result = assert(pcap.to_ipfix { inputs = input, output = output, idle_timeout = 60 })
    local flows, packets = 0, 0
    for flow in ipfix.records(output) do
      flows = flows + 1
      packets = packets + flow.packetTotalCount + (flow.reversePacketTotalCount or 0)
    end
    assert(flows == result.flows, "flows")
    return flows > 0, packets > 0, #result.damage`;
  const output = join(folder(), "out.ipfix");
  expect(await start().runAsync(source, "test.lua", [sample, output])).toEqual([true, true, 0]);
});

test("pcap.to_ipfix() returns nil and the reason for a file it cannot read", async () => {
  const at = folder();
  const source = "return pcap.to_ipfix { inputs = { '/nowhere.pcap' }, output = ... }";
  const [result, problem] = await start().runAsync(source, "test.lua", [join(at, "out.ipfix")]);
  expect(result).toBeUndefined();
  expect(problem).toMatch(/^Cannot .*\/nowhere.pcap/);
  expect(readdirSync(at)).toEqual([]);
});

test("pcap.to_ipfix() returns nil and the reason for what is no capture", async () => {
  const input = join(folder(), "text.pcap");
  writeFileSync(input, "no capture at all, whatever its name says it is");
  const source = "return pcap.to_ipfix { inputs = ..., output = ... .. '.ipfix' }";
  const [result, problem] = await start().runAsync(source, "test.lua", [input]);
  expect(result).toBeUndefined();
  expect(problem).toMatch(/expected a pcap or pcapng capture/);
});

test("pcap.to_ipfix() tells of damage and keeps what is whole", async () => {
  const input = join(folder(), "cut.pcap");
  writeFileSync(input, readFileSync(sample).subarray(0, -10));
  const source = `local result = assert(pcap.to_ipfix { inputs = ..., output = ... .. ".ipfix" })
    return result.flows > 0, #result.damage`;
  expect(await start().runAsync(source, "test.lua", [input])).toEqual([true, 1]);
});

test.for([
  ["pcap.to_ipfix {}", "missing", /inputs is missing, expected a string or a list of strings/],
  [
    "pcap.to_ipfix { input = 'x' }",
    "unknown-option",
    /unknown option "input", did you mean "inputs"/,
  ],
  [
    "pcap.to_ipfix { inputs = 'x', output = 5 }",
    "wrong-type",
    /output is a number, expected a string/,
  ],
  ["pcap.to_ipfix { inputs = 'x', output = 'y', idle_timeout = -1 }", "bad-value", /above 0/],
  ["pcap.to_ipfix()", "missing", /options is missing, expected a table/],
] as const)("%s fails at its line", async ([call, code, message]) => {
  const error = await failAsync(`\n${call}`, start());
  expect(error).toMatchObject({ code, where: "test.lua:2" });
  expect(error.message).toMatch(message);
});
