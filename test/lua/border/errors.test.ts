import { expect, test } from "vitest";
import { ConfigError, DecodeError, TransportError } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import type { LuaEngine } from "../../../src/lua/engine.ts";
import { LuaFunction, LuaTable, type LuaValue } from "../../../src/lua/values.ts";
import { failLua, startEngine } from "../../support/lua.ts";

/** An engine with `host.fail`, which throws `error`, and `host.call`, which calls its argument. */
function startWith(error: unknown): LuaEngine {
  const { engine } = startEngine();
  engine.define("host.fail", () => {
    throw error;
  });
  engine.define("host.call", ([fn, ...args]) => {
    try {
      return engine.call(fn as never, args);
    } finally {
      for (const each of [fn, ...args]) if (each instanceof LuaFunction) engine.release(each);
    }
  });
  return engine;
}

const typed = [
  new ConfigError("unknown-option", "", "Cannot use x"),
  new ConfigError("bad-value", "conf.lua:9", "Cannot use x"),
  new DecodeError("bad-length", 7, "Set header"),
  new TransportError("disk-full", "Cannot write x"),
];

test.for(
  typed.flatMap(
    (error) =>
      [
        ["uncaught", error, "host.fail()"],
        ["caught and raised again", error, "local ok, e = pcall(host.fail) error(e)"],
        ["through two host functions", error, "host.call(host.call, host.fail)"],
        ["out of a coroutine", error, "coroutine.wrap(host.fail)()"],
        [
          "raised again above another host function",
          error,
          "host.call(function() local ok, e = pcall(host.fail) error(e, 0) end)",
        ],
      ] as const,
  ),
)("%s, %s is the cause, with its code", ([, error, source]) => {
  const failure = failLua(`\n${source}`, startWith(error));
  expect(failure.luaCode).toBe(error.code);
  expect(failure.cause).toBe(error);
  expect(failure.message).toContain(error.message);
});

test.for([
  ["text", "'boom'", "boom"],
  ["octets", "'\\255\\0'", new Uint8Array([255, 0])],
  ["a number", "2^60", 2 ** 60],
  ["an integer", "math.maxinteger", 2n ** 63n - 1n],
  ["false", "false", false],
  ["nil", "nil", undefined],
  [
    "a table",
    "{ 1, x = { y = 2 } }",
    new LuaTable([
      [1, 1],
      ["x", new LuaTable([["y", 2]])],
    ] as [string | number, LuaValue][]),
  ],
] as const)("LuaError keeps %s that Lua raised", ([, expression, value]) => {
  expect(failLua(`error(${expression}, 0)`).value).toEqual(value);
});

test("LuaError has no value for what cannot cross", () => {
  const failure = failLua("local t = {} t.t = t error(t)");
  expect(failure.value).toBeUndefined();
  expect(failure.message).toMatch(/^table: 0x/);
});

test("an error value stays itself through host functions", () => {
  const source = `local mine = setmetatable({}, { __tostring = function() return "mine" end })
    local ok, e = pcall(host.call, host.call, function() error(mine) end)
    local ok2, text = pcall(host.call, error, "plain", 0)
    return ok, e == mine, ok2, text`;
  const engine = startWith(undefined);
  expect(engine.run(source, "test.lua")).toEqual([false, true, false, "plain"]);
});

test("the traceback goes on through host functions", () => {
  const source = [
    "local function deep()",
    "  error({ message = 'deep' })",
    "end",
    "local function middle()",
    "  host.call(deep)",
    "end",
    "host.call(middle)",
  ].join("\n");
  const { traceback } = failLua(source, startWith(undefined));
  const lines = traceback.split("\n").filter((line) => line.startsWith("test.lua"));
  expect(lines.map((line) => line.split(":")[1])).toEqual(["2", "5", "7"]);
});

test.for([
  ["{ code = 'bad-value', message = 'no' }", "bad-value", "", "no"],
  [
    "{ code = 'bad-value', message = 'no', where = 'a.lua:3' }",
    "bad-value",
    "a.lua:3",
    "a.lua:3: no",
  ],
  ["{ code = 'rubbish', message = 'no' }", "runtime", "", "no"],
  ["{ code = {}, message = 'no' }", "runtime", "", "no"],
] as const)("error(%s) is told by its fields", ([table, luaCode, where, message]) => {
  expect(failLua(`error(${table})`)).toMatchObject({ luaCode, where, message });
});

test("a script that writes into an error object changes its words only", () => {
  const engine = startWith(new DecodeError("truncated", 1, "x"));
  const change = (fields: string) =>
    failLua(`local ok, e = pcall(host.fail) ${fields} error(e)`, engine);
  expect(change("e.code = 'constructor'").luaCode).toBe("runtime");
  expect(change("e.code, e.message, e.where = {}, {}, {}")).toMatchObject({ message: "" });
  expect(change("e[1] = 1e9").cause).toBeUndefined();
  expect(change("e[1] = -1").cause).toBeUndefined();
  expect(change("e[1] = 'x'").code).toBe("runtime");
});

test("an old error object does not name a newer error as its cause", () => {
  const engine = startWith(new DecodeError("truncated", 1, "x"));
  const source = `local ok, old = pcall(host.fail)
    for i = 1, ${limits.luaCrossedErrors} do pcall(host.fail) end
    error(old)`;
  const failure = failLua(source, engine);
  expect(failure.luaCode).toBe("truncated");
  expect(failure.cause).toBeUndefined();
});

test("a host function that fails with a full stack is an error, and the engine lives", () => {
  const engine = startWith(new ConfigError("bad-value", "", "no"));
  const fill = "local t = {} for i = 1, 65000 do t[i] = i end return pcall(host.fail, unpack(t))";
  expect(engine.run(fill, "test.lua")[0]).toBe(false);
  expect(engine.run("return 1", "test.lua")).toEqual([1]);
});

test("errors through the border leave nothing behind, even within one run", () => {
  const engine = startWith(new ConfigError("bad-value", "", "no"));
  const source = `local function fail()
      for i = 1, 500 do
        pcall(host.fail)
        pcall(host.call, error, {})
        pcall(host.call, host.call, error, {})
      end
      collectgarbage()
      return collectgarbage("count")
    end
    local before = fail()
    return fail() - before`;
  expect(engine.run(source, "test.lua")[0]).toBeLessThan(20);
  expect(engine.state.x.lua_gettop(engine.state.current)).toBe(0);
  for (let i = 0; i < 500; i++) failLua("error({})", engine);
  engine.run("collectgarbage()", "test.lua");
  const before = engine.memoryBytes();
  for (let i = 0; i < 500; i++) failLua("error({})", engine);
  engine.run("collectgarbage()", "test.lua");
  expect(engine.memoryBytes()).toBeLessThan(before + 20_000);
});
