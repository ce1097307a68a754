import { once } from "node:events";
import { connect, type Socket } from "node:net";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { MessageFramer } from "../../src/transport/collecting/message-framer.ts";
import { createTcpCollector, type TcpCollectorOptions } from "../../src/transport/tcp-collector.ts";
import { hex, unhex } from "../support/hex.ts";
import { messageOf } from "../support/hostile.ts";
import { createRecorder } from "../support/ipfix.ts";
import { fixedBatch, messagesOf, portOf, until, variableBatch } from "../support/network.ts";

const template = "0002 0010  0100 0002  0008 0004  0001 0004";
const data = "0100 000c 0a000001 00000001";
const whole = messageOf(`${template} ${data}`);
const messages = messagesOf([fixedBatch(60), variableBatch(120), fixedBatch(5, 60)], 700);
const stream = Buffer.concat(messages);

/** A collector on a port of its own, what it saw and said, and how to connect to it. */
async function setUp(options: Partial<TcpCollectorOptions> = {}) {
  const { onBatch, seen } = createRecorder();
  const problems: string[] = [];
  const onProblem = (message: string) => problems.push(message);
  const listen = "tcp://127.0.0.1:0";
  const collector = createTcpCollector({ listen, onBatch, onProblem, ...options });
  const [address = ""] = await collector.start();
  onTestFinished(() => collector.stop());
  const open = async (): Promise<Socket> => {
    const socket = connect(portOf(address), "127.0.0.1");
    socket.on("error", () => undefined); // a collector that closes may reset
    await once(socket, "connect");
    onTestFinished(() => {
      socket.destroy();
    });
    return socket;
  };
  return { collector, address, seen, problems, open };
}

test("MessageFramer cuts a stream the same however it arrives", () => {
  const pieces = fc.array(fc.integer({ min: 1, max: 900 }), { maxLength: 50 });
  fc.assert(
    fc.property(pieces, (sizes) => {
      const seen: string[] = [];
      const framer = new MessageFramer((bytes) => seen.push(unhex(bytes)));
      let at = 0;
      for (const size of [...sizes, stream.length]) {
        framer.push(stream.subarray(at, at + size));
        at = Math.min(stream.length, at + size);
        expect(framer.bytes).toBe(at);
        const done = Buffer.concat(messages.slice(0, framer.messages)).length;
        expect(framer.pendingBytes).toBe(at - done);
      }
      expect(seen).toEqual(messages.map(unhex));
    }),
  );
});

test("MessageFramer takes the largest Message octet by octet", () => {
  const largest = new Uint8Array(65_535).fill(7);
  largest.set(hex("000a ffff"));
  const seen: number[] = [];
  const framer = new MessageFramer((bytes) => seen.push(bytes.length));
  for (let at = 0; at < largest.length; at++) framer.push(largest.subarray(at, at + 1));
  framer.push(whole);
  expect(seen).toEqual([65_535, whole.length]);
});

test.for([
  ["a version, by its second octet", "0009", "bad-version", 0],
  ["text", "4745", "bad-version", 0],
  ["a length below the header", "000a 000f", "bad-length", 2],
  ["a version after a Message", `${unhex(whole)} 000b`, "bad-version", whole.length],
] as const)("MessageFramer refuses %s", ([, octets, code, offset]) => {
  for (const step of [1, 3, 1_000]) {
    const framer = new MessageFramer(() => undefined);
    const bytes = hex(octets);
    expect(() => {
      for (let at = 0; at < bytes.length; at += step) framer.push(bytes.subarray(at, at + step));
    }).toThrow(expect.objectContaining({ code, offset }));
  }
});

test("createTcpCollector() delivers the same records however they arrive", async () => {
  const { collector, seen, open } = await setUp();
  const socket = await open();
  socket.setNoDelay(true);
  const wanted = createRecorder();
  for (const batch of [fixedBatch(60), variableBatch(120), fixedBatch(5, 60)]) {
    wanted.onBatch(batch);
  }
  for (let at = 0; at < stream.length; at += 97) {
    await new Promise((resolve) => socket.write(stream.subarray(at, at + 97), resolve));
  }
  socket.end();
  await until(() => seen.length === wanted.seen.length);
  expect(seen).toEqual(wanted.seen);
  expect(collector.counters()).toMatchObject({ records: 185, malformed: 0, connections: 1 });
});

test.for([
  ["another protocol", Buffer.from("GE"), "badVersion"],
  ["a short length", hex("000a 0001"), "badLength"],
  ["a Set past the end", messageOf("0002 0100"), "badLength"],
  ["a bad Template", messageOf("0002 000c 00ff 0001 0001 0004"), "malformed"],
] as const)(
  "createTcpCollector() closes a connection that brings %s",
  async ([, bytes, counter]) => {
    const { collector, seen, problems, open } = await setUp();
    const bad = await open();
    const good = await open();
    bad.write(bytes);
    bad.resume();
    await once(bad, "close");
    good.write(whole);
    await until(() => seen.length === 1);
    expect(collector.counters()).toMatchObject({ connectionsMalformed: 1, [counter]: 1, peers: 1 });
    expect(problems).toEqual([expect.stringMatching(/^Connection of 127.0.0.1:\d+ closed: /)]);
  },
);

test("createTcpCollector() counts a connection that ends within a Message", async () => {
  const { collector, open } = await setUp();
  const socket = await open();
  socket.end(Buffer.concat([whole, whole.subarray(0, 20)]));
  await until(() => collector.counters()["connectionsMalformed"] === 1);
  expect(collector.counters()).toMatchObject({ messages: 1, truncated: 1 });
});

test("createTcpCollector() closes a connection without a header in time", async () => {
  const { collector, problems, open } = await setUp({ firstHeaderMs: 30 });
  const socket = await open();
  socket.write(hex("000a 00"));
  socket.resume();
  await once(socket, "close");
  expect(collector.counters()).toMatchObject({ connectionsTimedOut: 1, malformed: 0 });
  expect(problems).toEqual([expect.stringContaining("closed: no Message Header within 30 ms")]);
});

test("createTcpCollector() closes a connection whose Message stops, not an idle one", async () => {
  const { collector, problems, seen, open } = await setUp({ firstHeaderMs: 5_000, messageMs: 30 });
  const idle = await open();
  idle.write(whole);
  await until(() => seen.length === 1);
  const slow = await open();
  slow.write(Buffer.concat([whole, whole.subarray(0, 30)]));
  slow.resume();
  await once(slow, "close");
  idle.write(messageOf(data, { sequence: 1 }));
  await until(() => seen.length === 3);
  expect(collector.counters()).toMatchObject({ connectionsTimedOut: 1, peers: 1 });
  expect(problems).toEqual([expect.stringContaining("closed: no whole Message within 30 ms")]);
});

test("createTcpCollector() refuses connections above its maximum", async () => {
  const { collector, problems, seen, open } = await setUp({ maximumConnections: 2 });
  const good = await open();
  await open();
  await until(() => collector.counters()["connections"] === 2);
  const refused = await open();
  refused.resume();
  await once(refused, "close");
  good.write(whole);
  await until(() => seen.length === 1);
  expect(collector.counters()).toMatchObject({ connections: 2, connectionsRefused: 1 });
  expect(problems).toEqual(["Connection refused: 2 connections are open already"]);
});

test("createTcpCollector() says that an address is in use", async () => {
  const { address } = await setUp();
  const second = createTcpCollector({ listen: address, onBatch() {}, onProblem() {} });
  const message = `Cannot listen on ${address}: address already in use`;
  await expect(second.start()).rejects.toThrow(
    expect.objectContaining({ code: "in-use", message }),
  );
});

test("stop() delivers the whole Messages of open connections and ends them", async () => {
  const { collector, seen, problems, open } = await setUp();
  const sockets = [await open(), await open(), await open()];
  for (const socket of sockets) {
    await new Promise((resolve) =>
      socket.write(Buffer.concat([stream, whole.subarray(0, 9)]), resolve),
    );
    socket.resume();
  }
  const closed = sockets.map((socket) => once(socket, "close"));
  await collector.stop();
  await Promise.all(closed);
  expect(seen.length).toBe(3 * 185);
  expect(collector.counters()).toMatchObject({ records: 3 * 185, peers: 0, connections: 3 });
  expect(problems.length).toBeLessThanOrEqual(3);
});
