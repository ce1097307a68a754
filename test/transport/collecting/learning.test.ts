import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { installPrimitives } from "../../../src/host/primitives.ts";
import type { RecordBatch } from "../../../src/ipfix/batch.ts";
import { limits } from "../../../src/limits.ts";
import { createExporterSession } from "../../../src/translators/exporter-session.ts";
import { PeerTable } from "../../../src/transport/collecting/peer-table.ts";
import { createTcpCollector } from "../../../src/transport/tcp-collector.ts";
import { createUdpCollector } from "../../../src/transport/udp-collector.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { messageOf } from "../../support/hostile.ts";
import { startEngine } from "../../support/lua.ts";
import { portOf, until } from "../../support/network.ts";
import { describingMessage, vendorTemplate } from "../../support/type-records.ts";

/** A Template before its element is described, a record, the description, a record. */
const record = "0100 0008 00000007";
const stream = [
  messageOf(`${vendorTemplate(1)} ${record}`),
  describingMessage({ id: 1, name: "acmeLatency" }),
  messageOf(record, { sequence: 2 }),
];
const expected = ["32473/1", "acmeLatency"];

/** A sink of batches, and the names of the first field of those that hold data. */
function createNames() {
  const names: string[] = [];
  const onBatch = ({ template, count }: RecordBatch) => {
    if (template.scopeCount === 0 && count > 0) names.push(template.fields[0]?.name ?? "");
  };
  return { names, onBatch, onProblem: () => undefined };
}

test("createUdpCollector() learns elements from type records", async () => {
  const { names, ...options } = createNames();
  const collector = createUdpCollector({ listen: "udp://127.0.0.1:0", ...options });
  const [address] = await collector.start();
  onTestFinished(() => collector.stop());
  const socket = createSocket("udp4");
  onTestFinished(() => void socket.close());
  for (const message of stream) socket.send(message, portOf(address), "127.0.0.1");
  await until(() => names.length === 2);
  expect(names).toEqual(expected);
  expect(collector.counters()).toMatchObject({ elementsLearned: 1, elementsRefused: 0 });
});

test("createTcpCollector() learns elements from type records", async () => {
  const { names, ...options } = createNames();
  const collector = createTcpCollector({ listen: "tcp://127.0.0.1:0", ...options });
  const [address] = await collector.start();
  onTestFinished(() => collector.stop());
  const socket = connect(portOf(address), "127.0.0.1");
  await once(socket, "connect");
  socket.end(Buffer.concat(stream));
  await until(() => names.length === 2);
  expect(names).toEqual(expected);
  expect(collector.counters()["elementsLearned"]).toBe(1);
});

test("PeerTable gives up the peer that describes too many elements", () => {
  const forgotten: string[] = [];
  const table = new PeerTable({
    open: (exporter) =>
      createExporterSession({ onBatch() {}, exporter, learnElements: true, now: () => 0 }),
    maximum: 1_000,
    onForget: (name) => forgotten.push(name),
  });
  const send = (name: string, message: Uint8Array) => {
    table.select(name).session.decodeDatagram(message);
    table.settle();
  };
  send("good", describingMessage({ id: 1, name: "good" }));
  const all = Array.from({ length: limits.learnedElements }, (_, id) => ({ id, name: `e${id}` }));
  const messages = [];
  for (let i = 0; i < all.length; i += 1_024) {
    messages.push(describingMessage(...all.slice(i, i + 1_024)));
  }
  for (let peer = 0; peer < 20; peer++) {
    for (const message of messages) send(`greedy ${peer}`, message);
  }
  expect(forgotten.length).toBeGreaterThan(0);
  expect(forgotten).not.toContain("good");
});

test("scripts see learned names, and none where a record lacks one", () => {
  const path = join(temporaryFolder(), "learned.ipfix");
  const plain = messageOf("0002 000c 0101 0001 0004 0001 0101 0005 06", { sequence: 3 });
  writeFileSync(path, Buffer.concat([...stream, plain]));
  const { engine } = startEngine();
  installPrimitives({ engine, log: () => undefined });
  const source = `local seen = {}
    for flow in ipfix.records(...) do
      local ok, value = pcall(function() return flow.acmeLatency end)
      seen[#seen + 1] = tostring(ok and value)
    end
    return table.concat(seen, " ")`;
  const [seen] = engine.run(source, "test.lua", [path]);
  // The file is read ahead, so the first record, which was not named yet, is no mistake either.
  expect(seen).toBe("nil 7 nil");
});
