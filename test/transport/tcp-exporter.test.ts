import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, test } from "vitest";
import { createTcpCollector } from "../../src/transport/tcp-collector.ts";
import { createTcpExporter } from "../../src/transport/tcp-exporter.ts";
import { batchOf, createRecorder, templateOf } from "../support/ipfix.ts";
import { balance, fixedBatch, fixedTemplate, until, variableBatch } from "../support/network.ts";

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

test("createTcpExporter() starts without its collector and delivers once it is there", async () => {
  const probe = createTcpCollector({ listen, onBatch() {}, onProblem: expectNoProblem });
  const [to = ""] = await probe.start();
  await probe.stop();
  const problems: string[] = [];
  const onProblem = (message: string) => problems.push(message);
  const exporter = createTcpExporter({ to, firstRetryMs: 5, onProblem });
  await exporter.start();
  const wanted = createRecorder();
  for (const batch of [fixedBatch(100), variableBatch(100), listBatch()]) {
    exporter.write(batch);
    wanted.onBatch(batch);
  }
  await until(() => (exporter.counters()["connectFailures"] ?? 0) >= 2);
  expect(balance(exporter.counters())).toMatchObject({ queued: 201, unaccounted: 0 });
  const { onBatch, seen } = createRecorder();
  const collector = createTcpCollector({ listen: to, onBatch, onProblem: expectNoProblem });
  await collector.start();
  await until(() => seen.length === 201);
  await exporter.stop();
  await collector.stop();
  expect(seen).toEqual(wanted.seen);
  expect(problems[0]).toBe(`Cannot connect to ${to}: connection refused; trying again`);
  expect(balance(exporter.counters())).toMatchObject({ delivered: 201, unaccounted: 0 });
});

test("createTcpExporter() connects again, with Templates first, and accounts for all", async () => {
  const first = createRecorder();
  const onProblem = () => undefined;
  const collector = createTcpCollector({ listen, onBatch: first.onBatch, onProblem });
  const [to = ""] = await collector.start();
  const exporter = createTcpExporter({ to, firstRetryMs: 5, onProblem });
  await exporter.start();
  exporter.write(fixedBatch(50));
  await until(() => first.seen.length === 50);
  await collector.stop();
  await until(() => exporter.counters()["connectionsLost"] === 1);
  exporter.write(fixedBatch(70, 50));
  const second = createRecorder();
  const next = createTcpCollector({ listen: to, onBatch: second.onBatch, onProblem });
  await next.start();
  await until(() => second.seen.length === 70);
  await exporter.stop();
  await next.stop();
  expect(next.counters()).toMatchObject({ records: 70, setsWithoutTemplate: 0, malformed: 0 });
  const counts = balance(exporter.counters());
  expect(counts).toEqual({ records: 120, delivered: 120, queued: 0, dropped: 0, unaccounted: 0 });
});

test("createTcpExporter() accounts for all when the collector resets the connection", async () => {
  const sockets: Socket[] = [];
  const server = createServer((socket) => sockets.push(socket.on("error", () => undefined)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const to = `tcp://127.0.0.1:${port}`;
  const exporter = createTcpExporter({ to, firstRetryMs: 5, stopMs: 50, onProblem() {} });
  await exporter.start();
  await until(() => sockets.length === 1);
  for (let i = 0; i < 200; i++) exporter.write(fixedBatch(3_000));
  sockets[0]?.resetAndDestroy();
  await until(() => exporter.counters()["connectionsLost"] === 1);
  expect(balance(exporter.counters())).toMatchObject({ records: 600_000, unaccounted: 0 });
  server.close();
  for (const socket of sockets) socket.destroy();
  await exporter.stop();
  expect(balance(exporter.counters())).toMatchObject({ queued: 0, unaccounted: 0 });
  expect(exporter.counters()["droppedConnectionLost"]).toBeGreaterThan(0);
});

test("createTcpExporter() keeps its queue within bounds before a stalled collector", async () => {
  const server = createServer((socket) => socket.pause().on("error", () => undefined));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const problems: string[] = [];
  const to = `tcp://127.0.0.1:${port}`;
  const queueBytes = 1_000_000;
  const onProblem = (message: string) => problems.push(message);
  const exporter = createTcpExporter({ to, queueBytes, stopMs: 50, onProblem });
  await exporter.start();
  await until(() => {
    exporter.write(fixedBatch(3_000));
    expect(exporter.counters()["queuedBytes"]).toBeLessThanOrEqual(queueBytes);
    return (exporter.counters()["droppedQueueFull"] ?? 0) > 30_000 && isConnected(exporter);
  });
  expect(balance(exporter.counters())).toMatchObject({ unaccounted: 0 });
  await exporter.stop();
  server.close();
  expect(problems).toEqual([`Records for ${to} dropped: its queue is full`]);
  expect(balance(exporter.counters())).toMatchObject({ queued: 0, unaccounted: 0 });
});

function isConnected(exporter: ReturnType<typeof createTcpExporter>): boolean {
  return exporter.counters()["connections"] === 1;
}

test("createTcpExporter() drops what is queued when it stops without a collector", async () => {
  const exporter = createTcpExporter({ to: "tcp://127.0.0.1:9", onProblem() {} });
  await exporter.start();
  exporter.write(fixedBatch(3));
  await exporter.stop();
  exporter.write(fixedBatch(4));
  expect(balance(exporter.counters())).toMatchObject({ records: 7, dropped: 7, unaccounted: 0 });
});

/** A record with a subTemplateList of two records of `fixedTemplate`. */
function listBatch() {
  const content = [...new Uint8Array(40)];
  const record = Uint8Array.from([43, 3, 1, 0, ...content]);
  const template = templateOf(258, ["subTemplateList"]);
  const templates = (id: number) => (id === fixedTemplate.id ? fixedTemplate : undefined);
  return batchOf(template, [record], { templates });
}
