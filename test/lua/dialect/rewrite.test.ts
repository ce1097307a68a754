import fc from "fast-check";
import { expect, test } from "vitest";
import { rewriteDialect } from "../../../src/lua/dialect/rewrite.ts";
import { runLua, startEngine } from "../../support/lua.ts";
import { hasProgram, runProgram } from "../../support/programs.ts";

const rewritten = (source = "") =>
  Buffer.from(rewriteDialect(Buffer.from(source, "latin1"))).toString("latin1");

test.for([
  ["return 42LL + 7ULL", "return 42   + 7   "],
  ["x = 0x7fffffffffffffffll", "x = 0x7fffffffffffffff  "],
  ["x = 18446744073709551615ULL", "x = 0xffffffffffffffff     "],
  ["x = 9007199254740992", "x = 9007199254740992.0"],
  ["x = 9223372036854775807", "x = 9223372036854775807.0"],
  ["x = 0xffffffffffffffff", "x = 0xffffffffffffffffp0"],
  ["x = 0x1ffffffffffffffffff", "x = 0x1ffffffffffffffffffp0"],
  ["x = 0b101 + 0B11LL", "x = 5     + 3     "],
  ["local goto = 5 return goto", "local goto_ = 5 return goto_"],
  ["local goto_ goto = 1", "local goto_ goto__ = 1"],
  ["t = { goto = 1 } t.goto = t:goto()", "t = { goto_ = 1 } t.goto_ = t:goto_()"],
  ["x = goto\ny = 5", "x = goto_\ny = 5"],
  [
    "--!luajit-numbers\nreturn 5, 0x10, 1.5, 1e3",
    "--!luajit-numbers\nreturn 5.0, 0x10p0, 1.5, 1e3",
  ],
  ["-- a\n\n--!luajit-numbers\nx = 00", "-- a\n\n--!luajit-numbers\nx = 0.0"],
])("rewriteDialect(%j) is %j", ([source, expected]) => {
  expect(rewritten(source)).toBe(expected);
});

test.for([
  "return 5, 0x10, 9007199254740991, 0x1fffffffffffff, 1e300, 123456789012345.5",
  "do goto a end ::a:: x = 1 goto a",
  "x = nil goto a ::a:: f() goto b ::b::",
  'return \'goto 42LL\', "\\"42LL", [[goto = 42LL]], [==[ ]] 42LL ]==] -- goto = 42LL',
  "--[[ x = 42LL ]] --[==[ \n goto = 5 ]] ]==]",
  "x = fooLL + a0LL",
  "x = 1 --!luajit-numbers",
  "x = 1\n--!luajit-numbers\ny = 2",
  "--[[\n--!luajit-numbers\n]] x = 1",
  "return 1.5LL, 1e2LL, 12i, 99999999999999999999LL, 0b12",
  "x = 'never closed 42LL",
])("rewriteDialect(%j) changes nothing", (source) => {
  const bytes = Buffer.from(source, "latin1");
  expect(rewriteDialect(bytes)).toBe(bytes);
});

test("rewriteDialect() takes long numerals of an attacker in one step", () => {
  for (const numeral of ["9".repeat(200_000), `0x${"f".repeat(200_000)}LL`, "0".repeat(200_000)]) {
    expect(rewritten(`x = ${numeral}y`)).toBe(`x = ${numeral}y`);
  }
});

test("load, loadstring and readers of load understand LuaJIT's literals", () => {
  const source = `local pieces, i = { "return 4", "2L", "L" }, 0
    local function reader() i = i + 1 return pieces[i] end
    return load("return 42LL")(), loadstring("local goto = 41 return goto + 1")(), load(reader)()`;
  expect(runLua(source)).toEqual([42, 42, 42]);
});

test("load() gives what a reader does wrong back as nil and a message", () => {
  expect(runLua("return load(function() return 5 end)")).toEqual([
    undefined,
    "reader function must return a string",
  ]);
  expect(runLua('return load(function() error("oh", 0) end)')).toEqual([undefined, "oh"]);
});

test("load() names a chunk after its text as written", () => {
  expect(runLua('local _, e = load("x = = 42LL") return e')).toEqual([
    `[string "x = = 42LL"]:1: unexpected symbol near '='`,
  ]);
});

test("octets of strings survive: random strings beside literals come back equal", () => {
  const { engine } = startEngine();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (octets) => {
      const quoted = [...octets].map((octet) =>
        /[\n\r"\\]/.test(String.fromCharCode(octet))
          ? `\\${String(octet).padStart(3, "0")}`
          : String.fromCharCode(octet),
      );
      const source = `return "${quoted.join("")}", 42LL`;
      const [text, answer] = engine.run(Buffer.from(source, "latin1"), "test.lua");
      expect(answer).toBe(42);
      const found = typeof text === "string" ? Buffer.from(text) : Buffer.from(text as Uint8Array);
      expect(found.equals(octets)).toBe(true);
    }),
  );
});

const luajit = hasProgram("luajit");
if (!luajit) console.warn("luajit is not installed: numerals are not compared with it");

/** Numerals of every form, some of which neither language reads. */
const numeral = fc.oneof(
  fc.bigInt({ min: 0n, max: 2n ** 66n }).map(String),
  fc.bigInt({ min: 0n, max: 2n ** 70n }).map((n) => `0x${n.toString(16)}`),
  fc.bigInt({ min: 0n, max: 2n ** 60n }).map((n) => `0b${n.toString(2)}`),
  fc.double({ min: 0, noNaN: true, noDefaultInfinity: true }).map(String),
  fc.stringMatching(/^0x[0-9a-f]{1,4}\.[0-9a-f]{1,4}p-?\d{1,2}$/),
  fc.stringMatching(/^\d{1,3}[.eLx]\d{0,3}$/),
);

test.skipIf(!luajit)("numerals are the numbers that luajit reads", () => {
  const numerals = fc.sample(numeral, { numRuns: 2_000, seed: 3 });
  const list = numerals.map((text) => JSON.stringify(text)).join(",");
  const source = `local out = {} for i, text in ipairs({ ${list} }) do
    local f = loadstring("return " .. text)
    local mantissa, exponent = math.frexp(f and f() or 0)
    out[i] = text .. (f and (" %.0f*2^%d"):format(mantissa * 2 ^ 53, exponent) or " refused") end
    return table.concat(out, "\\n")`;
  const theirs = runProgram("luajit", ["-"], `io.write((function() ${source} end)())`);
  expect(String(runLua(source)[0]).split("\n")).toEqual(theirs.split("\n"));
});
