import { expect, test } from "vitest";
import { ConfigError, DecodeError, TransportError } from "../../src/errors.ts";
import type { LuaError } from "../../src/lua/errors.ts";
import { failLua, startEngine } from "../support/lua.ts";

test.for([
  ["\n\nerror('boom')", "runtime", "test.lua:3", "test.lua:3: boom"],
  ["error('boom', 0)", "runtime", "", "boom"],
  [
    "\nlocal x\nx.y = 1",
    "runtime",
    "test.lua:3",
    "test.lua:3: attempt to index local 'x' (a nil value)",
  ],
  ["x = = 1", "syntax", "test.lua:1", "test.lua:1: unexpected symbol near '='"],
  ["\nif x then", "syntax", "test.lua:2", "test.lua:2: 'end' expected near '<eof>'"],
  ["error(setmetatable({}, { __tostring = function() return 'own' end }))", "runtime", "", "own"],
  [
    "coroutine.wrap(function()\nerror('inside') end)()",
    "runtime",
    "test.lua:2",
    "test.lua:2: inside",
  ],
  ["#!/usr/bin/env moonfix\nerror('x')", "runtime", "test.lua:2", "test.lua:2: x"],
] as const)("run() reports %j", ([source, code, where, message]) => {
  expect(failLua(source)).toMatchObject({ code, where, message });
});

test.for([
  "string.format('%d', 'x')",
  "('x'):rep({})",
  "('x'):rep(1e10)",
  "('x'):sub({})",
  "tonumber('1', {})",
  "table.insert({}, 'x', 0)",
  "select({})",
] as const)("run() names the script's line for a wrong argument: %s", (call) => {
  expect(failLua(`\nlocal _ = ${call}`)).toMatchObject({ where: "test.lua:2" });
});

test("run() gives the traceback without our own frames", () => {
  const { traceback } = failLua("local function f()\n  error('boom')\nend\nf()");
  expect(traceback.split("\n")).toEqual([
    "[C]: in function 'error'",
    "test.lua:2: in local 'f'",
    "test.lua:4: in main chunk",
  ]);
});

function startFailing() {
  const { engine } = startEngine();
  engine.define("host.config", () => {
    throw new ConfigError("unknown-name", "", "Cannot find x");
  });
  engine.define("host.placed", () => {
    throw new ConfigError("bad-value", "conf.lua:9", "Cannot use x");
  });
  engine.define("host.decode", () => {
    throw new DecodeError("truncated", 7, "Set header");
  });
  engine.define("host.world", () => {
    throw new TransportError("not-found", "Cannot open x");
  });
  engine.define("host.bug", () => {
    throw new TypeError("bug");
  });
  return engine;
}

test.for([
  ["\nhost.config()", "unknown-name", "test.lua:2: Cannot find x"],
  ["\nhost.placed()", "bad-value", "conf.lua:9: Cannot use x"],
  ["\nhost.decode()", "truncated", "test.lua:2: Cannot decode at byte 7: Set header"],
  ["\nhost.world()", "not-found", "test.lua:2: Cannot open x"],
] as const)("define() lets the error of %j cross with its code", ([source, luaCode, message]) => {
  expect(failLua(source, startFailing())).toMatchObject({ luaCode, message });
});

test("define() gives a caught error code, message, where and text", () => {
  const results = startFailing().run(
    `local ok, err = pcall(function()
       host.config()
     end)
     return ok, err.code, err.message, err.where, tostring(err), "! " .. err`,
    "test.lua",
  );
  const text = "test.lua:2: Cannot find x";
  expect(results).toEqual([
    false,
    "unknown-name",
    "Cannot find x",
    "test.lua:2",
    text,
    `! ${text}`,
  ]);
});

test("define() keeps the host error as the cause", () => {
  expect(failLua("host.world()", startFailing()).cause).toBeInstanceOf(TransportError);
});

test("run() throws a bug in a host function even when Lua catches it", () => {
  const engine = startFailing();
  expect(() => engine.run("pcall(host.bug)", "test.lua")).toThrow(TypeError);
  expect(engine.run("return 1", "test.lua")).toEqual([1]);
});

test("where() names the line of the Lua caller", () => {
  const { engine } = startEngine();
  engine.define("at", (_, context) => [context.where(), context.where(2)]);
  const source = "local function f()\n  local a, b = at()\n  return a, b\nend\nreturn f()";
  expect(engine.run(source, "conf.lua")).toEqual(["conf.lua:2", ""]);
  expect(engine.run("\nreturn at()", "conf.lua")[0]).toBe("conf.lua:2");
});

test("call() inside a host function nests, errors included", () => {
  const { engine } = startEngine();
  engine.define("twice", ([fn]) => [...engine.call(fn as never), ...engine.call(fn as never)]);
  expect(engine.run("return twice(function() return 3 end)", "test.lua")).toEqual([3, 3]);
  const failure = failLua("twice(function()\n  error('deep')\nend)", engine);
  expect(failure).toMatchObject({ where: "test.lua:2", message: "test.lua:2: deep" });
  expect(engine.run("return coroutine.wrap(twice)(function() return 4 end)", "x")).toEqual([4, 4]);
});

test("run() names a chunk in full however long its name is", () => {
  const { engine } = startEngine();
  const fail = (name: string, source: string) => {
    try {
      engine.run(source, name);
    } catch (error) {
      return error as LuaError;
    }
    throw new Error("did not fail");
  };
  for (const length of [10, 58, 59, 60, 61, 200]) {
    const name = `${"d/".repeat(100).slice(0, length - 5)}x.lua`;
    expect(fail(name, "error('boom')")).toMatchObject({
      where: `${name}:1`,
      message: `${name}:1: boom`,
    });
    expect(fail(name, "x = = 1").where).toBe(`${name}:1`);
    expect(fail(name, "error('boom')").traceback).toContain(`${name}:1: in main chunk`);
  }
});
