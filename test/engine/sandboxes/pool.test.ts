import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { ConfigError, TransportError } from "../../../src/errors.ts";
import { limits } from "../../../src/limits.ts";
import { LuaFunction, LuaTable } from "../../../src/lua/values.ts";
import { agentScript, fakeSandboxes } from "../../support/sandboxes.ts";
import { turn } from "../../support/tasks.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

const named = (name: string) => agentScript("return 1", { name });

test("run() gives each script to the thread that has been idle for longest", async () => {
  const { pool, threads } = fakeSandboxes({ workers: 2 });
  for (const thread of threads) thread.start();
  await turn();
  for (const index of [0, 1, 0, 1]) {
    const result = pool.run(named(`script ${index}`));
    await turn();
    expect(threads[index]?.script?.name).toBe(`script ${index}`);
    threads[index]?.finish({ values: [index] });
    expect(await result).toMatchObject({ values: [index], error: undefined });
    await turn();
  }
});

test("run() keeps scripts in order until a thread is there", async () => {
  const { pool, threads } = fakeSandboxes({ workers: 1 });
  const results = ["a", "b", "c"].map((name) => pool.run(named(name)));
  expect(pool.counters()).toMatchObject({ waiting: 3, running: 0 });
  threads[0]?.start();
  const order: (string | undefined)[] = [];
  for (const result of results) {
    await turn();
    order.push(threads[0]?.script?.name);
    threads[0]?.finish();
    await result;
  }
  expect(order).toEqual(["a", "b", "c"]);
  expect(vi.getTimerCount()).toBe(0);
  expect(pool.counters()).toMatchObject({ submitted: 3, waiting: 0, ended: { succeeded: 3 } });
});

test("run() refuses what the queue has no room for", async () => {
  const { pool, threads } = fakeSandboxes({ workers: 1, queue: 1 });
  threads[0]?.start();
  await turn();
  const taken = [pool.run(named("runs")), pool.run(named("waits"))];
  await expect(pool.run(named("late"))).rejects.toMatchObject({
    code: "limit",
    message: "Cannot run a script: 1 wait already",
  });
  expect(pool.counters()).toMatchObject({ submitted: 3, refused: 1, waiting: 1, running: 1 });
  for (const result of taken) {
    threads[0]?.finish();
    await result;
    await turn();
  }
});

const cyclic = new LuaTable();
cyclic.entries.set("self", cyclic);

test.for([
  ["no time", { timeoutMs: 0 }, "bad-value"],
  ["no number of time", { timeoutMs: Number.NaN }, "bad-value"],
  ["more time than any script", { timeoutMs: limits.sandboxTimeoutMs + 1 }, "bad-value"],
  ["too little memory", { memoryBytes: limits.luaLeastMemoryBytes - 1 }, "bad-value"],
  ["too much memory", { memoryBytes: limits.luaScriptMemoryBytes + 1 }, "bad-value"],
  ["a function", { args: [() => []] }, "wrong-type"],
  ["a function deep in it", { args: [new LuaTable([["f", new LuaFunction(1)]])] }, "wrong-type"],
  ["too much text", { args: ["x".repeat(limits.sandboxValueBytes), "x"] }, "limit"],
  ["a table within itself", { args: [cyclic] }, "limit"],
] as const)("run() refuses a script with %s", async ([, more, code]) => {
  const { pool } = fakeSandboxes();
  const refused = pool.run(agentScript("", more));
  await expect(refused).rejects.toThrow(ConfigError);
  await expect(refused).rejects.toMatchObject({ code });
  expect(pool.counters()).toMatchObject({ submitted: 1, refused: 1, waiting: 0 });
});

describe("a script past its deadline", () => {
  test("is asked to end, and its thread lives on", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1, graceMs: 50 });
    threads[0]?.start();
    const result = pool.run(agentScript("", { timeoutMs: 100 }));
    await turn();
    vi.advanceTimersByTime(99);
    expect(threads[0]?.interrupted).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(threads[0]?.interrupted).toBe("deadline");
    const error = { code: "limit", where: "x.lua:1", message: "slow", traceback: "" } as const;
    threads[0]?.finish({ error });
    expect((await result).error).toEqual(error);
    expect(vi.getTimerCount()).toBe(0);
    expect(threads.map(({ state }) => state)).toEqual(["alive"]);
    expect(pool.counters()).toMatchObject({ ended: { limited: 1 }, lost: { deadline: 0 } });
  });

  test("is past it for good, even when it is cancelled in its grace", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1, graceMs: 50 });
    threads[0]?.start();
    const abort = new AbortController();
    const result = pool.run(agentScript("", { timeoutMs: 100 }), { signal: abort.signal });
    await turn();
    vi.advanceTimersByTime(100);
    abort.abort();
    expect(threads[0]?.interrupted).toBe("deadline");
    vi.advanceTimersByTime(50);
    expect((await result).error).toMatchObject({ code: "limit", bound: "deadline" });
    expect(vi.getTimerCount()).toBe(0);
  });

  test("that ends while its thread is being ended counts, but the thread is not used again", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1, graceMs: 50 });
    threads[0]?.start();
    const result = pool.run(agentScript("", { timeoutMs: 100 }));
    const next = pool.run(named("next"));
    await turn();
    const [thread] = threads;
    if (thread === undefined) throw new Error("no thread");
    thread.end = async () => undefined; // it takes a while
    vi.advanceTimersByTime(150);
    thread.finish({ values: [1] });
    expect((await result).values).toEqual([1]);
    await turn();
    expect(thread.script).toBeUndefined();
    thread.crash("crashed");
    await turn();
    threads[1]?.start();
    await turn();
    threads[1]?.finish({ values: [2] });
    expect((await next).values).toEqual([2]);
    expect(pool.counters().lost).toMatchObject({ deadline: 1, crashed: 0 });
  });

  test("loses its thread when it does not end, and another thread takes its place", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1, graceMs: 50 });
    threads[0]?.start();
    const result = pool.run(agentScript("", { timeoutMs: 100 }));
    await turn();
    vi.advanceTimersByTime(150);
    expect(await result).toMatchObject({
      error: {
        code: "limit",
        bound: "deadline",
        where: "agent.lua",
        message: expect.stringMatching(/force/),
      },
      used: { instructions: 7, memoryBytes: 8 },
    });
    await turn();
    expect(threads.map(({ state }) => state)).toEqual(["gone", "starting"]);
    expect(pool.counters()).toMatchObject({ threads: 1, lost: { deadline: 1, crashed: 0 } });
    threads[1]?.start();
    const next = pool.run(named("next"));
    await turn();
    threads[1]?.finish({ values: [2] });
    expect((await next).values).toEqual([2]);
  });
});

describe("a script whose signal is aborted", () => {
  test("ends at once before it runs", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1 });
    const result = await pool.run(named("early"), { signal: AbortSignal.abort() });
    expect(result).toMatchObject({ values: [], error: { code: "cancelled", where: "early" } });
    threads[0]?.start();
    await turn();
    expect(threads[0]?.script).toBeUndefined();
  });

  test("leaves the queue, and nothing else does", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1 });
    const abort = new AbortController();
    const results = [
      pool.run(named("a")),
      pool.run(named("b"), { signal: abort.signal }),
      pool.run(named("c")),
    ];
    abort.abort();
    expect((await results[1])?.error?.code).toBe("cancelled");
    threads[0]?.start();
    for (const name of ["a", "c"]) {
      await turn();
      expect(threads[0]?.script?.name).toBe(name);
      threads[0]?.finish();
    }
    await Promise.all(results);
    expect(pool.counters().ended).toMatchObject({ succeeded: 2, cancelled: 1 });
  });

  test("is asked to end while it runs, then ended with its thread", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1, graceMs: 50 });
    threads[0]?.start();
    const abort = new AbortController();
    const result = pool.run(named("long"), { signal: abort.signal });
    await turn();
    abort.abort();
    expect(threads[0]?.interrupted).toBe("cancelled");
    vi.advanceTimersByTime(50);
    expect((await result).error).toMatchObject({ code: "cancelled" });
    await turn();
    expect(pool.counters()).toMatchObject({ threads: 1, lost: { cancelled: 1, deadline: 0 } });
  });

  test("after it ended is left alone, and so is the next one", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1 });
    threads[0]?.start();
    const abort = new AbortController();
    const first = pool.run(named("first"), { signal: abort.signal });
    await turn();
    threads[0]?.finish();
    await first;
    const second = pool.run(named("second"));
    await turn();
    abort.abort();
    expect(threads[0]?.interrupted).toBeUndefined();
    threads[0]?.finish();
    expect((await second).error).toBeUndefined();
  });
});

test.for([
  ["memory", "limit", { limited: 1, crashed: 0 }],
  ["crashed", "crashed", { limited: 0, crashed: 1 }],
] as const)(
  "a thread that ends by itself (%s) is told and replaced",
  async ([kind, code, ended]) => {
    const { pool, threads } = fakeSandboxes({ workers: 1 });
    threads[0]?.start();
    const result = pool.run(named("victim"));
    await turn();
    threads[0]?.crash(kind, "because");
    expect((await result).error).toMatchObject({ code, where: "victim", message: "because" });
    await turn();
    expect(pool.counters()).toMatchObject({ threads: 1, ended, lost: { [kind]: 1 } });
  },
);

describe("a script whose thread ends before it has begun", () => {
  test("goes to another thread, before those that wait", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1 });
    threads[0]?.start();
    const results = [pool.run(named("first")), pool.run(named("second"))];
    await turn();
    Object.assign(threads[0] ?? {}, { begun: false });
    threads[0]?.crash("crashed");
    await turn();
    expect(pool.counters()).toMatchObject({ waiting: 2, running: 0, lost: { crashed: 1 } });
    threads[1]?.start();
    for (const name of ["first", "second"]) {
      await turn();
      expect(threads[1]?.script?.name).toBe(name);
      threads[1]?.finish();
    }
    expect((await Promise.all(results)).map(({ error }) => error)).toEqual([undefined, undefined]);
  });

  test("fails when that happens twice", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1 });
    const result = pool.run(named("cursed"));
    for (const index of [0, 1]) {
      threads[index]?.start();
      await turn();
      expect(threads[index]?.script?.name).toBe("cursed");
      Object.assign(threads[index] ?? {}, { begun: false });
      threads[index]?.crash("memory");
      await turn();
    }
    expect((await result).error).toMatchObject({ code: "limit", bound: "memory" });
    expect(pool.counters()).toMatchObject({ waiting: 0, threads: 1, lost: { memory: 2 } });
  });

  test("can be cancelled while it waits again, and close() waits for it", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1 });
    threads[0]?.start();
    const abort = new AbortController();
    const cancelled = pool.run(named("cancelled"), { signal: abort.signal });
    await turn();
    const closed = pool.close();
    Object.assign(threads[0] ?? {}, { begun: false });
    threads[0]?.crash("crashed");
    await turn();
    abort.abort();
    expect((await cancelled).error?.code).toBe("cancelled");
    await closed;
    expect(pool.counters()).toMatchObject({ waiting: 0, running: 0, threads: 0 });
  });
});

test("an idle thread that ends is replaced", async () => {
  const { pool, threads } = fakeSandboxes({ workers: 2 });
  for (const thread of threads) thread.start();
  await turn();
  threads[0]?.crash("crashed");
  await turn();
  expect(threads).toHaveLength(3);
  const result = pool.run(named("x"));
  await turn();
  expect(threads[1]?.script?.name).toBe("x");
  threads[1]?.finish();
  await result;
});

test("threads that cannot start fail what waits, and are tried again with the next script", async () => {
  const { pool, threads } = fakeSandboxes({ workers: 1 });
  const result = pool.run(named("unlucky"));
  threads[0]?.crash("crashed", "no room");
  expect((await result).error).toMatchObject({
    code: "crashed",
    message: "no sandbox starts: no room",
  });
  expect(threads).toHaveLength(1);
  const next = pool.run(named("lucky"));
  expect(threads).toHaveLength(2);
  threads[1]?.start();
  await turn();
  threads[1]?.finish();
  expect((await next).error).toBeUndefined();
  expect(pool.counters().lost.start).toBe(1);
});

describe("close()", () => {
  test("lets scripts end first, those in the queue too, and takes no more", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1 });
    threads[0]?.start();
    const results = [pool.run(named("runs")), pool.run(named("waits"))];
    await turn();
    const closed = pool.close();
    await expect(pool.run(named("late"))).rejects.toThrow(TransportError);
    for (const result of results) {
      expect(threads[0]?.state).toBe("alive");
      threads[0]?.finish();
      expect((await result).error).toBeUndefined();
      await turn();
    }
    await closed;
    expect(threads.map(({ state }) => state)).toEqual(["gone"]);
    expect(pool.counters()).toMatchObject({ submitted: 3, refused: 1, threads: 0 });
    expect(Object.values(pool.counters().lost)).toEqual([0, 0, 0, 0, 0]);
  });

  test("replaces a thread that is lost while scripts wait", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1 });
    threads[0]?.start();
    const results = [pool.run(named("crashes")), pool.run(named("waits"))];
    await turn();
    const closed = pool.close();
    threads[0]?.crash("crashed");
    await turn();
    threads[1]?.start();
    await turn();
    threads[1]?.finish();
    expect((await Promise.all(results)).map(({ error }) => error?.code)).toEqual([
      "crashed",
      undefined,
    ]);
    await closed;
    expect(pool.counters().threads).toBe(0);
  });

  test("cancels after its deadline, by force after the grace", async () => {
    const { pool, threads } = fakeSandboxes({ workers: 1, graceMs: 50 });
    threads[0]?.start();
    const results = [pool.run(named("runs")), pool.run(named("waits"))];
    await turn();
    const closed = pool.close(100);
    vi.advanceTimersByTime(100);
    vi.advanceTimersByTime(50);
    const codes = (await Promise.all(results)).map(({ error }) => error?.code);
    expect(codes).toEqual(["cancelled", "cancelled"]);
    await closed;
    expect(pool.counters()).toMatchObject({ threads: 0, waiting: 0, running: 0 });
  });
});
