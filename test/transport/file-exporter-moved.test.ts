import { existsSync, mkdtempSync, renameSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as turn, setTimeout as wait } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { createFileExporter } from "../../src/transport/file-exporter.ts";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { createRecordingSession } from "../support/ipfix.ts";
import { balance, fixedBatch, until } from "../support/network.ts";

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "moonfix-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

function start(path: string) {
  const problems: string[] = [];
  const onProblem = (message: string) => problems.push(message);
  return { exporter: createFileExporter({ path, append: true, onProblem }), problems };
}

/** Records of a file, none of which may come before its Template. */
async function countRecords(path: string): Promise<number> {
  const { session, seen } = createRecordingSession();
  expect(await readIpfixFile(path, { session })).toMatchObject({ damages: 0, skippedBytes: 0 });
  expect(session.counters()).toMatchObject({ setsWithoutTemplate: 0 });
  return seen.length;
}

test("createFileExporter() loses no record while its file is moved under load", async () => {
  const path = join(temporaryFolder(), "out.ipfix");
  const { exporter } = start(path);
  await exporter.start();
  for (let moves = 1; moves <= 3; moves++) {
    exporter.write(fixedBatch(100));
    exporter.flush?.();
    renameSync(path, `${path}.${moves}`);
    await wait(1_050);
    exporter.flush?.();
    while (!existsSync(path)) await loadFor(exporter);
    for (let i = 0; i < 20; i++) await loadFor(exporter);
  }
  await exporter.stop();
  const { delivered, unaccounted } = balance(exporter.counters());
  expect(unaccounted).toBe(0);
  let found = await countRecords(path);
  for (let moves = 1; moves <= 3; moves++) found += await countRecords(`${path}.${moves}`);
  expect(found).toBe(delivered);
}, 20_000);

async function loadFor(exporter: ReturnType<typeof createFileExporter>): Promise<void> {
  exporter.write(fixedBatch(7));
  await turn();
}

test("createFileExporter() stops for good when its file was just moved", async () => {
  const path = join(temporaryFolder(), "out.ipfix");
  const { exporter } = start(path);
  await exporter.start();
  exporter.write(fixedBatch(10));
  exporter.flush?.();
  renameSync(path, `${path}.1`);
  await wait(1_050);
  exporter.write(fixedBatch(10));
  await exporter.stop();
  await wait(200);
  expect(existsSync(path)).toBe(false);
  expect(await countRecords(`${path}.1`)).toBe(20);
  renameSync(`${path}.1`, path);
  const { exporter: again, problems } = start(path);
  await again.start();
  await again.stop();
  expect(problems).toEqual([]);
});

test("createFileExporter() lives on when its path leads nowhere, and tells why", async () => {
  const folder = join(temporaryFolder(), "flows");
  const path = join(folder, "out.ipfix");
  const { exporter, problems } = start(path);
  await exporter.start();
  renameSync(folder, `${folder}.old`);
  symlinkSync("flows", folder);
  await until(() => {
    exporter.write(fixedBatch(1));
    exporter.flush?.();
    return problems.length > 0;
  });
  expect(problems[0]).toMatch(/was moved or removed, and cannot be made anew: .*symbolic link/);
  await exporter.stop();
  const { delivered, unaccounted } = balance(exporter.counters());
  expect(unaccounted).toBe(0);
  expect(await countRecords(join(`${folder}.old`, "out.ipfix"))).toBe(delivered);
});
