import { createSocket } from "node:dgram";
import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import type { KnownTemplate } from "../../../src/ipfix/sets/known-template.ts";
import { limits } from "../../../src/limits.ts";
import { TemplateCache } from "../../../src/transport/collecting/template-cache.ts";
import { createUdpCollector } from "../../../src/transport/udp-collector.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { hex } from "../../support/hex.ts";
import { messageOf } from "../../support/hostile.ts";
import { createRecorder } from "../../support/ipfix.ts";
import { portOf, until } from "../../support/network.ts";

const known: KnownTemplate = { domain: 1, id: 256, scopeCount: 0, fields: [[0, 8, 4]] };

function setUp(path = join(temporaryFolder(), "deep", "templates.json"), startMs = 1_000_000) {
  const problems: string[] = [];
  const peers = new Map<string, readonly KnownTemplate[]>();
  const clock = { ms: startMs };
  const open = () =>
    new TemplateCache({
      path,
      current: () => peers,
      onProblem: (message) => problems.push(message),
      now: () => clock.ms,
    });
  return { path, problems, peers, clock, open };
}

test("take() gives the Templates that flush() kept in an earlier run, once", async () => {
  const { problems, peers, open } = setUp();
  peers.set("192.0.2.1:4739", [known]);
  peers.set("192.0.2.2:4739", []);
  const cache = open();
  cache.touch();
  await cache.flush();
  const later = open();
  expect(later.take("192.0.2.1:4739")).toEqual([known]);
  expect(later.take("192.0.2.1:4739")).toEqual([]);
  expect(later.take("192.0.2.2:4739")).toEqual([]);
  expect(problems).toEqual([]);
});

test("flush() keeps exporters of an earlier run that were not heard, for a while", async () => {
  const { peers, clock, open } = setUp();
  peers.set("192.0.2.1:4739", [known]);
  const first = open();
  first.touch();
  await first.flush();
  peers.clear();
  peers.set("192.0.2.9:4739", [known]);
  const second = open();
  second.touch();
  await second.flush();
  expect(open().take("192.0.2.1:4739")).toEqual([known]);
  clock.ms += 1000 * (limits.templateCacheSeconds + 1);
  expect(open().take("192.0.2.1:4739")).toEqual([]);
});

test.for([
  ["is no JSON", "{"],
  ["has another shape", '{"version":1,"peers":{"a":{"heard":1,"templates":[{"id":-1}]}}}'],
  ["is of another version", '{"version":2,"peers":{}}'],
] as const)("TemplateCache ignores a file that %s, and says so", ([, text]) => {
  const { path, problems, open } = setUp(join(temporaryFolder(), "templates.json"));
  writeFileSync(path, text);
  expect(open().take("a")).toEqual([]);
  expect(problems).toEqual([`Templates in ${path} are ignored: the file is damaged`]);
});

test("flush() says that the file cannot be written", async () => {
  const folder = join(temporaryFolder(), "file");
  writeFileSync(folder, "");
  const { problems, open } = setUp(join(folder, "templates.json"));
  const cache = open();
  cache.touch();
  await cache.flush();
  expect(problems.at(-1)).toMatch(/^Templates are not kept: Cannot create/);
});

test("createUdpCollector() decodes data at once after a restart, of IPFIX and NetFlow v9", async () => {
  const templateCache = join(temporaryFolder(), "templates.json");
  const { onBatch, seen } = createRecorder();
  const problems: string[] = [];
  const onProblem = (message: string) => problems.push(message);
  const v9 = (set: string) => hex(`0009 0001 00002710 00000064 00000001 00000007 ${set}`);
  let listen = "udp://127.0.0.1:0";
  const socket = createSocket("udp4").bind(0, "127.0.0.1"); // one port for both runs
  await once(socket, "listening");
  onTestFinished(() => void socket.close());
  for (const datagrams of [
    [messageOf("0002 000c 0100 0001 0008 0004"), v9("0000 000c 0101 0001 0016 0004")],
    [messageOf("0100 0008 0a000001"), v9("0101 0008 00001388")],
  ]) {
    const collector = createUdpCollector({ listen, onBatch, onProblem, templateCache });
    const [address = ""] = await collector.start();
    listen = address;
    for (const datagram of datagrams) socket.send(datagram, portOf(address), "127.0.0.1");
    await until(() => collector.counters()["datagrams"] === 2);
    await collector.stop();
  }
  expect(seen.map(({ bytes }) => bytes)).toEqual(["0a000001", "0000000000017318"]);
  expect(problems).toEqual([]);
});
