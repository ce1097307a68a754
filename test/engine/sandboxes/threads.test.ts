import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { controlSlots } from "../../../src/engine/sandboxes/messages.ts";
import { createSandboxPool, type SandboxPool } from "../../../src/engine/sandboxes/pool.ts";
import { startSandboxThread } from "../../../src/engine/sandboxes/sandbox-thread.ts";
import type { ScriptLine } from "../../../src/engine/sandboxes/script.ts";
import { LuaTable } from "../../../src/lua/values.ts";
import { unstoppable } from "../../support/lua.ts";
import { agentScript } from "../../support/sandboxes.ts";

let pool: SandboxPool;
beforeAll(() => {
  // A grace for busy machines: a thread that is lost here is a fault.
  pool = createSandboxPool({ workers: 1, graceMs: 30_000 });
});
afterAll(() => pool.close());

test("run() hands plain values over both ways", async () => {
  const args = [1, 2n ** 62n, "text", Uint8Array.of(0, 255), true, LuaTable.fromArray([0.5])];
  const { values, error } = await pool.run(agentScript("return ..., nil, arg", { args }));
  expect(error).toBeUndefined();
  expect(values.slice(0, 1)).toEqual([1]);
  const all = await pool.run(agentScript("return ...", { args }));
  expect(all.values).toEqual(args);
  const arg = await pool.run(agentScript("return arg[0], arg[2], #arg", { args }));
  expect(arg.values).toEqual(["agent.lua", 2n ** 62n, args.length]);
});

test("run() gives each script an engine that nobody has used", async () => {
  await pool.run(agentScript("leaked = 1 string.upper = nil print = nil"));
  const { values } = await pool.run(
    agentScript("return leaked, string.upper ~= nil, print ~= nil"),
  );
  expect(values).toEqual([undefined, true, true]);
});

test("run() tells what was printed and logged, in order, while the script runs", async () => {
  const seen: ScriptLine[] = [];
  const { output } = await pool.run(agentScript(`print("a", 1) log.warn("b") print("\\255")`), {
    onOutput: (lines) => seen.push(...lines),
  });
  expect(output).toEqual([
    { kind: "print", text: "a\t1" },
    { kind: "log", level: "warn", text: "b" },
    { kind: "print", text: Uint8Array.of(255) },
  ]);
  expect(seen).toEqual(output);
});

test("run() tells what a script took", async () => {
  const { used } = await pool.run(agentScript("for i = 1, 1e6 do end local t = ('x'):rep(3e7)"));
  expect(used.instructions).toBeGreaterThan(500_000);
  expect(used.memoryBytes).toBeGreaterThan(30_000_000);
  expect(used.ms).toBeGreaterThan(0);
});

test.for([
  ["a mistake", `local function f()\n  error("boom")\nend\nf()`, "runtime", 2, "boom"],
  ["a syntax error", "\nx = = 1", "syntax", 2, "unexpected symbol near '='"],
  ["a primitive it is not granted", `pcap.to_ipfix("a", "b")`, "unsupported", 1, "write files"],
  ["a function as result", "return print", "wrong-type", undefined, "expected plain data"],
] as const)("run() tells %s with its place", async ([, source, code, line, message]) => {
  const { error, values } = await pool.run(agentScript(source));
  expect(values).toEqual([]);
  expect(error).toMatchObject({
    code,
    where: line === undefined ? "agent.lua" : `agent.lua:${line}`,
    message: expect.stringContaining(message),
  });
  expect(error).not.toHaveProperty("bound");
  if (code === "runtime") expect(error?.traceback).toContain("agent.lua:2: in local 'f'");
});

describe("a script that does not end", () => {
  const loop = `print("begun")\nwhile true do\n  pcall(function() while true do end end)\nend`;

  test("is ended from within at its deadline: the thread lives", async () => {
    const { error, output } = await pool.run(agentScript(loop, { timeoutMs: 500 }));
    expect(error).toMatchObject({ code: "limit", bound: "deadline" });
    expect(error?.where).toMatch(/^agent\.lua:\d$/);
    expect(error?.message).toBe("still runs after 500 ms");
    expect(output).toEqual([{ kind: "print", text: "begun" }]);
    expect(pool.counters().lost.deadline).toBe(0);
  });

  test("is ended from within when it is cancelled", async () => {
    const abort = new AbortController();
    const { error } = await pool.run(agentScript(loop), {
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    expect(error).toMatchObject({ code: "cancelled" });
    expect(pool.counters().lost.cancelled).toBe(0);
  });
});

describe("a script that waits", () => {
  test("goes on when what it waits for is there", async () => {
    const { values, error } = await pool.run(agentScript("sleep(0.01) return 'woke'"));
    expect([values, error]).toEqual([["woke"], undefined]);
  });

  test("is ended where it waits, at its deadline", async () => {
    const { error } = await pool.run(agentScript("\nsleep(60)", { timeoutMs: 500 }));
    expect(error).toMatchObject({ code: "limit", bound: "deadline", where: "agent.lua:2" });
    expect(pool.counters().lost.deadline).toBe(0);
  });

  test("is ended where it waits when it is cancelled", async () => {
    const abort = new AbortController();
    const { error } = await pool.run(agentScript("print('begun') sleep(60)"), {
      signal: abort.signal,
      onOutput: () => abort.abort(),
    });
    expect(error).toMatchObject({ code: "cancelled", where: "agent.lua:1" });
    expect(pool.counters().lost.cancelled).toBe(0);
  });
});

test("a script that prints without end is ended, and what it said is there", async () => {
  const { error, output } = await pool.run(
    agentScript(`while true do pcall(print, ("x"):rep(99999)) end`),
  );
  expect(error).toMatchObject({ code: "limit", bound: "output" });
  expect(output).toHaveLength(10);
});

test("a script that takes all memory is ended, and the next one has memory", async () => {
  const { error } = await pool.run(
    agentScript("local t = {} while true do t[#t + 1] = {} end", { memoryBytes: 4_000_000 }),
  );
  expect(error).toMatchObject({ code: "limit", bound: "memory" });
  const { values } = await pool.run(agentScript("return #('x'):rep(3e7)"));
  expect(values).toEqual([30_000_000]);
});

test("a script that returns one long string many times is refused its results", async () => {
  const source = "local s = ('\\255'):rep(1e6) local t = {} for i = 1, 9 do t[i] = s end return t";
  const { error, values } = await pool.run(agentScript(source));
  expect(error).toMatchObject({ code: "limit", bound: "other" });
  expect(values).toEqual([]);
});

test("memoryBytes holds for one script, not for the next", async () => {
  const source = "return #('x'):rep(3e7)";
  const small = await pool.run(agentScript(source, { memoryBytes: 20_000_000 }));
  expect(small.error).toMatchObject({ code: "limit", bound: "memory" });
  expect((await pool.run(agentScript(source))).values).toEqual([30_000_000]);
});

describe("a thread that runs another program", () => {
  /** Ready at once, then `body` for each script. */
  const program = (body: string): URL => {
    const source = `import { parentPort as port, workerData } from "node:worker_threads";
      port.postMessage({ kind: "ready", modules: new Map() });
      port.on("message", (m) => {
        Atomics.store(workerData, ${controlSlots.begun}, 1);
        ${body}
      });`;
    return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
  };

  test.for([
    ["throws", `throw new Error("bug")`, "crashed", undefined, /^bug/],
    ["ends", "process.exit(3)", "crashed", undefined, /exit code 3/],
    [
      "fills its heap",
      "const a = []; for (;;) a.push(new Array(1e6).fill(m));",
      "limit",
      "memory",
      /memory/,
    ],
  ] as const)("and %s is told and replaced", async ([, body, code, bound, message]) => {
    const urls = [program(body)];
    const own = createSandboxPool({
      workers: 1,
      startThread: () => startSandboxThread(urls.pop()),
    });
    const { error } = await own.run(agentScript("return 1"));
    expect(error).toMatchObject({ code, message: expect.stringMatching(message) });
    expect(error?.bound).toBe(bound);
    const { values } = await own.run(agentScript("return 2"));
    expect(values).toEqual([2]);
    expect(own.counters()).toMatchObject({ threads: 1, ended: { succeeded: 1 } });
    await own.close();
    expect(own.counters().threads).toBe(0);
  });

  test("and never ends is ended by force, and what it said before is there", async () => {
    const says = `port.postMessage({ kind: "output", lines: [{ kind: "print", text: "a" }] });`;
    const urls = [program(`${says} for (;;) {}`)];
    const own = createSandboxPool({
      workers: 1,
      graceMs: 10,
      startThread: () => startSandboxThread(urls.pop()),
    });
    const { error, output } = await own.run(agentScript("return 1", { timeoutMs: 1_000 }));
    expect(error).toMatchObject({ code: "limit", bound: "deadline" });
    expect(output).toEqual([{ kind: "print", text: "a" }]);
    expect((await own.run(agentScript("return 2"))).values).toEqual([2]);
    expect(own.counters().lost.deadline).toBe(1);
    await own.close();
  });

  test("and cannot start fails its scripts", async () => {
    const own = createSandboxPool({
      workers: 2,
      startThread: () => startSandboxThread(new URL("file:///nowhere/worker.js")),
    });
    const { error } = await own.run(agentScript("return 1"));
    expect(error).toMatchObject({ code: "crashed", message: expect.stringMatching(/no sandbox/) });
    await own.close();
    expect(own.counters().threads).toBe(0);
  });
});

test("close() ends a loop within C that a deadline cannot", async () => {
  const own = createSandboxPool({ workers: 1, graceMs: 50 });
  const result = own.run(agentScript(unstoppable, { timeoutMs: 600_000 }));
  const closed = own.close(100);
  expect((await result).error?.code).toMatch(/cancelled|limit/);
  await closed;
  expect(own.counters()).toMatchObject({ threads: 0, running: 0 });
});

test("a script that was ended leaves a thread that makes the next engine in peace", async () => {
  for (let i = 0; i < 3; i++) {
    const { error } = await pool.run(agentScript("while true do end", { timeoutMs: 200 }));
    expect(error).toMatchObject({ code: "limit", bound: "deadline" });
    expect((await pool.run(agentScript("return 1"))).values).toEqual([1]);
  }
  expect(Object.values(pool.counters().lost)).toEqual([0, 0, 0, 0, 0]);
});
