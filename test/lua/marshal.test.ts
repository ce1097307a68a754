import fc from "fast-check";
import { expect, test } from "vitest";
import { LuaFunction, LuaTable, type LuaValue } from "../../src/lua/values.ts";
import { failLua, runLua, startEngine } from "../support/lua.ts";

const echo = (value: LuaValue) => runLua("return ...", value)[0];

test.for([
  [2 ** 53 - 1],
  [-(2 ** 53) + 1],
  [2n ** 53n + 1n],
  [2n ** 63n - 1n],
  [-(2n ** 63n)],
  [0.5],
  [1e300],
  [Number.POSITIVE_INFINITY],
  [Number.NaN],
  [-0],
] as const)("run() carries %s both ways without loss", ([value]) => {
  expect(echo(value)).toBe(value);
});

test("run() makes integers of numbers that are integers", () => {
  expect(runLua("local a, b = ... return math.type(a), math.type(b)", 5, 2n ** 60n)).toEqual([
    "integer",
    "integer",
  ]);
  expect(runLua("return 2^53, 9007199254740993LL, 1 << 63")).toEqual([
    2 ** 53,
    9007199254740993n,
    -(2n ** 63n),
  ]);
});

test("run() refuses an integer that Lua cannot hold", () => {
  expect(() => runLua("return ...", 2n ** 63n)).toThrow(/Cannot give 9223372036854775808 to Lua/);
});

test("run() carries any octets both ways", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 64 }), (octets) => {
      const back = echo(octets);
      const bytes = typeof back === "string" ? new TextEncoder().encode(back) : back;
      expect(bytes).toEqual(octets);
    }),
    { numRuns: 50 },
  );
});

test("run() carries text of any length, NUL and byte order mark included", () => {
  for (const text of ["", "a\0b", "\ufeffx", "hé€😀", "x".repeat(100_000)]) {
    expect(echo(text)).toBe(text);
  }
  expect(runLua("return #...", "a\0b")).toEqual([3]);
});

test("run() copies tables both ways", () => {
  const table = new LuaTable([
    [1, "a"],
    [2, 5],
    ["x", LuaTable.fromArray([true, 2n ** 60n])],
    [true, 0.5],
  ]);
  expect(echo(table)).toEqual(table);
});

test("run() gives a key __proto__ no power", () => {
  const [table] = runLua("return { __proto__ = { admin = true }, constructor = 1 }");
  expect((table as LuaTable).entries.size).toBe(2);
  expect((table as LuaTable & { admin?: unknown }).admin).toBeUndefined();
  expect(({} as { admin?: unknown }).admin).toBeUndefined();
});

test.for([
  ["local t = {} t[1] = t return t", /contains itself/],
  ["local t = {} for i = 1, 40 do t = { t } end return t", /nested deeper than 32/],
  ["local t = {} for i = 1, 200000 do t[i] = i end return t", /more than 100000 values/],
  ["return { [{}] = 1 }", /neither text nor a number/],
  ["return coroutine.create(print)", /Cannot hand over a coroutine/],
] as const)("run() refuses the result of %s", ([source, message]) => {
  expect(() => runLua(source)).toThrow(message);
});

test("call() takes functions that run() returned, and release() gives them up", () => {
  const { engine } = startEngine();
  const [add] = engine.run("return function(a, b) return a + b end", "test.lua");
  if (!(add instanceof LuaFunction)) throw new Error("not a function");
  expect(engine.call(add, [2, 3])).toEqual([5]);
  engine.release(add);
  expect(() => engine.call(add, [2, 3])).toThrow(/was released/);
});

test("call() refuses a function of another engine", () => {
  const [fn] = startEngine().engine.run("return print", "test.lua");
  expect(() => startEngine().engine.call(fn as never)).toThrow(/of another engine/);
});

test("print() hands over whole lines, octets where they are no text", () => {
  const { engine, printed } = startEngine();
  engine.run("print(10 / 2, nil, 'é') print('\\255')", "test.lua");
  expect(printed).toEqual(["5\tnil\té", new Uint8Array([255])]);
  expect(failLua("print(setmetatable({}, { __tostring = error }))").code).toBe("runtime");
});
