import fc from "fast-check";
import { expect, test } from "vitest";
import { TransportError } from "../../../src/errors.ts";
import { failAsync } from "../../support/lua.ts";
import { canonical, luaValues } from "../../support/lua-values.ts";
import { startWaiting } from "../../support/waiting.ts";

const run = (source: string) => startWaiting().engine.runAsync(source, "test.lua");

test.for([
  ["the main chunk", "return later(1, nil, 'x')", [1, undefined, "x"]],
  ["no results", "return select('#', later())", [0]],
  ["pcall", "return pcall(function() return later(1) end)", [true, 1]],
  ["xpcall", "return xpcall(function() return later(1) end, print)", [true, 1]],
  [
    "a coroutine",
    `local c = coroutine.create(function(a)
       local b = later(a + 1)
       local d = coroutine.yield(b)
       return later(d)
     end)
     local _, x = coroutine.resume(c, 1)
     local _, y = coroutine.resume(c, 7)
     return x, y, coroutine.status(c)`,
    [2, 7, "dead"],
  ],
  [
    "coroutine.wrap as an iterator",
    `local s = 0
     for v in coroutine.wrap(function() for i = 1, 3 do coroutine.yield(later(i)) end end) do
       s = s + later(v)
     end
     return s`,
    [6],
  ],
  [
    "coroutines in coroutines",
    `local function nest(n)
       if n == 0 then return later("deep") end
       return coroutine.wrap(function() return nest(n - 1) end)()
     end
     return nest(20)`,
    ["deep"],
  ],
  [
    "pcall in a coroutine in pcall",
    `return pcall(function()
       return coroutine.wrap(function() return pcall(function() return later(1) end) end)()
     end)`,
    [true, true, 1],
  ],
  ["__index", "return setmetatable({}, { __index = function(_, k) return later(k) end }).x", ["x"]],
  [
    "__newindex",
    "local s setmetatable({}, { __newindex = function(_, k) s = later(k) end }).x = 1 return s",
    ["x"],
  ],
  ["__call", "return setmetatable({}, { __call = function(_, v) return later(v) end })(5)", [5]],
  [
    "__add and __concat",
    `local m = { __add = function(_, v) return later(v) end,
       __concat = function(_, v) return later(v) end }
     return setmetatable({}, m) + 3, setmetatable({}, m) .. "x"`,
    [3, "x"],
  ],
  [
    "__eq and __lt",
    `local m = { __eq = function() return later(true) end, __lt = function() return later(true) end }
     local a, b = setmetatable({}, m), setmetatable({}, m)
     return a == b, a < b`,
    [true, true],
  ],
  [
    "an iterator",
    "local n = 0 for v in function() n = n + 1 if n < 4 then return later(n) end end do end return n",
    [4],
  ],
  ["a tail call", "local function f() return later(9) end return f()", [9]],
  ["load", "return load('return later(4)')()", [4]],
] as const)("a script waits in %s", async ([, source, results]) => {
  expect(await run(source)).toEqual(results);
});

test.for([
  ["string.gsub", "return (('x'):gsub('x', function() return later('y') end))"],
  ["table.sort", "table.sort({ 2, 1 }, function(a, b) later() return a < b end)"],
  ["a host function", "call(function() later() end)"],
  ["tostring", "tostring(setmetatable({}, { __tostring = function() return later('x') end }))"],
  [
    "a coroutine in string.gsub",
    "('x'):gsub('x', function() return coroutine.wrap(function() return later('y') end)() end)",
  ],
  ["a coroutine in a host function", "call(coroutine.wrap(function() later() end))"],
  ["a message handler", "error(select(2, xpcall(error, function() return later() end)), 0)"],
] as const)("a wait within %s is an error that says so", async ([, source]) => {
  const { engine } = startWaiting();
  const failure = await failAsync(source, engine);
  expect(failure.message).toMatch(
    /Cannot wait for (?:later|a result) here: |error in error|C stack/,
  );
  expect(await engine.runAsync("return later(1)", "test.lua")).toEqual([1]);
});

test("run() and call() cannot wait, and say so", () => {
  const { engine } = startWaiting();
  const refused = expect.objectContaining({ code: "unsupported" });
  expect(() => engine.run("later()", "test.lua")).toThrow(refused);
  expect(() => engine.run("coroutine.wrap(later)()", "test.lua")).toThrow(/Cannot wait for later/);
  expect(engine.state.waits.size).toBe(0);
});

test("an error of the host is raised where the script waits", async () => {
  const { engine } = startWaiting();
  const failure = await failAsync("\n\nlocal x = fail()", engine);
  expect(failure).toMatchObject({
    luaCode: "unreachable",
    where: "test.lua:3",
    message: "test.lua:3: Cannot reach x",
  });
  expect(failure.cause).toBeInstanceOf(TransportError);
  expect(failure.traceback).toContain("test.lua:3: in main chunk");
  expect(await failAsync("\nrefuse()", engine)).toMatchObject({ code: "bad-value" });
  const caught = "local ok, e = pcall(fail) return ok, e.code, later(2)";
  expect(await engine.runAsync(caught, "test.lua")).toEqual([false, "unreachable", 2]);
  const wrapped = "local ok, e = pcall(coroutine.wrap(fail)) return ok, e.code";
  expect(await engine.runAsync(wrapped, "test.lua")).toEqual([false, "unreachable"]);
});

test("an error after a wait has its line and its calls", async () => {
  const source = "local function f()\n  later()\n  error('boom')\nend\nf()";
  const failure = await failAsync(source, startWaiting().engine);
  expect(failure.message).toBe("test.lua:3: boom");
  expect(failure.traceback).toContain("test.lua:5: in main chunk");
});

test("a bug of the host ends the script, even when the script catches it", async () => {
  const { engine, calls } = startWaiting();
  const running = engine.runAsync("pcall(never) later() return 1", "test.lua");
  calls[0]?.reject(new TypeError("bug"));
  await expect(running).rejects.toThrow(TypeError);
  expect(await engine.runAsync("return later(1)", "test.lua")).toEqual([1]);
});

test("runAsync() tells of syntax errors and of what it cannot hand over", async () => {
  const { engine } = startWaiting();
  expect(await failAsync("x = = 1", engine)).toMatchObject({ code: "syntax" });
  expect(await failAsync("return coroutine.create(print)", engine)).toMatchObject({
    code: "wrong-type",
  });
});

test("callAsync() calls functions of the engine", async () => {
  const { engine } = startWaiting();
  const [fn] = engine.run("return function(a, b) return later(a) + later(b) end", "test.lua");
  expect(await engine.callAsync(fn as never, [2, 3])).toEqual([5]);
});

test("any value comes back equal through a wait", async () => {
  const { engine } = startWaiting();
  await fc.assert(
    fc.asyncProperty(luaValues, async (value) => {
      const [back] = await engine.runAsync("return later(...)", "test.lua", [value]);
      expect(back).toEqual(canonical(value));
    }),
    { numRuns: 100 },
  );
});

test.for([
  ["coroutine.running()", undefined],
  ["coroutine.isyieldable()", false],
  ["select('#', coroutine.resume(coroutine.create(function() end)))", 1],
  ["select(2, pcall(coroutine.resume))", "bad argument #1 to 'resume' (coroutine expected)"],
  [
    "select(2, pcall(coroutine.wrap, 1))",
    "bad argument #1 to 'wrap' (function expected, got number)",
  ],
  [
    "select(2, pcall(coroutine.create))",
    "bad argument #1 to 'create' (function expected, got no value)",
  ],
  ["select(2, pcall(coroutine.status, print))", "bad argument #1 to 'status' (coroutine expected)"],
  [
    "select(2, coroutine.wrap(function() return coroutine.resume(coroutine.running()) end)())",
    "cannot resume running coroutine",
  ],
  ["select(2, pcall(coroutine.yield))", "attempt to yield across C-call boundary"],
  [
    "select(2, coroutine.resume(coroutine.create(function() return coroutine.isyieldable() end)))",
    true,
  ],
  ["type(coroutine.wrap(function() return coroutine.running() end)())", "thread"],
  ["select(2, pcall(coroutine.wrap(function() error('x', 0) end)))", "x"],
  [
    "select(2, pcall(coroutine.wrap(function() local t = setmetatable({}, {}) error(t) end)))",
    expect.anything(),
  ],
] as const)("to a script that may wait, %s is %s", async ([expression, value]) => {
  expect(await run(`return (${expression})`)).toEqual([value]);
});
