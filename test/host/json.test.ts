import fc from "fast-check";
import { expect, test } from "vitest";
import { installPrimitives } from "../../src/host/primitives.ts";
import { limits } from "../../src/limits.ts";
import { createLuaEngine } from "../../src/lua/engine.ts";
import { failLua, startEngine } from "../support/lua.ts";

function start() {
  const { engine } = startEngine();
  installPrimitives({ engine, log: () => {} });
  return engine;
}

const engine = start();
const run = (source: string, ...args: string[]) => engine.run(source, "test.lua", args);

test.for([
  ["{}", "{}"],
  ["json.array()", "[]"],
  ["json.array {}", "[]"],
  ["{ json.array(), {} }", "[[],{}]"],
  ["{ 1, 2.5, 'x', true }", '[1,2.5,"x",true]'],
  ["{ b = 1, a = { 1 } }", '{"a":[1],"b":1}'],
  ["{ 1, nil, 3 }", '{"1":1,"3":3}'],
  ["json.array { 1, json.null, 3 }", "[1,null,3]"],
  ["json.object { 1, 2 }", '{"1":1,"2":2}'],
  ["{ [443] = 1, [80] = 2 }", '{"443":1,"80":2}'],
  ["{ [0] = 1, 2 }", '{"0":1,"1":2}'],
  ["{ __proto__ = 1, constructor = 2 }", '{"__proto__":1,"constructor":2}'],
  ["math.maxinteger", "9223372036854775807"],
  ["math.mininteger", "-9223372036854775808"],
  ["10 / 2", "5"],
  ["1e300", "1e+300"],
  ["-0.0", "-0"],
  ["'\\255\\0'", '"ff00"'],
  ["'a\\n\\0\"'", '"a\\n\\u0000\\""'],
  ["nil", "null"],
  ["json.null", "null"],
] as const)("json.encode(%s) is %s", ([value, text]) => {
  expect(run(`return json.encode(${value})`)).toEqual([text]);
});

test.for([
  ["null", "json.null"],
  [" [ 1 , 2 ] ", "'table'"],
  ["9223372036854775807", "math.maxinteger"],
  ["-9223372036854775808", "math.mininteger"],
  ["9223372036854775808", "2.0^63"],
  ["1e2", "100"],
  ["-0", "0"],
  ['"\\ud83d\\ude00\\n\\/"', "'😀\\n/'"],
  ['"\\u0000"', "'\\0'"],
] as const)("json.decode() of %s is %s", ([text, value]) => {
  const source = `local v = json.decode(...) if type(v) == "table" then v = "table" end
    return v == ${value}`;
  expect(run(source, text)).toEqual([true]);
});

test.for([
  ["", /found the end in line 1, column 1, expected a value/],
  ["[1,]", /found "]" in line 1, column 4, expected a value/],
  ['{\n"a": 1,\n}', /found "}" in line 3, column 1, expected a name in quotes/],
  ['{"a" 1}', /found "1" in line 1, column 6, expected ":"/],
  ["[1 2]", /expected "," or "]"/],
  ["01", /found "1" in line 1, column 2, expected the end/],
  ["+1", /expected a value/],
  ["1.", /expected the end/],
  ["nul", /expected a value/],
  ["'x'", /expected a value/],
  ['"abc', /found the end in line 1, column 5, expected text up to a quote/],
  ['"a\nb"', /expected text up to a quote/],
  ['"\\x"', /expected text whose escapes are those of JSON/],
  ['"\\u12"', /expected text whose escapes are those of JSON/],
  ["NaN", /expected a value/],
] as const)("json.decode() refuses %j", ([text, message]) => {
  expect(() => run("json.decode(...)", text)).toThrow(message);
});

test.for([
  ["json.encode(print)", "wrong-type", /Cannot encode a function/],
  ["json.encode(0/0)", "bad-value", /Cannot encode NaN/],
  ["json.encode { [true] = 1 }", "wrong-type", /neither text nor a number/],
  ["json.encode { 1, ['1'] = 2 }", "bad-value", /two keys that read "1"/],
  ["local t = {} t.t = t json.encode(t)", "limit", /nested deeper than 32/],
  ["local t = {} for i = 1, 31 do t = { t, t } end json.encode(t)", "limit", /octets of JSON/],
  ["json.decode(('['):rep(40))", "limit", /nested deeper than 32/],
  [`json.decode((' '):rep(${limits.jsonBytes + 1}))`, "limit", /octets of JSON/],
  ["json.decode(5)", "wrong-type", /text is a number, expected a string/],
  ["json.decode('\\255')", "wrong-type", /not UTF-8/],
  ["json.array(5)", "wrong-type", /Cannot call json.array: table is a number, expected a table/],
] as const)("%s fails at its line", ([call, code, message]) => {
  const error = failLua(`\n${call}`, engine);
  expect(error).toMatchObject({ code, where: "test.lua:2" });
  expect(error.message).toMatch(message);
});

test("any JSON comes back equal through Lua", () => {
  const json = fc.json({ maxDepth: 6, stringUnit: "binary" });
  fc.assert(
    fc.property(json, (text) => {
      const [back] = run("return json.encode(json.decode(...))", text);
      expect(JSON.parse(String(back))).toEqual(JSON.parse(text));
    }),
    { numRuns: 300 },
  );
});

test("any integer of 64 bits comes back exact", () => {
  fc.assert(
    fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
      expect(run("return json.encode(json.decode(...))", `[${value}]`)).toEqual([`[${value}]`]);
    }),
  );
});

test("json.null is itself, prints as null, and is no key to the host", () => {
  expect(
    run("return tostring(json.null), json.null == json.decode('null'), not json.null"),
  ).toEqual(["null", true, false]);
});

test.for([
  [
    "json.encode",
    "local t = {} for i = 1, 100 do t[i] = { i } end for i = 1, 1e4 do json.encode(t) end",
  ],
  [
    "json.decode",
    "local s = ('[1,2]'):rep(1) for i = 1, 1e6 do json.decode('[' .. (s .. ','):rep(999) .. '1]') end",
  ],
] as const)("%s counts as instructions", ([, source]) => {
  const bounded = createLuaEngine({ profile: "agent", run: { instructions: 2_000_000 } });
  installPrimitives({ engine: bounded, log: () => {} });
  expect(failLua(source, bounded)).toMatchObject({ reason: "instructions" });
});

test("a decoded array stays an array when it is emptied", () => {
  expect(run("local t = json.decode('[1]') t[1] = nil return json.encode(t)")).toEqual(["[]"]);
});
