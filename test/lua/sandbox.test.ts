import { expect, test } from "vitest";
import { finalizerName } from "../../src/lua/vm/patches.ts";
import { failLua, runLua, startEngine } from "../support/lua.ts";

test.for([
  "io",
  "package.path",
  "package.searchpath",
  "package.loadlib",
  "dofile",
  "loadfile",
  "module",
  "os.execute",
  "os.exit",
  "os.getenv",
  "os.remove",
  "os.rename",
  "os.tmpname",
  "os.setlocale",
  "string.dump",
  "debug.sethook",
  "debug.getregistry",
  "debug.getupvalue",
  "debug.setmetatable",
  "debug.upvaluejoin",
  "warn",
])("%s is not there", (path) => {
  expect(runLua(`return ${path}`)).toEqual([undefined]);
});

test("the globals are those of the list and no more", () => {
  const source = `local names = {} for name in pairs(_G) do names[#names + 1] = name end
    table.sort(names) return table.concat(names, " ")`;
  expect(runLua(source)).toEqual([
    "_G _VERSION assert bit collectgarbage coroutine debug error gcinfo getfenv getmetatable ipairs jit " +
      "load loadstring math newproxy next os package pairs pcall print rawequal rawget rawlen rawset require " +
      "select setfenv setmetatable string table tonumber tostring type u64 unpack utf8 xpcall",
  ]);
});

test.for([
  ["table.move({}, 1, math.maxinteger - 1, 2)", /too many elements to move/],
  ["unpack({}, math.mininteger, math.maxinteger)", /too many results to unpack/],
  ["table.insert({}, math.mininteger, 1)", /too many elements to move/],
  [
    "table.concat(setmetatable({}, {}), '', math.mininteger, math.maxinteger)",
    /too many elements to move/,
  ],
  ["collectgarbage('generational')", /invalid option/],
  ["require 'ffi'", /ffi is not available on this engine/],
  ["require 'os.path'", /no such module/],
  ["require 'moonfix...secret'", /expected a name such as/],
  ["require '/etc/passwd'", /expected a name such as/],
  ["require 'engine.sandbox'", /no such module/],
  ["require 'moonfix.sandbox'", /no such module/],
  ["return print.constructor", /attempt to index global 'print' \(a function value\)/],
  ["return (5).constructor", /attempt to index a number value/],
  [
    "local t = setmetatable({}, { __tostring = function(s) print(s) end }) print(t)",
    /C stack overflow/,
  ],
  ["local ok, e = pcall(json) error(e, 0)", /attempt to call a nil value/],
  ["require({})", /bad argument #1 to 'require' \(string expected, got table\)/],
  ["getmetatable('').__index = nil return ('x'):nothing()", /attempt to call method 'nothing'/],
  ["assert(load('\\27Lua'))", /attempt to load a binary chunk/],
  ["assert(load('\\27Lua', 'x', 'b'))", /attempt to load chunk with wrong mode/],
  ["assert(load(function() return nil end, 'x', 't', {}))()  error('end')", /end/],
  ["local t = {} while true do t[#t + 1] = ('x'):rep(100000) .. #t end", /not enough memory/],
  ["local s = 'x' while true do s = s .. s end", /not enough memory/],
  ["string.rep('x', 1 << 40)", /not enough memory|too large/],
  ["('x'):rep(1e9, 'y')", /not enough memory|too large/],
  ["local function f() return f() + 1 end f()", /stack overflow|not enough memory/],
  ["local function f() return pcall(f) end f() error('end')", /end/],
  ["local t = setmetatable({}, {}) getmetatable(t).__index = t return t.x", /loop|C stack/],
  [
    "local f = load('return ' .. ('('):rep(500) .. '1' .. (')'):rep(500)) assert(f)",
    /assertion|C stack/,
  ],
  ["local co = coroutine.wrap local function f() return co(f)() end f()", /C stack overflow/],
  ["string.gsub(('x'):rep(300000), ('(x'):rep(40), '')", /too many captures|malformed/],
  ["return unpack({}, 1, 1e7)", /too many results/],
  ["string.format('%1000d', 1)", /invalid option/],
  [
    "error(setmetatable({}, { __tostring = function() return {} end }))",
    /must return a string|error/,
  ],
  ["xpcall(error, function() error('again') end) error('end')", /end/],
] as const)("%s ends in an error and leaves the engine usable", ([source, message]) => {
  const { engine } = startEngine(48 * 1024 * 1024);
  expect(failLua(source, engine).message).toMatch(message);
  expect(engine.run("return 1 + 1", "test.lua")).toEqual([2]);
});

test("rep() of nothing returns at once however often", () => {
  expect(runLua("return (''):rep(math.maxinteger)")).toEqual([""]);
});

test("load() compiles text with its own environment", () => {
  expect(runLua("return load('return x', 'c', 't', { x = 5 })()")).toEqual([5]);
  expect(
    runLua("return load(coroutine.wrap(function() coroutine.yield('return 7') end))()"),
  ).toEqual([7]);
});

test("one engine's globals are not another's", () => {
  const one = startEngine().engine;
  one.run("string.leak, leak = 1, 2", "test.lua");
  expect(runLua("return string.leak, leak")).toEqual([undefined, undefined]);
});

test("the memory bound holds over many attempts", () => {
  const { engine } = startEngine(32 * 1024 * 1024);
  for (let i = 0; i < 5; i++) {
    failLua("local t = {} for i = 1, 1e9 do t[i] = { i } end", engine);
  }
  expect(engine.run("collectgarbage() return 1", "test.lua")).toEqual([1]);
  expect(engine.memoryBytes()).toBeLessThan(4 * 1024 * 1024);
  expect(engine.state.x.memory.buffer.byteLength).toBeLessThanOrEqual(56 * 1024 * 1024);
});

test("finalizers of tables and proxies never run", () => {
  const { engine, printed } = startEngine();
  engine.run(
    `setmetatable({}, { __gc = print })
    local proxy = newproxy(true)
    getmetatable(proxy).__gc = print
    proxy = nil
    collectgarbage()
    collectgarbage()`,
    "test.lua",
  );
  engine.close();
  expect(printed).toEqual([]);
});

test("the VM's own name of finalizers gives scripts none", () => {
  const { engine, printed } = startEngine();
  const source = `local name = ...
    setmetatable({}, { [name] = print })
    local proxy = newproxy(true)
    getmetatable(proxy)[name] = print
    local ok = pcall(newproxy, proxy)
    proxy = nil
    collectgarbage()
    collectgarbage()
    return ok`;
  expect(engine.run(source, "test.lua", [finalizerName])).toEqual([false]);
  engine.close();
  expect(printed).toEqual([]);
});

test("strings share methods that a script cannot take from another", () => {
  expect(runLua("getmetatable('').__index = nil return ('x'):rep(2)")).toEqual(["xx"]);
});
