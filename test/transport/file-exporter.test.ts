import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createFileExporter } from "../../src/transport/file-exporter.ts";
import { readIpfixFile } from "../../src/transport/ipfix-file.ts";
import { createRecorder, createRecordingSession } from "../support/ipfix.ts";
import { balance, fixedBatch, variableBatch } from "../support/network.ts";

function expectNoProblem(message: string): void {
  expect.fail(message);
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "moonfix-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("createFileExporter() appends to what earlier ones wrote", async () => {
  const path = join(temporaryFolder(), "var", "flows", "out.ipfix");
  const wanted = createRecorder();
  for (let run = 0; run < 3; run++) {
    const exporter = createFileExporter({ path, append: true, onProblem: expectNoProblem });
    expect(await exporter.start()).toBe(`file:${path}`);
    for (const batch of [fixedBatch(4_000), variableBatch(1_000, { domain: 7 })]) {
      exporter.write(batch);
      wanted.onBatch(batch);
    }
    await exporter.stop();
    const counts = balance(exporter.counters());
    expect(counts).toMatchObject({ delivered: 5_000, queued: 0, unaccounted: 0 });
  }
  const { session, seen } = createRecordingSession();
  const result = await readIpfixFile(path, { session });
  expect(result).toMatchObject({ damages: 0, skippedBytes: 0 });
  expect(seen).toEqual(wanted.seen);
});
