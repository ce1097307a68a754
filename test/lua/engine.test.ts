import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import type { LuaFunction } from "../../src/lua/values.ts";
import { failLua, runLua, startEngine } from "../support/lua.ts";

test("run() leaves nothing on the stack after 20 000 runs and as many errors", () => {
  const { engine } = startEngine();
  engine.define("host.fail", () => {
    engine.run("return 1", "inner.lua");
    return [];
  });
  for (let i = 0; i < 20_000; i++) engine.run("return 1, {}, 'x'", "test.lua");
  for (let i = 0; i < 2_000; i++) failLua("host.fail() error('x')", engine);
  for (let i = 0; i < 2_000; i++) failLua("x = = 1", engine);
  expect(engine.state.x.lua_gettop(engine.state.current)).toBe(0);
  engine.run("collectgarbage()", "test.lua");
  expect(engine.memoryBytes()).toBeLessThan(1_000_000);
});

test("define() makes tables on the way", () => {
  const { engine } = startEngine();
  engine.define("a.b.c", (args) => args.reverse());
  engine.define("a.d", () => undefined);
  expect(engine.run("return a.b.c(1, nil, 'x'), select('#', a.d())", "test.lua")).toEqual(["x", 0]);
});

test("define() may return host functions and functions it got", () => {
  const { engine } = startEngine();
  engine.define("named", ([name]) => [([value]) => [`${name}=${value}`]]);
  engine.define("same", (args) => args);
  expect(engine.run("return named 'a' (5), same(print) == print", "t")).toEqual(["a=5", true]);
});

test("close() ends the engine", () => {
  const { engine } = startEngine();
  engine.close();
  expect(() => engine.run("return 1", "test.lua")).toThrow(/it is closed/);
});

function fingerprints(...sources: string[]): string[] {
  const { engine } = startEngine();
  return sources.map((source) => {
    const [fn] = engine.run(source, "test.lua");
    return engine.fingerprint(fn as LuaFunction);
  });
}

test("fingerprint() is equal for equal functions at other lines with other comments", () => {
  const [a, b, c] = fingerprints(
    "local n = { 1, x = 'y' } return function(f)\n  local g = function() return n.x end\n return g(f) end",
    "\n\n-- moved\nlocal n = { x = 'y', 1 }\nreturn function(f)\n -- why\n local g = function() return n.x end\n return g(f) end",
    "local n = { 1, x = 'z' } return function(f)\n  local g = function() return n.x end\n return g(f) end",
  );
  expect(a).toBe(b);
  expect(a).not.toBe(c);
});

test.for([
  ["return function(f) return f.a end", "return function(f) return f.b end"],
  ["return function(f) return 1 end", "return function(f) return 2 end"],
  ["return function(f) return 1 end", "return function(f) return 1.0 end"],
  ["local n = 1 return function() return n end", "local n = 2 return function() return n end"],
  [
    "local n = {} n.n = n return function() return n end",
    "local n = { 1 } n.n = n return function() return n end",
  ],
] as const)("fingerprint() tells %s from %s", ([one, other]) => {
  const [a, b] = fingerprints(one, other);
  expect(a).not.toBe(b);
});

const library = fileURLToPath(new URL("../../lua/", import.meta.url));
const luaFiles = readdirSync(library, { recursive: true, encoding: "utf8" }).filter((name) =>
  name.endsWith(".lua"),
);

test.for(luaFiles)("fingerprint() of all of %s stays when it moves in its file", (name) => {
  const source = readFileSync(join(library, name), "utf8");
  const wrapped = `return function(...)\n${source}\nend`;
  const [a, b, c] = fingerprints(wrapped, `${"\n".repeat(300)}${wrapped}`, `${wrapped}, 1`);
  expect(b).toBe(a);
  expect(c).toBe(a);
});

test("fingerprint() is equal across engines, host functions and library functions included", () => {
  const prints = [1, 2].map(() => {
    const { engine } = startEngine();
    engine.define("host.one", () => []);
    engine.define("host.two", () => []);
    const source = `local f, one, two = string.format, host.one, host.two
      return function() return f, one end, function() return f, two end`;
    return engine.run(source, "test.lua").map((fn) => engine.fingerprint(fn as LuaFunction));
  });
  expect(prints[0]).toEqual(prints[1]);
  expect(prints[0]?.[0]).not.toBe(prints[0]?.[1]);
});

test("fingerprint() ends on tables that are shared over and over", () => {
  const source = "local t = {} for i = 1, 40 do t = { t, t } end return function() return t end";
  expect(() => fingerprints(source)).toThrow(/reaches more than 100000 values/);
});

test("call() through host functions ends in an error before the stack does", () => {
  const { engine } = startEngine();
  engine.define("again", ([fn]) => engine.call(fn as LuaFunction, [fn]));
  const error = failLua("local function f(g) return again(g) end again(f)", engine);
  expect(error.message).toMatch(/C stack overflow/);
  expect(engine.run("return 1", "test.lua")).toEqual([1]);
});

test.for([
  ["os.date('!%Y-%m-%dT%H:%M:%S', 951782400)", "2000-02-29T00:00:00"],
  ["os.date('!%a %A %b %B %j %p %I %y %%', 0)", "Thu Thursday Jan January 001 AM 12 70 %"],
  ["os.date('!*t', 86400).day", 2],
  [
    "os.time({ year = 2020, month = 1, day = 1, hour = 12 }) - os.time({ year = 2020, month = 1, day = 1, hour = 11 })",
    3600,
  ],
  ["os.date('%H', os.time({ year = 2020, month = 6, day = 1, hour = 15 }))", "15"],
] as const)("%s is %s", ([expression, value]) => {
  expect(runLua(`return ${expression}`)).toEqual([value]);
});

test("os.time() is the clock's", () => {
  const [time] = runLua("return os.time()");
  expect(Math.abs(Number(time) - Date.now() / 1000)).toBeLessThan(5);
});
