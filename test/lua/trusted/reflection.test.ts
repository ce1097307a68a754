import { expect, test } from "vitest";
import { startTrusted } from "../../support/trusted.ts";

test.for([
  ["string.dump(print)", "unable to dump given function"],
  ["string.dump(function(a) return a + 1 end):sub(1, 3) == '\\27LJ'", "true true"],
  ["loadstring(string.dump(function(a) return a + 1 end))(5)", "true 6"],
  ["load(string.dump(loadstring('return x'), true), 'c', 'b', { x = 7 })()", "true 7"],
  ["load(string.dump(print and function() end), 'c', 't')", "true nil"],
  ["debug.setmetatable({}, {})", "true true"],
  ["debug.gethook()", "true nil"],
  ["select(2, debug.gethook()) == '' and select(3, debug.gethook())", "true 0"],
  ["debug.getfenv(print) == _G", "true true"],
  ["debug.setfenv(function() return x end, { x = 3 })()", "true 3"],
  ["debug.getfenv(debug.setfenv(coroutine.create(print), { x = 4 })).x", "true 4"],
  ["debug.getfenv(5)", "true nil"],
  ["debug.getinfo(1, 'l').currentline", "true 1"],
  ["debug.getinfo({})", "bad argument #1 to 'getinfo' (function or level expected)"],
  ["table.pack, rawlen, coroutine.close, debug.setcstacklimit", "true nil"],
] as const)("%s is as LuaJIT has it", ([expression, expected]) => {
  const { engine } = startTrusted();
  const source = `local ok, value = pcall(function() local value = ${expression} return value end)
    return tostring(ok) .. " " .. tostring(value)`;
  expect(String(engine.run(source, "test.lua")[0])).toContain(expected);
});

test("bytecode that the engine did not make is refused", () => {
  const { engine } = startTrusted();
  const source = `local dumped = string.dump(function() return 1 end)
    return select(2, load(dumped:sub(1, -2) .. "x", "=it")), select(2, load("\\27Lua", "=it"))`;
  expect(engine.run(source, "test.lua")).toEqual([
    "it: cannot load incompatible bytecode",
    "it: cannot load incompatible bytecode",
  ]);
});

test("debug.getinfo() names metamethods in full", () => {
  const { engine } = startTrusted();
  const source = `local name
    local t = setmetatable({}, { __add = function() name = debug.getinfo(1, "n").name end })
    local _ = t + t
    return name`;
  expect(engine.run(source, "test.lua")).toEqual(["__add"]);
});
