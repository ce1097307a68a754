import { statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { command } from "../../../src/cli/commands/repl.ts";
import { ReplEngine } from "../../../src/cli/repl/engine.ts";
import { historyPath, openHistory } from "../../../src/cli/repl/history.ts";
import { limits } from "../../../src/limits.ts";
import { samplePath } from "../../generate/sample-capture.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { unstoppable } from "../../support/lua.ts";
import { runCommand } from "../../support/terminal.ts";

function start(): { engine: ReplEngine; printed: unknown[] } {
  const printed: unknown[] = [];
  const engine = new ReplEngine((line) => printed.push(line));
  onTestFinished(() => engine.close());
  return { engine, printed };
}

test.for([
  ["1 + 1", "2"],
  ["10 / 2, nil, 'x'", '5\tnil\t"x"'],
  ["x = 5", ""],
  ["'a\\0\\27b\\\\\"'", '"a\\x00\\x1bb\\\\\\""'],
  ["'é', '\\255'", '"é"\t"\\xff"'],
  [
    "{ 1, 2, b = 1, a = { c = {} }, [true] = 0, ['end'] = 1 }",
    '{ 1, 2, a = { c = {} }, b = 1, ["end"] = 1, [true] = 0 }',
  ],
  ["{ { { { { 1 } } } } }", "{ { { { {…} } } } }"],
  ["(function() local t = {} t.t = t return t end)()", "{ t = <cycle> }"],
  ["('x'):rep(4100)", `"${"x".repeat(4096)}"… (4100 octets)`],
  ["('é'):rep(2049)", `"${"é".repeat(2048)}"… (4098 octets)`],
  ["{ [{}] = { 1 }, [print] = nil, [1.5] = 2 }", "{ [1.5] = 2, [{}] = { 1 } }"],
  [
    "(function() local t = {} for i = 1, 150 do t[i] = 1 end return t end)()",
    `{\n${"  1,\n".repeat(100)}  …,\n}`,
  ],
  [
    "{ name = ('n'):rep(40), list = { 1, 2 }, other = ('o'):rep(40) }, 5",
    `{\n  list = { 1, 2 },\n  name = "${"n".repeat(40)}",\n  other = "${"o".repeat(40)}",\n}\n5`,
  ],
  ["setmetatable({}, { __tostring = function() return 'own' end })", "own"],
  ["select('#')", "0"],
  ["ipfix.element('octetDeltaCount').id", "1"],
] as const)("repl shows %s", async ([source, shown]) => {
  const { code, stdout } = await runCommand(command, [], { stdin: `${source}\n` });
  expect([code, stdout]).toEqual([0, shown === "" ? "" : `${shown}\n`]);
});

test("repl takes statements of several lines", async () => {
  const stdin =
    "for i = 1, 2 do\n\n  print(i)\nend\nx = [[a\nb]]\nx\nfunction f()\nreturn 1 end f()\n";
  const { stdout, code } = await runCommand(command, [], { stdin });
  expect([code, stdout]).toEqual([0, '1\n2\n"a\\nb"\n']);
});

test("repl goes on after errors and ends with 1", async () => {
  const stdin = "x = = 1\nerror('boom')\nreturn 5\nif x then";
  const { stdout, stderr, code } = await runCommand(command, [], { stdin });
  expect([code, stdout]).toEqual([1, "5\n"]);
  expect(stderr.split("\n")).toEqual([
    "stdin:1: unexpected symbol near '='",
    "stdin:1: boom",
    "  [C]: in function 'error'",
    "  stdin:1: in local 'chunk'",
    "stdin: the last statement is not complete",
    "",
  ]);
});

test("help() lists the primitives and explains one", async () => {
  const stdin = "help()\nhelp 'json.encode'\nhelp 'json.enocde'\n";
  const { stdout } = await runCommand(command, [], { stdin });
  expect(stdout).toMatch(/^ipfix.read\(path, each\) +Call a function with each flow/m);
  expect(stdout).toMatch(/^Takes\n {2}value: any {2}A table, string, number or boolean\nReturns/m);
  expect(stdout).toMatch(/No help for "json.enocde", did you mean "json.encode"\?/);
});

test.for([
  ["str", "str", ["string"]],
  ["print(string.re", "string.re", ["string.rep", "string.reverse"]],
  ["json.", "json.", ["json.array", "json.decode", "json.encode", "json.null", "json.object"]],
  ["s = 1 s:re", "s:re", []],
  ["text:re", "text:re", ["text:rep", "text:reverse"]],
  ["object:m", "object:m", ["object:method"]],
  ["object.m", "object.m", ["object.mark", "object.method"]],
  ["inner.object:inh", "inner.object:inh", ["inner.object:inherited"]],
  ["whi", "whi", ["while"]],
  ["flow.octetDeltaC", "flow.octetDeltaC", ["flow.octetDeltaCount"]],
  ["x = sourceIPv4A", "sourceIPv4A", ["sourceIPv4Address"]],
  ["nothing.at.all.", "nothing.at.all.", []],
] as const)("complete() offers for %s", async ([line, word, candidates]) => {
  const { engine } = start();
  await engine.run(`text = "a" base = { inherited = print }
    object = setmetatable({ method = print, mark = 1 }, { __index = base }) inner = { object = object }
    setmetatable(inner, { __index = function() error("completion ran Lua") end })`);
  expect(await engine.complete(line)).toEqual([candidates, word]);
});

test("interrupt() ends a loop and keeps the variables", async () => {
  const { engine } = start();
  await engine.run("x = 5");
  const running = engine.run("while true do pcall(function() while true do end end) end");
  expect(engine.busy).toBe(true);
  setTimeout(() => engine.interrupt(), 50);
  expect((await running).error).toMatch(/^stdin:1: interrupted\n/);
  expect(await engine.run("assert(x == 5)")).toEqual({ kind: "ran", complete: true });
});

test("interrupt() ends what waits", async () => {
  const { engine } = start();
  const waiting = engine.run("pcall(sleep, 1e6)");
  engine.interrupt();
  expect((await waiting).error).toMatch(/interrupted/);
  expect(await engine.run("sleep(0) return 5")).toMatchObject({ complete: true });
});

test("interrupt() ends a loop that prints", async () => {
  const { engine, printed } = start();
  await engine.run("x = 5");
  const running = engine.run("while true do print('x') end");
  setTimeout(() => engine.interrupt(), 50);
  expect((await running).error).toMatch(/interrupted/);
  expect(printed.length).toBeGreaterThan(0);
});

test("restart() ends what does not listen", async () => {
  const { engine } = start();
  const running = engine.run(unstoppable);
  setTimeout(() => {
    engine.interrupt();
    if (!engine.interrupt()) void engine.restart();
  }, 50);
  expect((await running).error).toBe("The engine was started anew: globals and modules are lost\n");
  expect(await engine.run("x = 1")).toEqual({ kind: "ran", complete: true });
});

test.for([
  [":help", /^:load FILE +run a file; its globals stay$/m],
  [":help json.encode", /^Takes$/m],
  [":time 1 + 1", /^2\n\d+\.\d ms$/m],
] as const)("repl does %s", async ([line, shown]) => {
  const { code, stdout, stderr } = await runCommand(command, [], { stdin: `${line}\n` });
  expect([code, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(shown);
});

test(":load runs a file, keeps its globals and names its lines", async () => {
  const path = join(temporaryFolder(), "script.lua");
  writeFileSync(path, "answer = 42\nif answer == nil then error('no') end");
  const { stdout } = await runCommand(command, [], { stdin: `:load ${path}\nanswer\n` });
  expect(stdout).toBe("42\n");
  writeFileSync(path, "\nerror('here')");
  const { stderr } = await runCommand(command, [], { stdin: `:load ${path}\n` });
  expect(stderr).toContain(`${path}:2: here`);
});

test.for([
  [":laod x", 'unknown directive, did you mean ":load"?'],
  [":", "unknown directive, :help lists them"],
  [":time", "expected :time CODE"],
  [":time for", "not complete"],
  [":load /nowhere.lua", "Cannot load /nowhere.lua: ENOENT"],
] as const)("repl refuses %s", async ([line, message]) => {
  const { code, stderr } = await runCommand(command, [], { stdin: `${line}\n` });
  expect(code).toBe(1);
  expect(stderr).toContain(message);
});

test("openHistory() keeps the newest lines of sessions, for its owner only", () => {
  const path = historyPath({ XDG_STATE_HOME: temporaryFolder() });
  const problems: string[] = [];
  const complain = (message: string) => problems.push(message);
  const history = openHistory(path, complain);
  expect(history.lines).toEqual([]);
  const typed = Array.from({ length: limits.replHistoryLines + 5 }, (_, i) => `line ${-i}`);
  history.save(typed);
  expect(openHistory(path, complain).lines).toEqual(typed.slice(0, limits.replHistoryLines));
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(problems).toEqual([]);
});

test("openHistory() tells once of a file it cannot keep", () => {
  const path = join(temporaryFolder(), "file", "repl-history");
  writeFileSync(dirname(path), "");
  const problems: string[] = [];
  const history = openHistory(path, (message) => problems.push(message));
  history.save(["a"]);
  expect(history.lines).toEqual([]);
  expect(problems).toMatchObject([expect.stringMatching(/^The history is not kept: ENOTDIR/)]);
});

test("complete() offers elements that the user defined", async () => {
  const { engine } = start();
  expect(await engine.complete("flow.acmeLat")).toEqual([[], "flow.acmeLat"]);
  await engine.run('element { name = "acmeLatency", pen = 32473, id = 1, type = "string" }');
  const [candidates] = await engine.complete("flow.acmeLat");
  expect(candidates).toEqual(["flow.acmeLatency"]);
});

test("complete() offers a bounded number of names", async () => {
  const { engine } = start();
  await engine.run("t = {} for i = 1, 200000 do t['n' .. i] = i end");
  const [candidates] = await engine.complete("t.n");
  expect(candidates).toHaveLength(limits.replCompletions);
});

test("show() prints the fields of flows in the order of their Template", async () => {
  const path = join(temporaryFolder(), "sample.ipfix");
  const stdin = `pcap.to_ipfix { inputs = { "${samplePath}" }, output = "${path}" }
for flow in ipfix.records("${path}") do show(flow) kept = flow break end
kept
`;
  const { stdout } = await runCommand(command, [], { stdin });
  expect(stdout).toMatch(/^flow \{\n {2}flowStartMilliseconds = \d+,\n {2}flowEndMilli/m);
  expect(stdout).toMatch(/^ {2}sourceIPv4Address = "192\.0\.2\.\d+",$/m);
  expect(stdout.trimEnd().split("\n").at(-1)).toBe("flow (past)");
});

test("help() explains an element", async () => {
  const { stdout } = await runCommand(command, [], { stdin: ":help octetDeltaCount\n" });
  expect(stdout).toBe(
    "octetDeltaCount\n  enterprise  IANA\n  number      1\n  type        unsigned64\n" +
      "  semantics   deltaCounter\n  units       octets\n",
  );
});
