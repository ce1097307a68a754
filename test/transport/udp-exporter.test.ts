import { expect, test } from "vitest";
import { createUdpCollector } from "../../src/transport/udp-collector.ts";
import { createUdpExporter } from "../../src/transport/udp-exporter.ts";
import { createRecorder } from "../support/ipfix.ts";
import { balance, fixedBatch, until, variableBatch } from "../support/network.ts";

const listen = "udp://127.0.0.1:0";

function expectNoProblem(message: string): void {
  expect.fail(message);
}

test("createUdpExporter() sends records that a collector receives as they were", async () => {
  const { onBatch, seen } = createRecorder();
  const collector = createUdpCollector({ listen, onBatch, onProblem: expectNoProblem });
  const [to = ""] = await collector.start();
  const exporter = createUdpExporter({ to, onProblem: expectNoProblem });
  expect(await exporter.start()).toBe(to);
  const wanted = createRecorder();
  for (const batch of [fixedBatch(200), variableBatch(300, { domain: 7, exportTime: 99 })]) {
    exporter.write(batch);
    wanted.onBatch(batch);
  }
  await exporter.stop();
  await collector.stop();
  expect(seen).toEqual(wanted.seen);
  expect(balance(exporter.counters())).toMatchObject({
    delivered: 500,
    dropped: 0,
    unaccounted: 0,
  });
  expect(collector.counters()).toMatchObject({ records: 500, sequenceGaps: 0, malformed: 0 });
});

test("createUdpExporter() lets a lone record leave without a stop", async () => {
  const { onBatch, seen } = createRecorder();
  const collector = createUdpCollector({ listen, onBatch, onProblem: expectNoProblem });
  const [to = ""] = await collector.start();
  const exporter = createUdpExporter({ to, onProblem: expectNoProblem });
  await exporter.start();
  exporter.write(fixedBatch(1));
  expect(balance(exporter.counters())).toMatchObject({ queued: 1, unaccounted: 0 });
  await until(() => seen.length === 1);
  await exporter.stop();
  await collector.stop();
});
