import { expect, test } from "vitest";
import { createLuaEngine } from "../../../src/lua/engine.ts";
import { LimitError } from "../../../src/lua/errors.ts";
import { failLua } from "../../support/lua.ts";

/** An engine whose scripts end after so many looks at their budget. */
function startGuarded(polls: number) {
  const budget = { left: polls };
  const poll = () =>
    budget.left-- > 0 ? undefined : new LimitError("deadline", "script budget exceeded");
  return { engine: createLuaEngine({ profile: "repl", poll }), budget };
}

test.for([
  '("a"):rep(3000):find((".-"):rep(12) .. "b")',
  '("a"):rep(3000):match((".*"):rep(12) .. "b")',
  '("a"):rep(3000):find(("a?"):rep(3000) .. ("a"):rep(3000) .. "b")',
  '("a"):rep(3000):gsub((".-"):rep(12) .. "b", "")',
  '("a"):rep(3000):gsub(("(a*)"):rep(12) .. "b", {})',
  '("a"):rep(3000):gsub(("(a+)"):rep(12) .. "b", print)',
  'for _ in ("a"):rep(3000):gmatch((".-"):rep(12) .. "b") do end',
  '("a"):rep(300000):find(".-b")',
  '("a"):rep(300000):find("[^b]-b")',
  '("ab"):rep(300000):find("%b()()()c" .. ("[ab]*"):rep(9) .. "c")',
  '("("):rep(300000):find("%b()")',
  '("a"):rep(2000000):find(("a"):rep(1000000) .. "b")',
  '("a"):rep(2000000):find(("a"):rep(1000000) .. "b", 1, true)',
  '("a"):rep(200000):find("(a*)%1b")',
  '("a"):rep(100000):gsub("a*()a-b", "")',
  'local s = ("a"):rep(1000000) while true do s:find("b") end',
  'local s = ("a"):rep(1000000) while true do s:find("b", 1, true) end',
  'local s = ("a"):rep(100000) while true do s:gsub("a", "b") end',
  'local s = ("a"):rep(100000) while true do pcall(s.find, s, ("a-"):rep(9) .. "b") end',
  'while true do pcall(string.find, ("a"):rep(3000), (".-"):rep(12) .. "b") end',
  'for i = 1, 1e9 do ("x"):find(("[%w]"):rep(60000) .. i) end',
  'coroutine.wrap(function() ("a"):rep(3000):find((".-"):rep(12) .. "b") end)()',
  '("x"):gsub("x", function() ("a"):rep(3000):find((".-"):rep(12) .. "b") end)',
  'local s = "x" while true do s = s:gsub("x", "%0%0") s = s:sub(1, 100000) end',
])("%s ends when its budget does", (source) => {
  const { engine, budget } = startGuarded(60);
  const error = failLua(source, engine);
  expect(error.message).toMatch(/^test.lua:1: script budget exceeded$/);
  expect(error.code).toBe("limit");
  budget.left = 1e9;
  expect(engine.run('return ("key = 1"):match("^(%w+) = (%d)$")', "t")).toEqual(["key", "1"]);
});

test.for([
  ['("a"):rep(300000):find("^a*.?$")', [1, 300_000]],
  ['("a"):rep(300000):find("^.-$")', [1, 300_000]],
  ['#("a"):rep(300000):gsub("a", "bb")', [600_000]],
  ['("ab"):rep(60000):find(("[a%l]"):rep(5000))', [1, 5_000]],
  ['("a"):rep(5000):find(("a?"):rep(5000))', [1, 5_000]],
  ['("a"):rep(60000):find("^" .. ("a"):rep(60000) .. "$")', [1, 60_000]],
  [
    '("("):rep(50000) .. (")"):rep(50000) == (("("):rep(50000) .. (")"):rep(50000)):match("%b()")',
    [true],
  ],
] as const)("%s is well within a budget, and needs no recursion", ([source, expected]) => {
  const { engine } = startGuarded(20_000);
  expect(engine.run(`return ${source}`, "test.lua")).toEqual(expected);
});

test("a pattern that is too long is refused", () => {
  const { engine } = startGuarded(20_000);
  const error = failLua('("a"):find(("a"):rep(300000) .. ".")', engine);
  expect(error.message).toBe("test.lua:1: pattern too complex");
});

test("a result that memory cannot hold ends the script, not the engine", () => {
  const engine = createLuaEngine({ profile: "repl", memoryBytes: 33_554_432 });
  const error = failLua('("a"):rep(100000):gsub("a", ("b"):rep(100000))', engine);
  expect(error.code).toBe("limit");
  expect(error.message).toMatch(/memory/);
  expect(engine.run('return ("a-b"):gsub("-", "+")', "t")).toEqual(["a+b", 1]);
});
