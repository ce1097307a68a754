import { expect, test } from "vitest";
import { LimitError } from "../../../src/lua/errors.ts";
import { failAsync } from "../../support/lua.ts";
import { startWaiting } from "../../support/waiting.ts";

test("scripts that wait run side by side, in the order of their results", async () => {
  const { engine, calls } = startWaiting();
  const script = "local n = ... local v = never(n) order = (order or '') .. n return v";
  const running = [1, 2, 3].map((n) => engine.runAsync(script, "test.lua", [n]));
  expect(calls.map(({ args }) => args[0])).toEqual([1, 2, 3]);
  calls[2]?.resolve(["c"]);
  await running[2];
  calls[0]?.resolve(["a"]);
  await running[0];
  calls[1]?.resolve(["b"]);
  expect(await Promise.all(running)).toEqual([["a"], ["b"], ["c"]]);
  expect(engine.run("return order", "test.lua")).toEqual(["312"]);
});

test("a script may run while others wait, and start one from a host function", async () => {
  const { engine, calls } = startWaiting();
  const waiting = engine.runAsync("return never()", "test.lua");
  expect(engine.run("return 1 + 1", "test.lua")).toEqual([2]);
  const started: Promise<unknown>[] = [];
  engine.define("start", ([fn]) => {
    started.push(engine.callAsync(fn as never));
    return [];
  });
  const source = "start(function() return later('inner') end) return later('outer')";
  expect(await engine.runAsync(source, "test.lua")).toEqual(["outer"]);
  expect(await Promise.all(started)).toEqual([["inner"]]);
  calls[0]?.resolve([3]);
  expect(await waiting).toEqual([3]);
});

test("nobody else resumes or closes a coroutine that waits", async () => {
  const { engine, calls } = startWaiting();
  const waiting = engine.runAsync(
    "c = coroutine.create(function() return never() end) return coroutine.resume(c)",
    "test.lua",
  );
  const meddle = `local ok, problem = coroutine.resume(c)
    return ok, problem, coroutine.status(c), pcall(coroutine.close, c)`;
  expect((await engine.runAsync(meddle, "test.lua")).slice(0, 4)).toEqual([
    false,
    "cannot resume non-suspended coroutine",
    "normal",
    false,
  ]);
  calls[0]?.resolve(["done"]);
  expect(await waiting).toEqual([true, "done"]);
});

test("close() ends scripts where they wait", async () => {
  const { engine, calls } = startWaiting();
  const source = "local function f()\n  return pcall(never)\nend\nf()";
  const failed = failAsync(source, engine);
  engine.close();
  const failure = await failed;
  expect(failure).toMatchObject({ luaCode: "closed", where: "test.lua:2" });
  expect(failure.traceback).toContain("test.lua:4: in main chunk");
  expect(calls[0]?.signal.aborted).toBe(true);
  await expect(engine.runAsync("return 1", "test.lua")).rejects.toThrow(/is closed/);
  calls[0]?.resolve([]);
});

test("a signal ends the script, no pcall keeps it, and closes what is to be closed", async () => {
  const { engine, calls } = startWaiting();
  const controller = new AbortController();
  const source = `local closing <close> = setmetatable({}, { __close = function() closed = true end })
    while true do pcall(never) end`;
  const failed = failAsync(source, engine, { signal: controller.signal });
  controller.abort();
  expect(await failed).toMatchObject({ code: "limit", reason: "interrupt", where: "test.lua:2" });
  expect(engine.run("return closed", "test.lua")).toEqual([true]);
  calls[0]?.resolve([]);
  await Promise.resolve();
  expect(calls).toHaveLength(1);
  expect(engine.state.waits.size).toBe(0);
});

test("a signal that is aborted already lets nothing run", async () => {
  const { engine, calls } = startWaiting();
  const signal = AbortSignal.abort();
  expect(await failAsync("never()", engine, { signal })).toMatchObject({ code: "limit" });
  expect(calls).toHaveLength(0);
});

test("the deadline holds while a script waits", async () => {
  const { engine } = startWaiting();
  const failure = await failAsync("\nnever()", engine, { deadlineMs: 1 });
  expect(failure).toMatchObject({ code: "limit", reason: "deadline", where: "test.lua:2" });
});

test("instructions count over all stretches of a script", async () => {
  const { engine } = startWaiting({ run: { instructions: 3_000_000 } });
  const source = "while true do for i = 1, 1e6 do end later() end";
  expect(await failAsync(source, engine)).toMatchObject({
    code: "limit",
    reason: "instructions",
  });
  expect(engine.usage().instructions).toBeGreaterThan(2_900_000);
  await engine.runAsync("for i = 1, 1e5 do end later() for i = 1, 1e5 do end", "test.lua");
  expect(engine.usage().instructions).toBeGreaterThan(190_000);
  expect(engine.usage().instructions).toBeLessThan(1_000_000);
});

test("a word of shared memory ends scripts that wait, and so does poll", async () => {
  const interrupt = new Int32Array(new SharedArrayBuffer(4));
  const { engine } = startWaiting({ interrupt });
  const failed = failAsync("never()", engine);
  Atomics.store(interrupt, 0, 1);
  expect(await failed).toMatchObject({ code: "limit", reason: "interrupt" });
  let reason: LimitError | undefined;
  const polled = startWaiting({ poll: () => reason }).engine;
  const ended = failAsync("never()", polled);
  reason = new LimitError("output", "said enough");
  expect(await ended).toMatchObject({ reason: "output", detail: "said enough" });
});

test("twenty thousand scripts that wait leave stack and memory as they were", async () => {
  const { engine } = startWaiting();
  const script = "local t = { later(1) } return pcall(coroutine.wrap(later), #t)";
  const some = async (count: number) => {
    for (let i = 0; i < count; i++) await engine.runAsync(script, "test.lua");
  };
  await some(2_000);
  engine.run("collectgarbage()", "test.lua");
  const before = { lua: engine.memoryBytes(), vm: engine.state.glue.bytes().length };
  await some(20_000);
  engine.run("collectgarbage()", "test.lua");
  expect(engine.state.x.lua_gettop(engine.state.current)).toBe(0);
  expect(engine.state.waits.size).toBe(0);
  expect(engine.memoryBytes()).toBeLessThan(before.lua + 20_000);
  expect(engine.state.glue.bytes().length).toBe(before.vm);
});

test("usage() after a script that waited tells what all its stretches took", async () => {
  const { engine } = startWaiting({ profile: "agent" });
  const source = `local most = ("x"):rep(9e6) most = nil
    for i = 1, 1e5 do end
    later()
    for i = 1, 1e5 do end`;
  const alone = "for i = 1, 1e5 do end";
  engine.run(alone, "test.lua");
  const once = engine.usage().instructions;
  await engine.runAsync(source, "test.lua");
  const { instructions, memoryPeakBytes } = engine.usage();
  expect(instructions).toBeGreaterThan(2 * once);
  expect(memoryPeakBytes).toBeGreaterThan(9_000_000);
});
