import { expect, test } from "vitest";
import { evaluateConfiguration } from "../../../src/engine/conf/configuration.ts";
import { limits } from "../../../src/limits.ts";

function evaluate(source: string) {
  const configuration = evaluateConfiguration(source, "conf.lua", { print: () => undefined });
  const { wanted, problems } = configuration;
  const surroundings = configuration.surroundings();
  configuration.engine.close();
  return { wanted, problems, surroundings };
}

const good = `
collector "edge" { listen = { "udp://127.0.0.1:4739", "tcp://127.0.0.1:4739" } }
probe "lab" { capture = "a.pcap", idle_timeout = "5 m", active_timeout = 60 }
mediator "web" { from = { "edge", "lab" }, each = function(flow) return flow end }
exporter "out" { from = "web", to = "file:out.ipfix" }
api {}
log { level = "debug" }
`;

test("evaluateConfiguration() fills in defaults and converts units", () => {
  const { wanted, problems } = evaluate(good);
  expect(problems).toEqual([]);
  expect(wanted.collector[0]).toEqual({
    word: "collector",
    name: "edge",
    where: "conf.lua:2",
    options: { listen: ["udp://127.0.0.1:4739", "tcp://127.0.0.1:4739"] },
  });
  expect(wanted.probe[0]?.options).toMatchObject({
    capture: ["a.pcap"],
    idle_timeout: 300_000,
    active_timeout: 60_000,
  });
  expect(wanted.exporter[0]?.options).toMatchObject({ from: ["web"], append: true });
  expect(wanted.api[0]?.options.listen).toBe("127.0.0.1:8739");
  expect(wanted.log[0]?.options).toEqual({ level: "debug", format: "auto" });
});

test.for([
  ["a syntax error", "collector 'a' {\n  listen = = 1\n}", "conf.lua:2", /unexpected symbol/],
  ["an unknown word", "\ncolector 'a' {}", "conf.lua:2", /did you mean "collector"/],
  [
    "an unknown option",
    "\ncollector 'a' { listn = 'udp://[::1]:1' }",
    "conf.lua:2",
    /"listn".*did you mean "listen"/,
  ],
  ["a missing option", "exporter 'a' { from = 'b' }", "conf.lua:1", /"to" is missing/],
  ["a word without name", "collector { listen = 'x' }", "conf.lua:1", /no name/],
  ["a word without options", "\n\ncollector 'a'", "conf.lua:3", /no options/],
  [
    "a wrong type",
    "mediator 'a' { from = 'a', each = 5 }",
    "conf.lua:1",
    /"each": 5 given, expected a function/,
  ],
  [
    "a bad duration",
    "probe 'p' { capture = 'x', idle_timeout = '5 parsecs' }",
    "conf.lua:1",
    /duration such as/,
  ],
  ["a bad choice", "log { level = 'inof' }", "conf.lua:1", /did you mean "info"/],
  [
    "an unknown source",
    "exporter 'a' { from = 'egde', to = 'file:x' }\ncollector 'edge' { listen = 'udp://127.0.0.1:1' }",
    "conf.lua:1",
    /nothing is called "egde", did you mean "edge"/,
  ],
  [
    "a circle",
    "local f = function(r) return r end\nmediator 'a' { from = 'b', each = f }\nmediator 'b' { from = 'a', each = f }",
    "conf.lua:2",
    /come back to it/,
  ],
  [
    "one file written twice",
    "collector 'c' { listen = 'udp://127.0.0.1:1' }\nexporter 'a' { from = 'c', to = 'file:x' }\nexporter 'b' { from = 'c', to = 'file:x' }",
    "conf.lua:3",
    /in use by "a" \(conf.lua:2\)/,
  ],
  [
    "one file spelt in two ways",
    "collector 'c' { listen = 'udp://127.0.0.1:1' }\nexporter 'a' { from = 'c', to = 'file:x' }\nexporter 'b' { from = 'c', to = 'file:./x' }",
    "conf.lua:3",
    /in use by "a"/,
  ],
  [
    "an exporter to its own collector",
    "collector 'c' { listen = 'udp://0.0.0.0:4739' }\nexporter 'a' { from = 'c', to = 'udp://localhost:4739' }",
    "conf.lua:2",
    /come back through "c"/,
  ],
  ["an error without a place", "error({})", "conf.lua", /table/],
  [
    "a where that cannot be read",
    "collector 'c' { listen = 'udp://127.0.0.1:1' }\nmediator 'm' { from = 'c', where = 'octetDeltaCont > 5', each = print }",
    "conf.lua:2",
    /"where": .*did you mean "octetDeltaCount"/,
  ],
  [
    "a name taken twice",
    "collector 'c' { listen = 'udp://127.0.0.1:1' }\ncollector 'c' { listen = 'udp://127.0.0.1:2' }",
    "conf.lua:2",
    /taken \(conf.lua:1\)/,
  ],
  ["an error of the script", "local t = nil\nlocal x = t.y", "conf.lua:2", /attempt to index/],
  [
    "a scheme nobody speaks",
    "collector 'c' { listen = 'http://127.0.0.1:1' }",
    "conf.lua:1",
    /expected udp:/,
  ],
  ["the operating system", "os.execute('true')", "conf.lua:1", /execute/],
  [
    "a path with words that does not rotate",
    "collector 'c' { listen = 'udp://127.0.0.1:1' }\nexporter 'a' { from = 'c', to = 'file:%F' }",
    "conf.lua:2",
    'exporter "a": Cannot send to "file:%F": % in a path, expected rotate = "1h" beside it',
  ],
  [
    "a rotation that is none",
    "collector 'c' { listen = 'udp://127.0.0.1:1' }\nexporter 'a' { from = 'c', to = 'file:%F', rotate = 'daily' }",
    "conf.lua:2",
    'exporter "a": option "rotate": Cannot rotate by "daily": neither a duration nor a size, expected a duration from 1 s up, a size from 100 kB up, or both, such as "1h"',
  ],
  [
    "a rotation of what is no file",
    "collector 'c' { listen = 'udp://127.0.0.1:1' }\nexporter 'a' { from = 'c', to = 'udp://127.0.0.1:2', rotate = '1h' }",
    "conf.lua:2",
    'exporter "a": Cannot rotate "udp://127.0.0.1:2": expected file:PATH',
  ],
] as const)("evaluateConfiguration() refuses %s with its line", ([, source, where, message]) => {
  const { problems } = evaluate(source);
  expect(problems[0]?.where).toBe(where);
  expect(problems[0]?.message).toMatch(message);
});

test("evaluateConfiguration() tells a misspelt option once, not as missing, too", () => {
  const { problems } = evaluate("exporter 'e' { form = 'x', to = 'file:x' }");
  expect(problems.map(({ code }) => code)).toEqual(["unknown-option"]);
});

test("evaluateConfiguration() names all problems at once", () => {
  const { problems } = evaluate("collector 'a' { x = 1 }\nlog { levle = 'info' }\nexporter 'e' {}");
  expect(problems.map(({ where }) => where)).toEqual([
    "conf.lua:1",
    "conf.lua:1",
    "conf.lua:2",
    "conf.lua:3",
    "conf.lua:3",
  ]);
});

test("evaluateConfiguration() lets loops and functions make declarations", () => {
  const { wanted, problems } = evaluate(`
    for port = 1, 3 do collector("c" .. port) { listen = "udp://127.0.0.1:" .. port } end
    local function out(name) exporter(name) { from = "c1", to = "file:" .. name } end
    out "a" out "b"`);
  expect(problems).toEqual([]);
  expect(wanted.collector.map(({ name }) => name)).toEqual(["c1", "c2", "c3"]);
  expect(wanted.exporter.map(({ options }) => options.to)).toEqual(["file:a", "file:b"]);
});

test("a function keeps its mark when lines move, and loses it when it or a value changes", () => {
  const mark = (source: string) => evaluate(source).wanted.mediator[0]?.options.each.fingerprint;
  const base = "local n = 2\nmediator 'm' { from = 'm', each = function(f) f.x = n return f end }";
  expect(mark(`-- a line\n\n${base}`)).toBe(mark(base));
  expect(mark(base.replace("n = 2", "n = 3"))).not.toBe(mark(base));
  expect(mark(base.replace("f.x", "f.y"))).not.toBe(mark(base));
});

test("surroundings() tells globals of different value or code apart", () => {
  const of = (source: string) => evaluate(source).surroundings;
  expect(of("a = 1")).toBe(of("\na = 1"));
  expect(of("a = 1")).not.toBe(of("a = 2"));
  expect(of("t = { x = { 1 } }")).not.toBe(of("t = { x = { 2 } }"));
  expect(of("function f() return 1 end")).not.toBe(of("function f() return 2 end"));
});

test("evaluateConfiguration() bounds declarations, problems and time", () => {
  const many = evaluate('for i = 1, 1e6 do log { level = "info" } end');
  expect(many.problems.at(-1)).toMatchObject({ where: "conf.lua:1", code: "limit" });
  const wrong = evaluate('for i = 1, 500 do log { lvl = "info" } end');
  expect(wrong.problems).toHaveLength(limits.configurationProblems);
  const endless = evaluate("local n = 0\nwhile true do\n  n = n + 1\nend");
  expect(endless.problems).toMatchObject([
    { where: expect.stringMatching(/^conf\.lua:[23]$/), code: "limit" },
  ]);
}, 30_000);

test("log is a word and holds the functions that log", () => {
  const printed: string[] = [];
  const { wanted, problems } = evaluateConfiguration(
    "\nlog { level = 'warn' }\nlog.warn('careful')",
    "conf.lua",
    { print: (text) => printed.push(text) },
  );
  expect(problems).toEqual([]);
  expect(wanted.log).toMatchObject([{ where: "conf.lua:2", options: { level: "warn" } }]);
  expect(printed).toEqual(["warn: careful"]);
});

test("conf.lua has the primitives that need no grant", () => {
  const evaluate = (source: string) =>
    evaluateConfiguration(source, "conf.lua", { print: () => undefined }).problems;
  expect(evaluate("assert(json.decode('[1]')[1] == 1 and time.now() > 0)")).toEqual([]);
  expect(evaluate("state.table('x').y = json.null")).toEqual([]);
  expect(evaluate("\nipfix.read('x', print)")).toMatchObject([
    { where: "conf.lua:2", message: expect.stringContaining("may not read files") },
  ]);
  expect(evaluate("\nsleep(1)")).toMatchObject([
    { where: "conf.lua:2", message: expect.stringContaining("Cannot wait for sleep here") },
  ]);
});

test("evaluateConfiguration() takes a rotation by time, by size or both", () => {
  const { wanted, problems } = evaluate(`
    collector "c" { listen = "udp://127.0.0.1:1" }
    exporter "a" { from = "c", to = "file:a/%F/%H.ipfix", rotate = "1h" }
    exporter "b" { from = "c", to = "file:b.ipfix", rotate = { "1d", "100 MB" } }
  `);
  expect(problems).toEqual([]);
  expect(wanted.exporter.map(({ options }) => options.rotate)).toEqual([
    { periodMs: 3_600_000 },
    { periodMs: 86_400_000, bytes: 100_000_000 },
  ]);
});
