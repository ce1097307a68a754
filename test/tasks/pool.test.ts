import { existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder } from "../support/folder.ts";
import { fakePool, success, turn } from "../support/tasks.ts";

const folder = temporaryFolder();

function input(name: string) {
  return { inputs: [join(folder, `${name}.pcap`)], output: join(folder, `${name}.ipfix`) };
}

test("submit() runs as many tasks as there are workers, the others wait in order", async () => {
  const { pool, threads } = fakePool({ workers: 2 });
  const ids = ["a", "b", "c", "d"];
  for (const id of ids) pool.submit("pcap_to_ipfix", input(id), id);
  expect(ids.map((id) => pool.get(id)?.state)).toEqual(["running", "running", "queued", "queued"]);
  threads[1]?.finish(success("b"));
  await turn();
  expect(ids.map((id) => pool.get(id)?.state)).toEqual([
    "running",
    "succeeded",
    "running",
    "queued",
  ]);
  expect(threads).toHaveLength(2);
  expect(pool.list().map(({ id }) => id)).toEqual(["d", "c", "b", "a"]);
  await pool.stop(1_000);
});

test("get() shows times, progress and result", async () => {
  let now = 1_000;
  const { pool, threads } = fakePool({ workers: 1, now: () => now });
  pool.submit("pcap_to_ipfix", input("first"), "first");
  pool.submit("pcap_to_ipfix", input("x"), "x");
  const progress = { bytes: 50, totalBytes: 200, packets: 3, flows: 1 };
  now = 2_000;
  threads[0]?.finish(success("first"));
  await turn();
  threads[0]?.report(progress);
  expect(pool.get("x")).toMatchObject({ createdMs: 1_000, startedMs: 2_000, progress });
  expect(pool.get("x")).not.toHaveProperty("endedMs");
  now = 3_000;
  threads[0]?.finish(success("x"));
  await turn();
  expect(pool.get("x")).toMatchObject({ state: "succeeded", endedMs: 3_000, result: { flows: 2 } });
  expect(pool.get("x")?.progress).toEqual({ ...progress, packets: 4, flows: 2 });
  expect(pool.get("none")).toBeUndefined();
});

test("get() returns a snapshot that later events do not change", async () => {
  const { pool, threads } = fakePool();
  const submitted = pool.submit("pcap_to_ipfix", input("s"), "s");
  threads[0]?.finish(success("s"));
  await turn();
  expect(submitted.state).toBe("running");
  expect(pool.get("s")?.state).toBe("succeeded");
});

test("submit() refuses a known id, also of an ended task", async () => {
  const { pool, threads } = fakePool();
  pool.submit("pcap_to_ipfix", input("one"), "one");
  const again = () => pool.submit("pcap_to_ipfix", input("two"), "one");
  expect(again).toThrow(expect.objectContaining({ code: "duplicate" }));
  threads[0]?.finish(success("one"));
  await turn();
  expect(again).toThrow(expect.objectContaining({ code: "duplicate" }));
});

test("submit() refuses an output that another task is about to write", async () => {
  const { pool, threads } = fakePool();
  pool.submit("pcap_to_ipfix", input("same"), "first");
  expect(() => pool.submit("pcap_to_ipfix", input("same"), "second")).toThrow(
    expect.objectContaining({ code: "in-use", message: expect.stringContaining('"first"') }),
  );
  threads[0]?.finish(success("same"));
  await turn();
  expect(pool.submit("pcap_to_ipfix", input("same"), "second").state).toBe("running");
});

test("submit() refuses what the queue does not hold", () => {
  const { pool } = fakePool({ workers: 1, queue: 2 });
  for (const id of ["a", "b", "c"]) pool.submit("pcap_to_ipfix", input(id), id);
  expect(() => pool.submit("pcap_to_ipfix", input("d"), "d")).toThrow(
    expect.objectContaining({ code: "limit", message: expect.stringContaining("2 tasks wait") }),
  );
  expect(pool.get("d")).toBeUndefined();
});

test("retryAfterSeconds() follows the task that ends first, within bounds", () => {
  let now = 0;
  const { pool, threads } = fakePool({ workers: 2, now: () => now });
  pool.submit("pcap_to_ipfix", input("a"));
  pool.submit("pcap_to_ipfix", input("b"));
  expect(pool.retryAfterSeconds()).toBe(1);
  now = 4_000;
  threads[0]?.report({ bytes: 10, totalBytes: 40, packets: 0, flows: 0 });
  expect(pool.retryAfterSeconds()).toBe(12);
  threads[1]?.report({ bytes: 20, totalBytes: 40, packets: 0, flows: 0 });
  expect(pool.retryAfterSeconds()).toBe(4);
  now = 4_000_000;
  expect(pool.retryAfterSeconds()).toBe(60);
});

test("cancel() ends a waiting task at once and a running one through its thread", async () => {
  const { pool } = fakePool({ workers: 1 });
  pool.submit("pcap_to_ipfix", input("a"), "a");
  pool.submit("pcap_to_ipfix", input("b"), "b");
  pool.submit("pcap_to_ipfix", input("c"), "c");
  expect(pool.cancel("b")).toBe(true);
  expect(pool.get("b")?.state).toBe("cancelled");
  expect(pool.cancel("a")).toBe(true);
  await turn();
  expect(pool.get("a")?.state).toBe("cancelled");
  expect(pool.get("c")?.state).toBe("running");
  expect(pool.cancel("a")).toBe(false);
  expect(pool.cancel("none")).toBe(false);
  await pool.stop(1_000);
});

test("a crash fails one task, its unfinished file goes, the next task runs", async () => {
  const { pool, threads } = fakePool({ workers: 1 });
  pool.submit("pcap_to_ipfix", input("a"), "a");
  pool.submit("pcap_to_ipfix", input("b"), "b");
  const unfinished = join(folder, `.a.ipfix.${process.pid}.0123abcd.tmp`);
  const foreign = join(folder, ".a.ipfix.0.0123abcd.tmp");
  for (const path of [unfinished, foreign]) writeFileSync(path, "half");
  threads[0]?.crash();
  await expect.poll(() => pool.get("b")?.state).toBe("running");
  expect(pool.get("a")).toMatchObject({ state: "failed", error: { code: "crashed" } });
  expect([existsSync(unfinished), existsSync(foreign)]).toEqual([false, true]);
  expect(threads).toHaveLength(2);
  threads[1]?.finish(success("b"));
  await turn();
  expect(pool.get("b")?.state).toBe("succeeded");
});

test("the history forgets what ended first and never what is unended", async () => {
  const { pool, threads } = fakePool({ workers: 1, history: 2 });
  pool.submit("pcap_to_ipfix", input("0"), "0");
  for (const id of ["1", "2", "3"]) {
    pool.submit("pcap_to_ipfix", input(id), id);
    threads[0]?.finish(success(id));
    await turn();
  }
  expect(pool.list().map(({ id }) => id)).toEqual(["3", "2", "1"]);
});

test("stop() cancels everything, ends the threads and takes nothing more", async () => {
  const lines: string[] = [];
  const { pool, threads } = fakePool({ workers: 1, onLog: (_, message) => lines.push(message) });
  pool.submit("pcap_to_ipfix", input("a"), "a");
  pool.submit("pcap_to_ipfix", input("b"), "b");
  await pool.stop(1_000);
  expect(pool.list().map(({ state }) => state)).toEqual(["cancelled", "cancelled"]);
  expect(threads.map(({ alive }) => alive)).toEqual([false]);
  expect(() => pool.submit("pcap_to_ipfix", input("c"))).toThrow(
    expect.objectContaining({ code: "closed" }),
  );
  expect(lines).toEqual(["task a started", "task b cancelled", "task a cancelled"]);
});
