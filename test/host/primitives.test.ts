import { appendFileSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { formatStub } from "../../src/host/describe/stub.ts";
import { constants, installPrimitives, primitives } from "../../src/host/primitives.ts";
import { createMessageWriter } from "../../src/ipfix/message-writer.ts";
import { useOwnElements } from "../../src/ipfix/registry.ts";
import { createLuaEngine } from "../../src/lua/engine.ts";
import { temporaryFolder } from "../support/folder.ts";
import { hex } from "../support/hex.ts";
import { batchOf, templateOf } from "../support/ipfix.ts";
import { failLua, startEngine } from "../support/lua.ts";

function start() {
  const { engine, printed } = startEngine();
  const logged: string[] = [];
  const log = (level: string, message: string) => void logged.push(`${level} ${message}`);
  installPrimitives({ engine, log });
  return { engine, printed, logged };
}

const run = (source: string) => start().engine.run(source, "test.lua");

/** The same file, compressed. */
function gzipped(path: string): string {
  writeFileSync(`${path}.gz`, gzipSync(readFileSync(path)));
  return `${path}.gz`;
}

/** An IPFIX file of flows with these ports. */
function ipfixFile(ports: readonly number[]): string {
  const template = templateOf(256, ["destinationTransportPort", "octetDeltaCount"]);
  const messages: Uint8Array[] = [];
  const onMessage = (bytes: Uint8Array) => messages.push(bytes.slice());
  const writer = createMessageWriter({ maximumBytes: 1_400, onMessage });
  const port = (n: number) => n.toString(16).padStart(4, "0");
  writer.append(
    batchOf(
      template,
      ports.map((n) => hex(`${port(n)} 0000000000000064`)),
    ),
  );
  writer.flush();
  const path = join(temporaryFolder(), "flows.ipfix");
  writeFileSync(path, Buffer.concat(messages));
  return path;
}

test("lua/meta/moonfix.lua is what the table of primitives says", async () => {
  await expect(formatStub(primitives, constants)).toMatchFileSnapshot("../../lua/meta/moonfix.lua");
});

test.for(primitives.map((each) => [each.name, each] as const))(
  "%s is there, with an example that compiles",
  ([name, primitive]) => {
    expect(run(`return type(${name})`)).toEqual(["function"]);
    expect(
      run(`return load(${JSON.stringify(primitive.example).replaceAll("\\n", "\\\n")}) ~= nil`),
    ).toEqual([true]);
  },
);

test.for([
  ["ipfix.element('octetDeltaCount').id", 1],
  ["ipfix.element('octetDeltaCount').units", "octets"],
  ["ipfix.element('reverseOctetDeltaCount').pen", 29305],
  ["ipfix.name_of('flowEndReason', 1)", "idle timeout"],
  ["ipfix.name_of('flowEndReason', 200)", undefined],
  ["ipfix.value_of('protocolIdentifier', 'ipv6-icmp')", 58],
  ["ipfix.value_of('octetDeltaCount', 'tcp')", undefined],
] as const)("%s is %s", ([expression, value]) => {
  expect(run(`return ${expression}`)).toEqual([value]);
});

test.for([
  ["ipfix.element('octetDeltaCoun')", "unknown-name", /did you mean "octetDeltaCount"/],
  ["ipfix.name_of('flowEndReasn', 1)", "unknown-name", /did you mean "flowEndReason"/],
  ["ipfix.read('x')", "missing", /Cannot call ipfix.read: each is missing, expected a function/],
  ["ipfix.records(5)", "wrong-type", /Cannot call ipfix.records: path is a number/],
  ["log.info({})", "wrong-type", /message is a table/],
] as const)("%s fails at its line", ([call, code, message]) => {
  const error = failLua(`\n${call}`, start().engine);
  expect(error).toMatchObject({ code, where: "test.lua:2" });
  expect(error.message).toMatch(message);
});

test("element() defines an element for the script and what it reads", () => {
  const csv = join(temporaryFolder(), "acme.csv");
  writeFileSync(csv, "name,id,type\nacmeHost,2,string\n");
  const [host, units] = start().engine.run(
    `element { name = "acmeLatency", pen = 32473, id = 1, type = "unsigned32", units = "hops" }
    element { file = ..., pen = 32473 }
    return ipfix.element("acmeHost").id, ipfix.element("acmeLatency").units`,
    "test.lua",
    [csv],
  );
  expect([host, units]).toEqual([2, "hops"]);
  useOwnElements([]);
});

test("element() reads no file for a script that may not", () => {
  const engine = createLuaEngine({ profile: "agent", print: () => undefined });
  installPrimitives({ engine, log: () => undefined });
  const error = failLua("element { file = '/etc/passwd' }", engine);
  expect(error.message).toMatch(/Cannot read elements from a file: this script may not read files/);
});

test("log.* reaches the host", () => {
  const { engine, logged } = start();
  engine.run("log.info('a') log.warn('b') log.error('c')", "test.lua");
  expect(logged).toEqual(["info a", "warn b", "error c"]);
});

test("ipfix.read() calls the function with each flow in order", () => {
  const path = ipfixFile(Array.from({ length: 500 }, (_, i) => i));
  const { engine } = start();
  const source = `local sum, last = 0, -1
    local result = ipfix.read(..., function(flow)
      assert(flow.destinationTransportPort == last + 1)
      last, sum = last + 1, sum + flow.octetDeltaCount
    end)
    return sum, result.records, result.damages, result.damage, result.messages > 1`;
  expect(engine.run(source, "test.lua", [path])).toEqual([50_000, 500, 0, undefined, true]);
});

test("ipfix.read() ends with the first error of its function", () => {
  const path = ipfixFile([1, 2, 3]);
  const { engine } = start();
  const source = `local seen = 0
    local ok, err = pcall(ipfix.read, ..., function(flow)
      seen = seen + 1
      error("enough")
    end)
    return seen, ok, tostring(err)`;
  expect(engine.run(source, "test.lua", [path])).toEqual([1, false, "test.lua:4: enough"]);
});

test("ipfix.read() nests", () => {
  const path = ipfixFile([1, 2, 3]);
  const { engine } = start();
  const source = `local path, seen = ..., 0
    ipfix.read(path, function(outer)
      ipfix.read(path, function(inner)
        seen = seen + outer.destinationTransportPort * inner.destinationTransportPort
      end)
    end)
    return seen`;
  expect(engine.run(source, "test.lua", [path])).toEqual([36]);
});

test("ipfix.read() returns nil and the reason for a file it cannot read", () => {
  const [result, problem] = run("return ipfix.read('/nowhere.ipfix', print)");
  expect(result).toBeUndefined();
  expect(problem).toMatch(/^Cannot open \/nowhere.ipfix: /);
});

test("ipfix.read() tells of damage and gives what is whole", () => {
  const path = ipfixFile([1, 2, 3]);
  appendFileSync(path, "this is no IPFIX at all, and long enough to be a header");
  const { engine } = start();
  const source = `local n = 0
    local r = ipfix.read(..., function() n = n + 1 end)
    return n, r.damages > 0, r.damage`;
  const [flows, damaged, damage] = engine.run(source, "test.lua", [path]);
  expect([flows, damaged]).toEqual([3, true]);
  expect(damage).toMatch(/^Cannot decode at byte \d+/);
});

test("ipfix.read() and ipfix.records() refuse a file that is no IPFIX file", () => {
  const path = join(temporaryFolder(), "foreign");
  writeFileSync(path, "this is no IPFIX at all, and long enough to be a header");
  const { engine } = start();
  const [result, problem] = engine.run("return ipfix.read(..., print)", "test.lua", [path]);
  expect(result).toBeUndefined();
  expect(problem).toMatch(/^Cannot read .*, expected an IPFIX file$/);
  expect(() => engine.run("for _ in ipfix.records(...) do end", "test.lua", [path])).toThrow(
    /test\.lua:1: .*expected an IPFIX file/,
  );
});

test("ipfix.records() loops over the flows, nested and left early", () => {
  const path = ipfixFile(Array.from({ length: 300 }, (_, i) => i + 1));
  const { engine } = start();
  const source = `local path, seen, last = ..., 0
    for outer in ipfix.records(path) do
      for inner in ipfix.records(path) do
        if inner.destinationTransportPort > outer.destinationTransportPort then break end
        seen = seen + 1
      end
      last = outer
      if outer.destinationTransportPort == 30 then break end
    end
    return seen, (select(2, pcall(function() return last.octetDeltaCount end))).message`;
  const [seen, message] = engine.run(source, "test.lua", [path]);
  expect(seen).toBe((30 * 31) / 2);
  expect(message).toMatch(/Cannot use a flow after its call/);
  const all = "local n = 0 for flow in ipfix.records(...) do n = n + 1 end return n";
  expect(engine.run(all, "test.lua", [path])).toEqual([300]);
  expect(engine.run(all, "test.lua", [gzipped(path)])).toEqual([300]);
});

test("ipfix.records() leaves no file open", () => {
  const path = ipfixFile([1, 2, 3]);
  const { engine } = start();
  const source = `for _ = 1, 2000 do
      for flow in ipfix.records(...) do break end
      pcall(function(path) for flow in ipfix.records(path) do error("x") end end, ...)
    end`;
  engine.run(source, "test.lua", [path]);
  expect(
    engine.run("local n = 0 for flow in ipfix.records(...) do n = n + 1 end return n", "test.lua", [
      path,
    ]),
  ).toEqual([3]);
});

test("ipfix.records() fails at its line for a file it cannot read", () => {
  const error = failLua("\nfor flow in ipfix.records('/nowhere.ipfix') do end", start().engine);
  expect(error.message).toMatch(/^test.lua:2: Cannot open \/nowhere.ipfix/);
});
