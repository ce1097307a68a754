import { expect, test } from "vitest";
import { runLua } from "../support/lua.ts";

/** How many entries of `t`, which `body` fills, are left after a collection. */
const left = (mode: string, body: string) =>
  runLua(`local kept = {} local t = setmetatable({}, { __mode = "${mode}" }) ${body}
    collectgarbage() collectgarbage()
    local n = 0 for _ in pairs(t) do n = n + 1 end return n`)[0];

test.for([
  ["k", "for i = 1, 100 do t[{}] = { i } end t[kept] = {}", 1],
  ["k", "for i = 1, 100 do t['key' .. i] = {} end", 100],
  ["k", "for i = 1, 100 do t[i] = {} end", 100],
  ["v", "for i = 1, 100 do t[i] = {} end t[0] = kept", 1],
  ["kv", "t[{}] = {} t[1] = {} t[{}] = 1 t[2] = kept", 1],
  // As in LuaJIT, and unlike Lua 5.4, the table holds its values and so a key that one of them holds.
  ["k", "do local own = {} t[own] = { own } end", 1],
  ["k", "local k = kept for i = 1, 100 do local v = {} t[k] = v k = v end", 100],
] as const)("a table with __mode = %s after %s has %i entries", ([mode, body, count]) => {
  expect(left(mode, body)).toBe(count);
});

test("values of a table with weak keys are whole after collections", () => {
  const source = `local t = setmetatable({}, { __mode = "k" }) local keys = {}
    for round = 1, 20 do
      for i = 1, 200 do keys[i] = {} t[keys[i]] = { "value", i } t[{}] = { "gone" } end
      collectgarbage()
      for i = 1, 200 do
        local value = t[keys[i]]
        assert(value[1] == "value" and value[2] == i)
      end
    end
    return "whole"`;
  expect(runLua(source)).toEqual(["whole"]);
});
