import { expect, test } from "vitest";
import { startEngine } from "../../support/lua.ts";
import { hasProgram, runProgram } from "../../support/programs.ts";

/** Mistakes and what LuaJIT says about them. */
// biome-ignore format: one mistake a line
const mistakes: readonly (readonly [code: string, message: string])[] = [
  ["local a; a.b = 1", "c:1: attempt to index local 'a' (a nil value)"],
  ["local a; return a.b", "c:1: attempt to index local 'a' (a nil value)"],
  ["return x.y", "c:1: attempt to index global 'x' (a nil value)"],
  ["return x.y.z", "c:1: attempt to index global 'x' (a nil value)"],
  ["local t = {} return t.a.b", "c:1: attempt to index field 'a' (a nil value)"],
  ["local t = {} t.a.b = 1", "c:1: attempt to index field 'a' (a nil value)"],
  ["local t={} return t[1].x", "c:1: attempt to index a nil value"],
  ["local t={} local k='q' return t[k].x", "c:1: attempt to index a nil value"],
  ["local a; a()", "c:1: attempt to call local 'a' (a nil value)"],
  ["x()", "c:1: attempt to call global 'x' (a nil value)"],
  ["local t={} t.f()", "c:1: attempt to call field 'f' (a nil value)"],
  ["local t={} t:f()", "c:1: attempt to call method 'f' (a nil value)"],
  ["local t={} t[1]()", "c:1: attempt to call a nil value"],
  ["('x'):nope()", "c:1: attempt to call method 'nope' (a nil value)"],
  ["(nil)()", "c:1: attempt to call a nil value"],
  ["(1)()", "c:1: attempt to call a number value"],
  ["local s='x' s()", "c:1: attempt to call local 's' (a string value)"],
  ["return 1 + nil", "c:1: attempt to perform arithmetic on a nil value"],
  ["local a return a + 1", "c:1: attempt to perform arithmetic on local 'a' (a nil value)"],
  ["return 1 + x", "c:1: attempt to perform arithmetic on global 'x' (a nil value)"],
  ["local t={} return t.x * 2", "c:1: attempt to perform arithmetic on field 'x' (a nil value)"],
  ["return {} + 1", "c:1: attempt to perform arithmetic on a table value"],
  ["return -{}", "c:1: attempt to perform arithmetic on a table value"],
  ["local a return -a", "c:1: attempt to perform arithmetic on local 'a' (a nil value)"],
  ["return 2 ^ {}", "c:1: attempt to perform arithmetic on a table value"],
  ["return 1 .. nil", "c:1: attempt to concatenate a nil value"],
  ["local a return a .. 'x'", "c:1: attempt to concatenate local 'a' (a nil value)"],
  ["return 'x' .. x", "c:1: attempt to concatenate global 'x' (a nil value)"],
  ["return {} .. 'x'", "c:1: attempt to concatenate a table value"],
  ["local t={} return 'a'..t.b..'c'", "c:1: attempt to concatenate field 'b' (a nil value)"],
  ["return #nil", "c:1: attempt to get length of a nil value"],
  ["local a return #a", "c:1: attempt to get length of local 'a' (a nil value)"],
  ["return #x", "c:1: attempt to get length of global 'x' (a nil value)"],
  ["return #5", "c:1: attempt to get length of a number value"],
  ["local t={} return #t.x", "c:1: attempt to get length of field 'x' (a nil value)"],
  ["return 1 < 'x'", "c:1: attempt to compare number with string"],
  ["return {} < {}", "c:1: attempt to compare two table values"],
  ["return nil < 1", "c:1: attempt to compare nil with number"],
  ["return {} <= 1", "c:1: attempt to compare table with number"],
  ["return true < false", "c:1: attempt to compare two boolean values"],
  ["return print < print", "c:1: attempt to compare two function values"],
  ["return 'a' < 1", "c:1: attempt to compare string with number"],
  ["for i = 'x', 2 do end", "c:1: 'for' initial value must be a number"],
  ["for i = 1, {} do end", "c:1: 'for' limit must be a number"],
  ["for i = 1, 2, {} do end", "c:1: 'for' step must be a number"],
  ["for k in nil do end", "c:1: attempt to call a nil value"],
  ["for k in 5 do end", "c:1: attempt to call a number value"],
  ["for k, v in {} do end", "c:1: attempt to call a table value"],
  ["assert()", "c:1: bad argument #1 to 'assert' (value expected)"],
  ["string.rep('x', 'y')", "c:1: bad argument #2 to 'rep' (number expected, got string)"],
  ["string.format('%d', 'x')", "c:1: bad argument #2 to 'format' (number expected, got string)"],
  ["string.format('%y', 1)", "c:1: invalid option '%y' to 'format'"],
  ["string.char(256)", "c:1: bad argument #1 to 'char' (invalid value)"],
  ["string.char(-1)", "c:1: bad argument #1 to 'char' (invalid value)"],
  ["string.char('x')", "c:1: bad argument #1 to 'char' (number expected, got string)"],
  ["string.upper()", "c:1: bad argument #1 to 'upper' (string expected, got no value)"],
  ["string.len({})", "c:1: bad argument #1 to 'len' (string expected, got table)"],
  ["string.reverse(nil)", "c:1: bad argument #1 to 'reverse' (string expected, got nil)"],
  ["table.concat({{}})", "c:1: invalid value (table) at index 1 in table for 'concat'"],
  ["table.concat({1,2,nil,4}, ',', 1, 4)", "c:1: invalid value (nil) at index 3 in table for 'concat'"],
  ["table.concat()", "c:1: bad argument #1 to 'concat' (table expected, got no value)"],
  ["table.insert(nil, 1)", "c:1: bad argument #1 to 'insert' (table expected, got nil)"],
  ["table.sort()", "c:1: bad argument #1 to 'sort' (table expected, got no value)"],
  ["table.sort({1,'x'})", "attempt to compare string with number"],
  ["table.sort({1,2}, 5)", "c:1: bad argument #2 to 'sort' (function expected, got number)"],
  ["table.sort({3,2,1,{}})", "attempt to compare table with number"],
  ["unpack({}, {})", "c:1: bad argument #2 to 'unpack' (number expected, got table)"],
  ["math.floor()", "c:1: bad argument #1 to 'floor' (number expected, got no value)"],
  ["math.floor('x')", "c:1: bad argument #1 to 'floor' (number expected, got string)"],
  ["math.floor({})", "c:1: bad argument #1 to 'floor' (number expected, got table)"],
  ["math.sqrt('q')", "c:1: bad argument #1 to 'sqrt' (number expected, got string)"],
  ["math.abs()", "c:1: bad argument #1 to 'abs' (number expected, got no value)"],
  ["math.log()", "c:1: bad argument #1 to 'log' (number expected, got no value)"],
  ["math.log('x')", "c:1: bad argument #1 to 'log' (number expected, got string)"],
  ["tonumber('1', 99)", "c:1: bad argument #2 to 'tonumber' (base out of range)"],
  ["tonumber('x', 1)", "c:1: bad argument #2 to 'tonumber' (base out of range)"],
  ["tostring()", "c:1: bad argument #1 to 'tostring' (value expected)"],
  ["setmetatable(1, {})", "c:1: bad argument #1 to 'setmetatable' (table expected, got number)"],
  ["getmetatable()", "c:1: bad argument #1 to 'getmetatable' (value expected)"],
  ["rawget()", "c:1: bad argument #1 to 'rawget' (table expected, got no value)"],
  ["rawget(1)", "c:1: bad argument #1 to 'rawget' (table expected, got number)"],
  ["rawset()", "c:1: bad argument #1 to 'rawset' (table expected, got no value)"],
  ["rawset({})", "c:1: bad argument #2 to 'rawset' (value expected)"],
  ["rawequal()", "c:1: bad argument #1 to 'rawequal' (value expected)"],
  ["rawequal(1)", "c:1: bad argument #2 to 'rawequal' (value expected)"],
  ["next()", "c:1: bad argument #1 to 'next' (table expected, got no value)"],
  ["next({}, 'nope')", "invalid key to 'next'"],
  ["next(1)", "c:1: bad argument #1 to 'next' (table expected, got number)"],
  ["ipairs(1)", "c:1: bad argument #1 to 'ipairs' (table expected, got number)"],
  ["select(0)", "c:1: bad argument #1 to 'select' (index out of range)"],
  ["select('x')", "c:1: bad argument #1 to 'select' (number expected, got string)"],
  ["select(-5, 1)", "c:1: bad argument #1 to 'select' (index out of range)"],
  ["type()", "c:1: bad argument #1 to 'type' (value expected)"],
  ["pcall()", "c:1: bad argument #1 to 'pcall' (value expected)"],
  ["load({})", "c:1: bad argument #1 to 'load' (function expected, got table)"],
  ["setfenv(99, {})", "c:1: bad argument #1 to 'setfenv' (invalid level)"],
  ["setfenv('x', {})", "c:1: bad argument #1 to 'setfenv' (number expected, got string)"],
  ["getfenv(99)", "c:1: bad argument #1 to 'getfenv' (invalid level)"],
  ["getfenv('x')", "c:1: bad argument #1 to 'getfenv' (number expected, got string)"],
  ["newproxy(5)", "c:1: bad argument #1 to 'newproxy' (boolean or proxy expected)"],
  ["coroutine.create()", "c:1: bad argument #1 to 'create' (function expected, got no value)"],
  ["coroutine.create(1)", "c:1: bad argument #1 to 'create' (function expected, got number)"],
  ["coroutine.wrap(1)", "c:1: bad argument #1 to 'wrap' (function expected, got number)"],
  ["setmetatable({}, {__index = 5}).x()", "c:1: attempt to index a number value"],
  ["setmetatable({}, {__newindex = 5}).x = 1", "c:1: attempt to index a number value"],
  ["setmetatable({}, {__add = 5}) ()", "c:1: attempt to call a table value"],
  ["return setmetatable({}, {__concat = function(a, b) return a.x.y end}) .. 1", "c:1: attempt to index field 'x' (a nil value)"],
  ["string.match('x')", "c:1: bad argument #2 to 'match' (string expected, got no value)"],
  ["string.gmatch()", "c:1: bad argument #1 to 'gmatch' (string expected, got no value)"],
  ["local a = {} ; a.b.c.d = 1", "c:1: attempt to index field 'b' (a nil value)"],
  ["local up; local function f() return up.x end f()", "c:1: attempt to index upvalue 'up' (a nil value)"],
  ["local up; local function f() up() end f()", "c:1: attempt to call upvalue 'up' (a nil value)"],
  ["local up; local function f() return up + 1 end f()", "c:1: attempt to perform arithmetic on upvalue 'up' (a nil value)"],
  ["local t = {x={}} t.x.y.z()", "c:1: attempt to index field 'y' (a nil value)"],
  ["local t = {x={}} t.x:z()", "c:1: attempt to call method 'z' (a nil value)"],
  ["return math.nope()", "c:1: attempt to call field 'nope' (a nil value)"],
  ["return math.nope.x", "c:1: attempt to index field 'nope' (a nil value)"],
  ["return string.nope('x')", "c:1: attempt to call field 'nope' (a nil value)"],
  ["a.b.c = 1", "c:1: attempt to index global 'a' (a nil value)"],
  ["_G.x.y = 1", "c:1: attempt to index field 'x' (a nil value)"],
  ["local t = {} ; t[{}].x = 1", "c:1: attempt to index a nil value"],
  ["local t = {} return t[true].x", "c:1: attempt to index a nil value"],
  ["local t = {} return t[1.5].x", "c:1: attempt to index a nil value"],
  ["return (1).x.y", "c:1: attempt to index a number value"],
  ["return ('x').y.z", "c:1: attempt to index field 'y' (a nil value)"],
  ["return (true).x", "c:1: attempt to index a boolean value"],
  ["true_ = true return true_.x", "c:1: attempt to index global 'true_' (a boolean value)"],
  ["local b = true; b.x = 1", "c:1: attempt to index local 'b' (a boolean value)"],
  ["local n = 5; n.x = 1", "c:1: attempt to index local 'n' (a number value)"],
  ["local n = 5 n[1] = 1", "c:1: attempt to index local 'n' (a number value)"],
  ["local f = print f.x = 1", "c:1: attempt to index local 'f' (a function value)"],
  ["return print.x", "c:1: attempt to index global 'print' (a function value)"],];

const syntax = [
  "return 0b1x",
  "return x\n+",
  "goto x",
  "break",
  "x =",
  "x = 'abc",
  "x = [[abc",
  "x = 3x",
  "for",
  "return (",
  "f(\n",
  "::a:: ::a::",
  "--[[ abc",
  "x = }",
  "if x then",
  "x = 'a\nb'",
  "function f() return ... end",
  "x = 5 @",
  "f = function( end",
  "a.b:c = 1",
  "(a) = 1",
  "for i = 1",
  "return 'a' .. \n 'b' 'c'",
  "for i do",
  "local",
  "function",
  "x.",
  "repeat",
  "return return",
];

/** Runs each chunk of `...` and gives its message, as every Lua understands it. */
const collect = `local out = {}
  for i, code in ipairs(chunks) do
    local chunk, problem = loadstring(code, "=c")
    if chunk then problem = select(2, pcall(chunk)) end
    out[i] = tostring(problem)
  end
  return table.concat(out, "\\0")`;

function messagesOf(chunks: readonly string[]): string[] {
  const { engine } = startEngine();
  const list = chunks.map((code) => JSON.stringify(code)).join(", ");
  return String(engine.run(`local chunks = { ${list} } ${collect}`, "test.lua")[0]).split("\0");
}

function theirMessagesOf(chunks: readonly string[]): string[] {
  const list = chunks.map((code) => JSON.stringify(code)).join(", ");
  const source = `local chunks = { ${list} } io.write((function() ${collect} end)())`;
  return runProgram("luajit", ["-"], source).split("\0");
}

const codes = mistakes.map(([code]) => code);
const luajit = hasProgram("luajit");
if (!luajit) console.warn("luajit is not installed: messages are compared with stored ones only");

test("pcall() gives the messages of LuaJIT", () => {
  expect(messagesOf(codes)).toEqual(mistakes.map(([, message]) => message));
});

test.skipIf(!luajit)("the stored messages are those of luajit", () => {
  expect(theirMessagesOf(codes)).toEqual(mistakes.map(([, message]) => message));
});

test.skipIf(!luajit)("load() says of wrong syntax what luajit says", () => {
  expect(messagesOf(syntax)).toEqual(theirMessagesOf(syntax));
});

test("a mistake in a call to a function of our own is told at the script's line", () => {
  const wrong = ["('x'):rep({})", "select('x')", "table.insert(nil, 1)", "string.format('%d')"];
  for (const message of messagesOf(wrong)) expect(message).toMatch(/^c:1: bad argument #\d to '/);
});

test("names and chunk names of any octets stand in messages as they are", () => {
  const { engine } = startEngine();
  const source = `local t = {} local f = loadstring("local t = ... t['\\\\xff\\\\xfe'].x = 1", "=\\xfd")
    local _, problem = pcall(f, t) return problem == "\\xfd:1: attempt to index field '\\xff\\xfe' (a nil value)"`;
  expect(engine.run(source, "test.lua")).toEqual([true]);
});

test("messages are made where the stack is all but full", () => {
  const source = `local function deep(n) if n == 0 then local a return a.b end return (deep(n - 1)) end
    local last for n = 190, 200 do last = select(2, pcall(deep, n)) end
    local ok, overflow = pcall(function() local function f() return 1 + f() end return f() end)
    return last, (overflow:gsub("^.-%d: ", ""):sub(1, 14))`;
  expect(startEngine().engine.run(source, "test.lua")).toEqual([
    "test.lua:1: attempt to index local 'a' (a nil value)",
    "stack overflow",
  ]);
});
