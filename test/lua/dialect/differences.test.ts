import { expect, test } from "vitest";
import { differences } from "../../../src/lua/dialect/differences.ts";
import { findForeign } from "../../../src/lua/dialect/warnings.ts";
import { runLua } from "../../support/lua.ts";
import { hasProgram, runProgram } from "../../support/programs.ts";

const luajit = hasProgram("luajit");
if (!luajit) console.warn("luajit is not installed: differences are not shown with it");

const examples = differences.flatMap(({ about, example }) =>
  example === undefined ? [] : [[about, ...example] as const],
);

test.for(examples)("%s: %s gives what the table says of moonfix", ([, code, , here]) => {
  expect(runLua(`return tostring((loadstring(...)()))`, code)).toEqual([here]);
});

test.skipIf(!luajit)("every example gives what the table says of LuaJIT", () => {
  const show = "io.write(tostring((loadstring(...)())))";
  const shown = examples.map(([, code]) => runProgram("luajit", ["-", code], show));
  expect(shown).toEqual(examples.map(([, , theirs]) => theirs));
});

test("every difference that shows in a source is warned about", () => {
  for (const { finds } of differences) {
    for (const name of finds?.names ?? []) {
      const use = name.includes(".") ? `x = ${name}(1)` : `x = ${name}(1) + ${name}.y`;
      expect(findForeign(`\n${use}`)[0]).toEqual({
        line: 2,
        message: `${name} is not LuaJIT: ${finds?.instead}`,
      });
    }
    for (const symbol of finds?.symbols ?? []) {
      const [warning] = findForeign(`\n\nlocal x ${symbol} 5`);
      expect(warning).toEqual({ line: 3, message: `${symbol} is not LuaJIT: ${finds?.instead}` });
    }
  }
});

test.for([
  "local unpack = table.unpack or unpack",
  "local unpack = unpack or table.unpack",
  "x = a.table.unpack, a:rawlen(), { utf8 = 1 }, a.utf8",
  "x = '//' .. [[&]] -- a // b\n--[[ ~ << >> ]]",
  "x = a < b, c > d, a ~= b, a <= b, a >= b",
  "x = 9007199254740992, 0x20000000000000, 9007199254740993LL, 1e300",
  "require 'bit' require('jit') require(ffi)",
])("findForeign() finds nothing in %j", (source) => {
  expect(findForeign(source)).toEqual([]);
});

test("findForeign() tells which numbers are rounded", () => {
  const source = "x = 9007199254740993\ny = 0xffffffffffffffff";
  expect(findForeign(source).map(({ line, message }) => `${line} ${message}`)).toEqual([
    "1 9007199254740993 is rounded to a double, as in LuaJIT: end it in LL to keep it exact",
    "2 0xffffffffffffffff is rounded to a double, as in LuaJIT: end it in LL to keep it exact",
  ]);
});

test("findForeign() tells the first hundred", () => {
  expect(findForeign("x = a // b\n".repeat(5_000))).toHaveLength(100);
});
