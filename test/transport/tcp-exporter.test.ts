import { expect, test } from "vitest";
import { createTcpCollector } from "../../src/transport/tcp-collector.ts";
import { createTcpExporter } from "../../src/transport/tcp-exporter.ts";
import { createRecorder } from "../support/ipfix.ts";
import { balance, fixedBatch, variableBatch } from "../support/network.ts";

const listen = "tcp://127.0.0.1:0";

function expectNoProblem(message: string): void {
  expect.fail(message);
}

test("createTcpExporter() sends records that a collector receives as they were", async () => {
  const { onBatch, seen } = createRecorder();
  const collector = createTcpCollector({ listen, onBatch, onProblem: expectNoProblem });
  const [to = ""] = await collector.start();
  const exporter = createTcpExporter({ to, onProblem: expectNoProblem });
  expect(await exporter.start()).toBe(to);
  const wanted = createRecorder();
  for (const batch of [fixedBatch(9_000), variableBatch(300, { domain: 7, exportTime: 99 })]) {
    exporter.write(batch);
    wanted.onBatch(batch);
  }
  await exporter.stop();
  await collector.stop();
  expect(balance(exporter.counters())).toMatchObject({ dropped: 0, unaccounted: 0 });
  expect(seen).toEqual(wanted.seen);
  expect(collector.counters()).toMatchObject({ records: 9_300, sequenceGaps: 0, malformed: 0 });
});
