import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import type { Collector, CollectorOptions } from "../../src/transport/collecting/collector.ts";
import { createTcpCollector } from "../../src/transport/tcp-collector.ts";
import { createUdpCollector } from "../../src/transport/udp-collector.ts";
import { hostileDatagrams, message, set, template } from "../support/hostile-datagrams.ts";
import { portOf, until } from "../support/network.ts";
import { octets, u16, u32 } from "../support/wire.ts";

/** Milliseconds for the tests with thousands of datagrams on a busy machine. */
const patience = { timeout: 30_000 };

/** Domain of the good exporter: only its records are counted here. */
const goodDomain = 4_711;

/** Message number `nth` of the good exporter, with one record; the first brings the Template. */
function goodMessage(nth: number): Uint8Array {
  const data = set(1_000, [u32(nth), u16(443)]);
  const header = { domain: goodDomain, sequence: nth };
  if (nth > 0) return message(data, header);
  const fields = [template(1_000, [[8, 4], [7, 2]])] as const; // biome-ignore format: fields
  return message(octets(set(2, fields), data), header);
}

/** Start a collector; `good` counts the records of the good exporter. */
async function startCollector(create: (options: CollectorOptions) => Collector, listen: string) {
  const state = { good: 0, problems: 0 };
  const collector = create({
    listen,
    onBatch: ({ domain, count }) => {
      if (domain === goodDomain) state.good += count;
    },
    onProblem: () => {
      state.problems++;
    },
  });
  const [address] = await collector.start();
  onTestFinished(() => collector.stop());
  return { collector, state, port: portOf(address), counts: () => collector.counters() };
}

/** A connected exporter that nobody disturbs; a reset would be an error of the test. */
async function connectTo(port: number): Promise<Socket> {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  onTestFinished(() => {
    socket.destroy();
  });
  return socket;
}

test(
  "a UDP collector keeps decoding a good exporter among hostile datagrams",
  patience,
  async () => {
    const { state, port, counts } = await startCollector(createUdpCollector, "udp://127.0.0.1:0");
    const [good, evil] = [createSocket("udp4"), createSocket("udp4")];
    onTestFinished(() => {
      good.close();
      evil.close();
    });
    let sent = 0;
    for (const [, bytes] of hostileDatagrams) {
      evil.send(bytes, port, "127.0.0.1");
      good.send(goodMessage(sent++), port, "127.0.0.1");
      await until(() => counts()["datagrams"] === 2 * sent);
      expect(state.good).toBe(sent);
    }
    const { datagrams, emptyDatagrams, peers, kernelDrops, socketErrors } = counts();
    expect({ datagrams, peers, kernelDrops, socketErrors }).toEqual({
      datagrams: 2 * hostileDatagrams.length,
      peers: 2,
      kernelDrops: 0,
      socketErrors: 0,
    });
    expect(emptyDatagrams).toBe(hostileDatagrams.filter(([, { length }]) => length === 0).length);
    expect(state.problems).toBeLessThan(110);
  },
);

test("a TCP collector ends each hostile connection and keeps a good one", patience, async () => {
  const { state, port, counts } = await startCollector(createTcpCollector, "tcp://127.0.0.1:0");
  const good = await connectTo(port);
  let sent = 0;
  for (const [name, bytes] of hostileDatagrams) {
    const evil = connect(port, "127.0.0.1").resume();
    evil.on("error", () => undefined); // the collector may reset it while it still sends
    evil.end(bytes);
    good.write(goodMessage(sent++));
    await once(evil, "close");
    await until(() => state.good === sent);
    expect(good.destroyed, name).toBe(false);
  }
  await until(() => counts()["peers"] === 1);
  const { connections, connectionsMalformed = 0 } = counts();
  expect(connections).toBe(hostileDatagrams.length + 1);
  expect(connectionsMalformed).toBeGreaterThan(hostileDatagrams.length / 2);
});

test(
  "200 connections that send nothing, or half a Message, cost a good one nothing",
  patience,
  async () => {
    const limits = { firstHeaderMs: 500, messageMs: 500 };
    const create = (options: CollectorOptions) => createTcpCollector({ ...options, ...limits });
    const { state, port, counts } = await startCollector(create, "tcp://127.0.0.1:0");
    const slow = await Promise.all(Array.from({ length: 200 }, () => connectTo(port)));
    const closed = slow.map((socket) => once(socket.resume(), "close"));
    slow.forEach((socket, i) => {
      if (i % 2 === 0) socket.write(goodMessage(0).subarray(0, 20));
    });
    const good = await connectTo(port);
    for (let sent = 0; sent < 50; sent++) good.write(goodMessage(sent));
    await until(() => state.good === 50);
    await Promise.all(closed);
    expect(counts()).toMatchObject({ connectionsTimedOut: 200, connectionsRefused: 0, peers: 1 });
    expect(good.destroyed).toBe(false);
  },
);

/** Octets that live after a garbage collection of everything the test made before. */
function heapBytes(): number {
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}

test.for([
  ["Templates", (i: number) => ({ id: 256 + (i % 65_000), domain: 1 })],
  ["domains", (i: number) => ({ id: 300, domain: i })],
] as const)(
  "a flood of %s is bounded in memory, and another exporter decodes on",
  patience,
  async ([, of]) => {
    const { state, port, counts } = await startCollector(createUdpCollector, "udp://127.0.0.1:0");
    const [good, evil] = [createSocket("udp4"), createSocket("udp4")];
    onTestFinished(() => {
      good.close();
      evil.close();
    });
    const before = heapBytes();
    const flood = 12_000;
    const burst = 200;
    for (let sent = 0; sent < flood; sent += burst) {
      good.send(goodMessage(sent / burst), port, "127.0.0.1");
      for (let i = sent; i < sent + burst; i++) {
        const { id, domain } = of(i);
        const fields = Array.from({ length: 40 }, (_, f) => [1 + ((i + f) % 400), 4] as const);
        evil.send(message(set(2, [template(id, fields)]), { domain }), port, "127.0.0.1");
      }
      const arrived = (sent / burst + 1) * (burst + 1);
      await until(() => (counts()["datagrams"] ?? 0) + (counts()["kernelDrops"] ?? 0) === arrived);
    }
    expect(state.good).toBe(flood / burst);
    expect((heapBytes() - before) / 1_048_576).toBeLessThan(192);
  },
);

test("connections that fell silent give way to new ones, the one silent for longest first", async () => {
  const limits = { maximumConnections: 3, silenceMs: 0 };
  const create = (options: CollectorOptions) => createTcpCollector({ ...options, ...limits });
  const { state, port, counts } = await startCollector(create, "tcp://127.0.0.1:0");
  const [first, second, third] = [
    await connectTo(port),
    await connectTo(port),
    await connectTo(port),
  ];
  for (const socket of [second, third, first]) {
    const before = state.good;
    socket.write(goodMessage(0));
    await until(() => state.good === before + 1);
  }
  const ended = once(second.resume(), "close");
  const fourth = await connectTo(port);
  await ended;
  for (const socket of [first, third, fourth]) socket.write(goodMessage(0));
  await until(() => state.good === 6);
  expect(counts()).toMatchObject({ connectionsDisplaced: 1, connectionsRefused: 0, peers: 3 });
});
