import fc from "fast-check";
import { expect, test } from "vitest";
import { LuaError } from "../../../src/lua/errors.ts";
import { LuaTable, type LuaValue } from "../../../src/lua/values.ts";
import { failLua, runLua, startEngine } from "../../support/lua.ts";
import { canonical, luaValues, octets } from "../../support/lua-values.ts";

/** Ways of a value into Lua and back. */
function directions(): Readonly<Record<string, (value: LuaValue) => LuaValue>> {
  const { engine, printed } = startEngine();
  const [identity] = engine.run("return function(...) return ... end", "test.lua");
  let seen: LuaValue;
  engine.define("host.echo", (args) => args);
  engine.define("host.see", ([value]) => {
    seen = value;
    return [];
  });
  return {
    "argument and result of run()": (value) => engine.run("return ...", "test.lua", [value])[0],
    "argument and result of call()": (value) => engine.call(identity as never, [value])[0],
    "argument and result of a host function": (value) =>
      engine.run("return host.echo(...)", "test.lua", [value])[0],
    "argument of a host function in a coroutine": (value) => {
      engine.run("coroutine.wrap(host.see)(...)", "test.lua", [value]);
      return seen;
    },
    "global of define()": (value) => {
      engine.define("given.value", value);
      return engine.run("return given.value", "test.lua")[0];
    },
    upvalue: (value) => {
      const [keep] = engine.run("local v = ... return function() return v end", "x", [value]);
      return engine.call(keep as never)[0];
    },
    "value of a table": (value) => {
      const [table] = engine.run("return { v = ... }", "test.lua", [value]);
      return (table as LuaTable).get("v");
    },
    "error value": (value) => {
      try {
        engine.run("error((...), 0)", "test.lua", [value]);
      } catch (error) {
        if (error instanceof LuaError) return error.value;
        throw error;
      }
      return "no error";
    },
    "line of print()": (value) => {
      if (typeof value !== "string" && !(value instanceof Uint8Array)) return canonical(value);
      engine.run("print(...)", "test.lua", [value]);
      return printed.at(-1) as LuaValue;
    },
  };
}

test.for(Object.entries(directions()))("any value comes back equal as %s", ([, carry]) => {
  fc.assert(
    fc.property(luaValues, (value) => {
      expect(carry(value)).toEqual(canonical(value));
    }),
    { numRuns: 100 },
  );
});

test("any octets come back equal as the key of a table", () => {
  fc.assert(
    fc.property(octets, (key) => {
      const [back] = runEcho(new LuaTable([[key, 1]]));
      expect(back).toEqual(canonical(new LuaTable([[key, 1]])));
      expect((back as LuaTable).get(canonical(key) as never)).toBe(1);
    }),
    { numRuns: 200 },
  );
});

const shared = startEngine().engine;
const runEcho = (value: LuaValue) => shared.run("return ...", "test.lua", [value]);

test.for([
  [2n ** 63n - 1n, "9223372036854775807"],
  [-(2n ** 63n), "-9223372036854775808"],
  [2n ** 53n, "9007199254740992"],
  [-(2n ** 53n), "-9007199254740992"],
] as const)("the integer %s is exact in Lua, as value and as key", ([value, text]) => {
  expect(runLua("return tostring(...), math.type(...)", value)).toEqual([text, "integer"]);
  expect(runEcho(new LuaTable([[value, value]]))).toEqual([new LuaTable([[value, value]])]);
});

test.for([[2n ** 63n], [-(2n ** 63n) - 1n], [2n ** 64n], [10n ** 40n]] as const)(
  "run() refuses %s as argument, and a host function as result",
  ([value]) => {
    const refused = expect.objectContaining({ code: "limit" });
    expect(() => runEcho(value)).toThrow(refused);
    const { engine } = startEngine();
    engine.define("huge", () => [value]);
    expect(() => engine.run("huge()", "test.lua")).toThrow(refused);
    expect(engine.run("local ok, err = pcall(huge) return err.code", "test.lua")).toEqual([
      "limit",
    ]);
  },
);

test("json null crosses as null, and is not nil", () => {
  expect(runLua("local v = ... return v == nil, type(v), v", null)).toEqual([
    false,
    "userdata",
    null,
  ]);
});

test("run() refuses a table with the key NaN", () => {
  const table = new LuaTable([[Number.NaN, 1]]);
  expect(() => runEcho(table)).toThrow(/the key NaN/);
});

test("tables with keys that are words of JavaScript are plain data", () => {
  const source = `return { __proto__ = { admin = true }, constructor = { name = 1 },
    hasOwnProperty = false, toString = "x", ["then"] = 5 }`;
  const [table] = runLua(source);
  expect([...(table as LuaTable).entries.keys()].sort()).toEqual([
    "__proto__",
    "constructor",
    "hasOwnProperty",
    "then",
    "toString",
  ]);
  expect(Object.getPrototypeOf(table)).toBe(LuaTable.prototype);
  expect(({} as { admin?: unknown }).admin).toBeUndefined();
});

test("run() refuses a result of too many octets, though Lua holds them once", () => {
  const source = "local s, t = ('x'):rep(2^22), {} for i = 1, 33 do t[i] = s end return t";
  expect(failLua(source)).toMatchObject({ code: "limit" });
});

test("run() refuses tables that multiply", () => {
  const source = "local t = {} for i = 1, 31 do t = { t, t, t } end return t";
  expect(failLua(source)).toMatchObject({ code: "limit" });
});

test("an argument that cannot cross is named with its function", () => {
  const { engine } = startEngine();
  engine.define("host.take", () => []);
  const failure = failLua("\nhost.take(1, coroutine.create(print))", engine);
  expect(failure.message).toBe(
    "test.lua:2: Cannot use argument 2 of host.take: cannot hand over a coroutine",
  );
});
