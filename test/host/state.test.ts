import { expect, test } from "vitest";
import { installPrimitives } from "../../src/host/primitives.ts";
import { StateTables } from "../../src/host/state-tables.ts";
import { limits } from "../../src/limits.ts";
import { failLua, startEngine } from "../support/lua.ts";

function start(state?: StateTables) {
  const { engine } = startEngine();
  installPrimitives({ engine, log: () => {}, ...(state && { state }) });
  return engine;
}

test("state.table() outlives its engine, and engines of one lane share it", () => {
  const state = new StateTables();
  const first = start(state);
  first.run("local t = state.table('t') t.x, t[5], t[true] = { 1, { 2 } }, 'y', 2^60", "test.lua");
  first.close();
  const source = "local t = state.table('t') return t.x[2][1], t[5], t[true], t.none, #t";
  expect(start(state).run(source, "test.lua")).toEqual([2, "y", 2 ** 60, undefined, 3]);
  expect(start().run(source.replace("t.x[2][1]", "t.x"), "test.lua")[0]).toBeUndefined();
});

test("state.table() gives copies: what is changed is stored again", () => {
  const source = `local t = state.table("t")
    t.x = { n = 1 }
    t.x.n = 2
    local x = t.x
    x.n = 3
    local before = t.x.n
    t.x = x
    return before, t.x.n`;
  expect(start().run(source, "test.lua")).toEqual([1, 3]);
});

test("pairs() of a state table may change it", () => {
  const source = `local t = state.table("t")
    for i = 1, 100 do t[i] = i end
    local sum = 0
    for key, value in pairs(t) do
      sum = sum + value
      t[key], t[key + 50] = nil, nil
      t["new" .. key] = 1
    end
    return sum, #t`;
  expect(start().run(source, "test.lua")).toEqual([1275, 50]);
});

test.for([
  ["t.f = print", "wrong-type", /Cannot keep a function in a state table/],
  ["t.f = { { print } }", "wrong-type", /Cannot keep a function/],
  ["t.c = coroutine.create(print)", "wrong-type", /cannot hand over a coroutine/],
  ["t[nil] = 1", "runtime", /table index is nil/],
  ["t['\\255'] = 1", "wrong-type", /not UTF-8/],
  ["t[{}] = 1", "wrong-type", /Cannot use this as a key/],
] as const)("a state table refuses %s", ([statement, code, message]) => {
  const error = failLua(`local t = state.table("t")\n${statement}`, start());
  expect(error).toMatchObject({ code, where: "test.lua:2" });
  expect(error.message).toMatch(message);
});

test("state tables are bounded in number, entries and octets", () => {
  const state = new StateTables();
  for (let i = 0; i < limits.stateTables; i++) state.open(`t${i}`);
  const full = expect.objectContaining({ code: "limit" });
  expect(() => state.open("one more")).toThrow(full);
  state.open("t1");
  for (let i = 0; i < limits.stateEntries; i++) state.set("t1", i, true);
  expect(() => state.set("t1", "more", true)).toThrow(full);
  state.set("t1", 5, false);
  state.set("t1", 5, undefined);
  state.set("t1", "more", true);
  expect(state.count("t1")).toBe(limits.stateEntries);
  const large = "x".repeat(limits.stateBytes / 2);
  state.set("t2", "a", large);
  expect(() => state.set("t2", "b", large)).toThrow(full);
  expect(state.get("t2", "b")).toBeUndefined();
  state.set("t2", "a", undefined);
  state.set("t2", "b", large);
});

test("a refused write leaves what was there", () => {
  const source = `local t = state.table("t")
    t.x = 1
    local ok = pcall(function() t.x = print end)
    return ok, t.x`;
  expect(start().run(source, "test.lua")).toEqual([false, 1]);
});
