import fc from "fast-check";
import { expect, test } from "vitest";
import { failLua, runLua, startEngine } from "../../support/lua.ts";
import { hasProgram, runProgram } from "../../support/programs.ts";

test.for([
  ["tobit(0xffffffff), bit.tobit(2^40 + 1), bit.tobit(-2^31 - 1)", "-1 1 2147483647"],
  ["tobit(0.5), bit.tobit(1.5), bit.tobit(2.5), bit.tobit(-1.5)", "0 2 2 -2"],
  ["tobit(1/0), bit.tobit(0/0), bit.tobit('0x10'), bit.tobit(' 12 ')", "0 0 16 12"],
  ["tobit(0x7fffffff12345678)", "-1948021"],
  ["bnot(0), bit.bnot('1', 2), bit.bnot(0x7fffffff)", "-1 -2 -2147483648"],
  ["band(7), bit.band('0xff', 15, 6.4), bit.bor(1, 2, 0x80000000)", "7 6 -2147483645"],
  ["bxor(5, 3, '1e2'), bit.bxor(-1, 0)", "98 -1"],
  ["lshift(1, 31), bit.lshift(1, 32), bit.lshift(1, -1)", "-2147483648 1 -2147483648"],
  ["rshift(-1, 28), bit.rshift(-1, 0), bit.rshift(8, 35)", "15 -1 1"],
  ["arshift(-256, 4), bit.arshift(0x80000000, 31)", "-16 -1"],
  ["rol(0x12345678, 12), bit.ror(0x12345678, 12)", "1164411171 1736516421"],
  ["bswap(0x12345678), bit.bswap(1.5)", "2018915346 33554432"],
  ["tohex(1), bit.tohex(-1), bit.tohex(255, 4), bit.tohex(255, 1)", "00000001 ffffffff 00ff f"],
  ["tohex(255, -4), bit.tohex(-1, -8), bit.tohex(0xabcd, -1.5)", "00FF FFFFFFFF CD"],
  ["tohex(255, 12), bit.tohex(255, 256), bit.tohex(0, 255)", "0000000000ff ff 0"],
  ["tohex(255, 0) .. bit.tohex(255, -2^31)", ""],
] as const)("bit.%s as LuaJIT has it", ([call, expected]) => {
  expect(runLua(`return table.concat({ bit.${call} }, " ")`)).toEqual([expected]);
});

test.for([
  ["bit.band()", "bad argument #1 to 'band' (number expected, got no value)"],
  ["bit.band(1, nil)", "bad argument #2 to 'band' (number expected, got nil)"],
  ["bit.bor(1, 2, {})", "bad argument #3 to 'bor' (number expected, got table)"],
  ["bit.lshift(1)", "bad argument #2 to 'lshift' (number expected, got no value)"],
  ["bit.tobit('x')", "bad argument #1 to 'tobit' (number expected, got string)"],
  ["bit.tohex(255, nil)", "bad argument #2 to 'tohex' (number expected, got nil)"],
] as const)("%s tells the argument that is wrong", ([call, message]) => {
  expect(failLua(call).message).toBe(`test.lua:1: ${message}`);
});

test("the table is both a global and a module", () => {
  expect(runLua('return bit == require "bit", bit == require("bit")')).toEqual([true, true]);
});

const operations = ["tobit", "bnot", "bswap", "tohex", "band", "bor", "bxor"] as const;
const shifts = ["lshift", "rshift", "arshift", "rol", "ror", "tohex"] as const;

/** A number as a Lua literal that every Lua reads as the same double. */
const number = fc.oneof(
  fc.integer({ min: -(2 ** 51), max: 2 ** 51 }).map(String),
  fc.integer({ min: -70, max: 70 }).map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((x) => `(${x} + 0.0)`),
  fc.integer({ min: -(2 ** 33), max: 2 ** 33 }).map((x) => `(${x} / 4)`),
  fc.integer({ min: -(2 ** 40), max: 2 ** 40 }).map((x) => `"${x}"`),
);
const call = fc.oneof(
  fc.tuple(fc.constantFrom(...operations), number).map(([name, x]) => `bit.${name}(${x})`),
  fc.tuple(fc.constantFrom(...shifts), number, number).map(([f, x, n]) => `bit.${f}(${x}, ${n})`),
  fc
    .tuple(fc.constantFrom("band", "bor", "bxor"), fc.array(number, { minLength: 1, maxLength: 5 }))
    .map(([name, values]) => `bit.${name}(${values.join(", ")})`),
);

test.skipIf(!hasProgram("luajit"))("bit.* gives what luajit gives, for 5 000 random calls", () => {
  const calls = fc.sample(call, 5_000);
  const script = calls.map((text) => `print(${text})`).join("\n");
  const { engine, printed } = startEngine();
  engine.run(script, "test.lua");
  const expected = runProgram("luajit", ["-"], script).trimEnd().split("\n");
  const same = (lines: readonly unknown[]) => calls.map((text, i) => `${text} = ${lines[i]}`);
  expect(same(printed)).toEqual(same(expected));
});
