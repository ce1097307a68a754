import { cpSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { convertCaptures } from "../../src/host/pcap-to-ipfix.ts";
import { createTransportSession } from "../../src/ipfix/session.ts";
import { createTaskPool, type TaskPool } from "../../src/tasks/pool.ts";
import type { Task } from "../../src/tasks/task.ts";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { temporaryFolder } from "../support/folder.ts";

const sample = fileURLToPath(new URL("../../examples/captures/sample.pcap", import.meta.url));

function folderWithSample(): { readonly folder: string; readonly capture: string } {
  const folder = temporaryFolder();
  const capture = join(folder, "sample.pcap");
  cpSync(sample, capture);
  return { folder, capture };
}

function realPool(): TaskPool {
  const pool = createTaskPool({ workers: 1 });
  onTestFinished(() => pool.stop(1_000));
  return pool;
}

async function ended(pool: TaskPool, id: string): Promise<Task | undefined> {
  await expect.poll(() => pool.get(id)?.endedMs, { timeout: 20_000 }).toBeDefined();
  return pool.get(id);
}

/** Records of an IPFIX file that are no options. */
async function countRecords(path: string): Promise<number> {
  let records = 0;
  const session = createTransportSession({
    onBatch: (batch) => {
      if (batch.template.scopeCount === 0) records += batch.count;
    },
  });
  await readIpfixFile(path, { session });
  return records;
}

test("a task converts the sample as a direct conversion does", async () => {
  const { folder, capture } = folderWithSample();
  const output = join(folder, "new/out.ipfix");
  const pool = realPool();
  pool.submit("pcap_to_ipfix", { inputs: [capture], output }, "sample");
  const direct = await convertCaptures({ inputs: [sample], output: join(folder, "direct.ipfix") });
  const { state, progress, result } = (await ended(pool, "sample")) ?? {};
  expect(state).toBe("succeeded");
  expect(result).toMatchObject({
    output,
    packets: direct.packets,
    flows: direct.flows,
    damage: [],
  });
  expect(result?.flows).toBeGreaterThan(0);
  expect(progress?.bytes).toBe(progress?.totalBytes);
  expect(await countRecords(output)).toBe(result?.flows);
});

test("a task converts a capture that is cut short, and names the damage", async () => {
  const { folder, capture } = folderWithSample();
  const whole = readFileSync(sample);
  writeFileSync(capture, whole.subarray(0, whole.length - 3));
  const output = join(folder, "out.ipfix");
  const pool = realPool();
  pool.submit("pcap_to_ipfix", { inputs: [capture], output }, "cut");
  expect(await ended(pool, "cut")).toMatchObject({
    state: "succeeded",
    result: { damage: [{ input: capture, code: "truncated", offset: expect.any(Number) }] },
  });
});

test("a task that fails leaves an older output as it was, and the thread goes on", async () => {
  const { folder, capture } = folderWithSample();
  const output = join(folder, "out.ipfix");
  const wrong = join(folder, "wrong.pcap");
  writeFileSync(output, "old");
  writeFileSync(wrong, "no capture");
  const pool = realPool();
  pool.submit("pcap_to_ipfix", { inputs: [capture, wrong], output }, "wrong");
  expect(await ended(pool, "wrong")).toMatchObject({
    state: "failed",
    error: { code: "bad-magic", message: expect.stringContaining(wrong) },
  });
  expect(readFileSync(output, "utf8")).toBe("old");
  pool.submit("pcap_to_ipfix", { inputs: [capture], output }, "right");
  expect(await ended(pool, "right")).toMatchObject({ state: "succeeded" });
  expect(readFileSync(output).readUInt16BE(0)).toBe(10);
  expect(readdirSync(folder).filter((name) => name.endsWith(".tmp"))).toEqual([]);
});

test("cancel() ends a conversion that runs, without a trace", async () => {
  const { folder, capture } = folderWithSample();
  const header = readFileSync(sample).subarray(0, 24);
  const packets = readFileSync(sample).subarray(24);
  const copies = Math.ceil(150_000_000 / packets.length);
  writeFileSync(capture, Buffer.concat([header, ...Array.from({ length: copies }, () => packets)]));
  const output = join(folder, "out.ipfix");
  const pool = realPool();
  pool.submit("pcap_to_ipfix", { inputs: [capture], output }, "long");
  await expect.poll(() => pool.get("long")?.progress.bytes, { timeout: 20_000 }).toBeGreaterThan(0);
  pool.cancel("long");
  expect(await ended(pool, "long")).toMatchObject({ state: "cancelled" });
  expect(readdirSync(folder)).toEqual(["sample.pcap"]);
});
