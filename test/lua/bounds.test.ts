import { expect, test } from "vitest";
import { createLuaEngine, type LuaEngineOptions } from "../../src/lua/engine.ts";
import type { LimitReason } from "../../src/lua/errors.ts";
import { failLua } from "../support/lua.ts";

const mebibyte = 1024 * 1024;

function startAgent(options: Partial<LuaEngineOptions> = {}) {
  return createLuaEngine({ profile: "agent", memoryBytes: 8 * mebibyte, ...options });
}

/** What another thread would set. */
const flag = new Int32Array(1);

const instructions = { run: { instructions: 100_000 } };

test.for<[string, LimitReason, Partial<LuaEngineOptions>]>([
  ["while true do end", "instructions", instructions],
  ["while true do pcall(error) end", "instructions", instructions],
  ["local s = ('x'):rep(1e6) while true do local t = s .. 'y' end", "instructions", instructions],
  ["while true do end", "deadline", { run: { deadlineMs: 50 } }],
  ["interrupt() while true do end", "interrupt", { interrupt: flag }],
  ["local t = {} while true do t[#t + 1] = {} end", "memory", {}],
  ["local s = 'x' while true do s = s .. s end", "memory", {}],
  ["while true do print('x') end", "output", { run: { outputBytes: 1_000 } }],
  ["while true do pcall(print, 'x') end", "output", { run: { outputBytes: 1_000 } }],
  ["print(('x'):rep(2000))", "output", { run: { outputBytes: 1_000 } }],
])("%s ends for want of %s, at its line", ([source, reason, options]) => {
  const engine = startAgent(options);
  flag[0] = 0;
  engine.define("interrupt", () => {
    flag[0] = 1;
    return [];
  });
  const error = failLua(`local function work()\n${source}\nend\nwork()`, engine);
  expect(error).toMatchObject({ code: "limit", where: "test.lua:2", reason });
  expect(error.traceback).toMatch(/test\.lua:2: in .*'?work'?[\s\S]*in main chunk/);
});

test("a run gets its instructions anew", () => {
  const engine = startAgent({ run: { instructions: 100_000 } });
  for (let i = 0; i < 50; i++) engine.run("for i = 1, 10000 do end", "test.lua");
  expect(engine.usage().instructions).toBeGreaterThan(9_000);
  expect(engine.usage().instructions).toBeLessThan(20_000);
});

test("usage() knows the peak of memory and the octets of output", () => {
  const engine = startAgent();
  engine.run("do local s = ('x'):rep(3e6) end collectgarbage() print('four')", "test.lua");
  expect(engine.usage().memoryPeakBytes).toBeGreaterThan(3e6);
  expect(engine.usage().outputBytes).toBe(5);
  expect(engine.memoryBytes()).toBeLessThan(mebibyte);
});

test("the memory bound is that of Lua's objects, to the octet", () => {
  const engine = startAgent();
  engine.run("kept = ('x'):rep(3e6)", "test.lua");
  expect(failLua("more = ('x'):rep(3e6)", engine).reason).toBe("memory");
  expect(engine.memoryBytes()).toBeLessThanOrEqual(8 * mebibyte);
  engine.run("kept = nil collectgarbage() more = ('x'):rep(3e6)", "test.lua");
});

test("a script that lives at its memory bound ends by its instructions", () => {
  const engine = startAgent({ run: { instructions: 50_000_000 } });
  const error = failLua(
    `local kept = {}
     pcall(function() for i = 1, 1e9 do kept[i] = { i } end end)
     kept[#kept] = nil
     while true do pcall(string.rep, "x", 100) end`,
    engine,
  );
  expect(error.reason).toBe("instructions");
});

test("an error keeps no more than a screen of its text", () => {
  const error = failLua("error(('x'):rep(1e6))", startAgent());
  expect(error.message.length).toBeLessThan(20_000);
  expect(error.message).toMatch(/… \(100\d+ octets\)$/);
});

test("a trusted script is not counted and not ended", () => {
  const engine = createLuaEngine({ profile: "trusted" });
  engine.run("for i = 1, 1e6 do end print('x')", "test.lua");
  expect(engine.usage().instructions).toBe(0);
});

test("a bound that is exceeded while a source is compiled is told as one", () => {
  const engine = startAgent({ run: { instructions: 1_000 } });
  const error = failLua(`return ${"1 + ".repeat(1_000)} 1`, engine);
  expect(error).toMatchObject({ code: "limit", reason: "instructions" });
});
