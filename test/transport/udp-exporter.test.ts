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

test("createUdpExporter() keeps Messages within their maximum and drops larger records", async () => {
  const { onBatch, seen } = createRecorder();
  const collector = createUdpCollector({ listen, onBatch, onProblem: expectNoProblem });
  const [to = ""] = await collector.start();
  const problems: string[] = [];
  const onProblem = (message: string) => problems.push(message);
  const exporter = createUdpExporter({ to, maximumBytes: 180, onProblem });
  await exporter.start();
  exporter.write(variableBatch(400));
  await exporter.stop();
  await collector.stop();
  const { bytes = 0, messages = 0 } = exporter.counters();
  expect(bytes / messages).toBeLessThanOrEqual(180);
  const { delivered, dropped, unaccounted } = balance(exporter.counters());
  expect({ unaccounted, seen: seen.length }).toEqual({ unaccounted: 0, seen: delivered });
  expect(dropped).toBeGreaterThan(0);
  expect(exporter.counters()["droppedTooLarge"]).toBe(dropped);
  expect(problems).toEqual([
    `Cannot send ${dropped} records to ${to}: larger than a Message of 180 octets, ` +
      "expected tcp:// for such",
  ]);
});

test("createUdpExporter() sends Templates again in time", async () => {
  const { onBatch, seen } = createRecorder();
  const collector = createUdpCollector({ listen, onBatch, onProblem: expectNoProblem });
  const [to = ""] = await collector.start();
  let now = 0;
  const options = { to, templateRefreshMs: 600_000, now: () => now, onProblem: expectNoProblem };
  const exporter = createUdpExporter(options);
  await exporter.start();
  for (const time of [0, 599_999, 600_000]) {
    now = time;
    exporter.write(fixedBatch(1));
  }
  await exporter.stop();
  await collector.stop();
  expect(seen.length).toBe(3);
  expect(collector.counters()).toMatchObject({ templates: 2 });
});

test("createUdpExporter() outlives its collector and tells the next one the Templates", async () => {
  const first = createUdpCollector({ listen, onBatch() {}, onProblem: expectNoProblem });
  const [to = ""] = await first.start();
  const problems: string[] = [];
  const exporter = createUdpExporter({ to, onProblem: (message) => problems.push(message) });
  await exporter.start();
  exporter.write(fixedBatch(1));
  await until(() => first.counters()["records"] === 1);
  await first.stop();
  await until(() => {
    exporter.write(fixedBatch(100));
    return (exporter.counters()["refusals"] ?? 0) > 0;
  });
  const { onBatch, seen } = createRecorder();
  const second = createUdpCollector({ listen: to, onBatch, onProblem: () => undefined });
  await second.start();
  await until(() => {
    exporter.write(fixedBatch(1));
    return seen.length > 0;
  });
  await exporter.stop();
  await second.stop();
  expect(problems).toEqual([`Cannot send to ${to}: connection refused`]);
  expect(balance(exporter.counters())).toMatchObject({ queued: 0, unaccounted: 0 });
});

test("createUdpExporter() counts what it gets before start and after stop", async () => {
  const exporter = createUdpExporter({ to: "udp://127.0.0.1:9", onProblem: expectNoProblem });
  exporter.write(fixedBatch(3));
  await exporter.start();
  await exporter.stop();
  exporter.write(fixedBatch(4));
  expect(balance(exporter.counters())).toMatchObject({ records: 7, dropped: 7, unaccounted: 0 });
});

test("createUdpExporter() refuses what is no UDP address", () => {
  const options = { to: "file:x", onProblem: expectNoProblem };
  expect(() => createUdpExporter(options)).toThrow("by UDP");
});
