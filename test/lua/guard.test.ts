import { expect, test } from "vitest";
import { createLuaEngine } from "../../src/lua/engine.ts";
import { LimitError } from "../../src/lua/errors.ts";
import { failLua } from "../support/lua.ts";

/** An engine whose scripts end after so many looks at their budget. */
function startGuarded(polls: number) {
  const budget = { left: polls };
  const poll = () =>
    budget.left-- > 0 ? undefined : new LimitError("deadline", "script budget exceeded");
  return { engine: createLuaEngine({ profile: "repl", poll }), budget };
}

test.for([
  "while true do end",
  "local function f() return f() end f()",
  "while true do pcall(function() while true do end end) end",
  "while true do pcall(pcall, function() while true do end end) end",
  "xpcall(function() while true do end end, function() while true do end end)",
  "while true do xpcall(function() while true do end end, function() while true do end end) end",
  "while true do pcall(error) end",
  "local co = coroutine.wrap(function() while true do end end) while true do pcall(co) end",
  "while true do coroutine.wrap(function() while true do pcall(function() while true do end end) end end)() end",
  "local t = setmetatable({}, { __index = function() while true do end end }) while true do pcall(function() return t.x end) end",
  "local t <close> = setmetatable({}, { __close = function() while true do end end }) while true do end",
  "table.sort({ 3, 1, 2 }, function() while true do end end)",
  "string.gsub('x', 'x', function() while true do end end)",
  "for _ in function() while true do end end do end",
  "load(function() while true do end end)",
  "goto a ::a:: goto a",
  "local s = '' while true do s = ('x'):rep(1000) end",
])("%s ends when its budget does", (source) => {
  const { engine, budget } = startGuarded(20);
  const error = failLua(source, engine);
  expect(error.message).toMatch(/^test.lua:1: script budget exceeded$/);
  expect(error.code).toBe("limit");
  budget.left = 1e9;
  expect(engine.run("local n = 0 for i = 1, 1e6 do n = n + 1 end return n", "t")).toEqual([1e6]);
});

test("poll() is not asked for more by a coroutine that outlives its script", () => {
  const { engine, budget } = startGuarded(20);
  failLua(
    "co = coroutine.create(function() while true do coroutine.yield() end end) coroutine.resume(co) while true do pcall(coroutine.resume, co) end",
    engine,
  );
  budget.left = 1e9;
  engine.run("for i = 1, 1e5 do coroutine.resume(co) end", "test.lua");
  expect(budget.left).toBeGreaterThan(1e9 - 200_000);
});
