import { expect, test } from "vitest";
import { startTaskThread } from "../../src/tasks/task-thread.ts";

const input = { inputs: ["/in.pcap"], output: "/out.ipfix" };

/** A program for a thread that runs `body` for each message `m`. */
function program(body: string): URL {
  const source = `import { parentPort as port } from "node:worker_threads";
    port.on("message", (m) => { ${body} });`;
  return new URL(`data:text/javascript,${encodeURIComponent(source)}`);
}

test("run() passes progress and the end on, one task after another", async () => {
  const thread = startTaskThread(
    program(`port.postMessage({ kind: "progress", progress: { bytes: 7 } });
      port.postMessage({ kind: "end", end: { state: "succeeded", result: m.input } });`),
  );
  for (let i = 0; i < 2; i++) {
    const seen: number[] = [];
    const end = await thread.run(input, ({ bytes }) => seen.push(bytes));
    expect(end).toEqual({ state: "succeeded", result: input });
    expect(seen).toEqual([7]);
  }
  expect(thread.alive).toBe(true);
  await thread.end();
  expect(thread.alive).toBe(false);
});

test.for([
  ["throws", `throw new Error("boom")`, /boom/],
  ["ends", "process.exit(3)", /exit code 3/],
  ["takes too much memory", "const all = []; for (;;) all.push(new Array(1e6).fill(m));", /memory/],
] as const)("run() fails the task when its thread %s", async ([, body, message]) => {
  const thread = startTaskThread(program(body), { heapBytes: 33_554_432 });
  const end = await thread.run(input, () => undefined);
  expect(end).toMatchObject({
    state: "failed",
    error: { code: "crashed", message: expect.stringMatching(message) },
  });
  expect(thread.alive).toBe(false);
});

test("run() fails the task when the thread's program is absent", async () => {
  const thread = startTaskThread(new URL("file:///nowhere/worker.js"));
  const end = await thread.run(input, () => undefined);
  expect(end).toMatchObject({ state: "failed", error: { code: "crashed" } });
});

test("cancel() lets the thread end the task", async () => {
  const thread = startTaskThread(
    program(`if (m.kind === "cancel") {
      port.postMessage({ kind: "end", end: { state: "cancelled" } });
    }`),
  );
  const end = thread.run(input, () => undefined);
  thread.cancel(60_000);
  expect(await end).toEqual({ state: "cancelled" });
  expect(thread.alive).toBe(true);
  await thread.end();
});

test("cancel() ends a thread that does not listen by force", async () => {
  const thread = startTaskThread(program("for (;;) {}"));
  const end = thread.run(input, () => undefined);
  thread.cancel(1);
  expect(await end).toEqual({ state: "cancelled" });
  expect(thread.alive).toBe(false);
});

test("end() during a task ends it", async () => {
  const thread = startTaskThread(program("for (;;) {}"));
  const end = thread.run(input, () => undefined);
  await thread.end();
  expect(await end).toMatchObject({ state: "failed" });
});
