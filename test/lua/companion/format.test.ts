import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { runLua, startEngine } from "../../support/lua.ts";
import { hasProgram, runProgram } from "../../support/programs.ts";

const luajit = hasProgram("luajit");
if (!luajit) console.warn("luajit is not installed: string.format is not compared with it");

/** Calls of `string.format`, one a line, of every rule and mistake. */
const calls = readFileSync(new URL("format-calls.txt", import.meta.url), "utf8")
  .trimEnd()
  .split("\n");

/** Gives what each expression of `expressions` gives, or its message, between NUL. */
const evaluate = `local out = {}
  for i, code in ipairs(expressions) do
    local chunk = assert(loadstring("local function keep(...) return ... end return keep(" .. code .. ")", "=c"))
    out[i] = tostring((select(2, pcall(chunk)))):gsub("[^ -~]", function(octet)
      return "<" .. octet:byte() .. ">" end)
  end
  return table.concat(out, "\\0")`;

const quote = (text: string) => JSON.stringify(text).replaceAll("\\u0000", "\\0");

const listOf = (expressions: readonly string[]) => `{ ${expressions.map(quote).join(", ")} }`;

function ours(expressions: readonly string[]): string[] {
  const source = `local expressions = ${listOf(expressions)} ${evaluate}`;
  const [all] = runLua(source);
  return Buffer.from(all as string)
    .toString("latin1")
    .split("\0");
}

function theirs(expressions: readonly string[]): string[] {
  const source = `local expressions = ${listOf(expressions)}
    io.write((function() ${evaluate} end)())`;
  return runProgram("luajit", ["-"], source).split("\0");
}

const pair = (expressions: readonly string[], results: readonly string[]) =>
  expressions.map((code, i) => `${code} gives ${results[i]}`);

test.skipIf(!luajit)("string.format() does what luajit's does, mistakes included", () => {
  expect(pair(calls, ours(calls))).toEqual(pair(calls, theirs(calls)));
});

/** Numbers whose decimals are no ties, which LuaJIT rounds in a way of its own. */
const number = fc.oneof(
  fc.integer().map((n) => `${n} / 7`),
  fc.integer().map(String),
  fc.constantFrom(
    "2^31",
    "-2^31",
    "2^53",
    "2^63",
    "2^64",
    "-2^63",
    "1/0",
    "-1/0",
    "'12'",
    "'0x1f'",
  ),
);
const text = fc.constantFrom("'a\\\\0b'", "''", "nil", "true", "('x'):rep(60)", "'%d'");
const flags = fc.stringMatching(/^[-+ #0]{0,3}$/);
const size = fc.stringMatching(/^(?:\d{1,2})?(?:\.\d{0,2})?$/);
const directive = fc.oneof(
  fc.tuple(flags, size, fc.constantFrom(..."dioxXuc"), number),
  fc.tuple(flags, fc.stringMatching(/^\d?(?:\.\d?)?$/), fc.constantFrom(..."eEfFgG"), number),
  fc.tuple(flags, size, fc.constantFrom("s", "q"), fc.oneof(text, number)),
  fc.tuple(flags, size, fc.constantFrom(..."skn%"), text),
);
const call = fc.array(directive, { maxLength: 4 }).map((directives) => {
  const format = directives.map(([f, s, letter]) => `%${f}${s}${letter}`).join("|%%");
  return `string.format('<${format}>'${directives.map(([, , , value]) => `, ${value}`).join("")})`;
});

test.skipIf(!luajit)("string.format() gives what luajit gives, for 3 000 random calls", () => {
  const random = fc.sample(call, { numRuns: 3_000, seed: 7 });
  expect(pair(random, ours(random))).toEqual(pair(random, theirs(random)));
});

test.for([
  ["('%d'):rep(400, ' '):format(unpack(fill(400, 1.5))):sub(1, 5)", "1 1 1"],
  ["#('%u'):rep(400, ' '):format(unpack(fill(400, 2^63)))", 400 * 19 + 399],
  [
    "('%5s|'):format(setmetatable({}, { __tostring = function() return ('%u%-3s'):format(7, 'y') end }))",
    " 7y  |",
  ],
  [
    "('%d %u'):format(9007199254740993LL, 18446744073709551615ULL)",
    "9007199254740993 18446744073709551615",
  ],
  [
    "select(2, pcall(string.format, ('%99d'):rep(1000) .. '%y'))",
    /too few|value expected|no value/,
  ],
] as const)("%s is %s", ([expression, expected]) => {
  const fill = `local function fill(n, value) local t = {} for i = 1, n do t[i] = value end return t end `;
  const [result] = runLua(`${fill}return ${expression}`);
  if (expected instanceof RegExp) expect(result).toMatch(expected);
  else expect(result).toBe(expected);
});

test("string.format() may be called within itself, from a metamethod", () => {
  const { engine } = startEngine();
  const source = `local object = setmetatable({}, { __tostring = function()
      return ("%5s%+5d%u"):format("a", 2.5, 3) end })
    return ("%12s %-4u %q %F|"):format(object, 5.9, object, 1.5)`;
  expect(engine.run(source, "test.lua")).toEqual(['     a   +23 5    "    a   +23" 1.500000|']);
});
