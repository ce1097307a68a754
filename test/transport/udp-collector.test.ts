import { spawn } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { createUdpCollector, type UdpCollectorOptions } from "../../src/transport/udp-collector.ts";
import { hostileDatagrams, messageOf } from "../support/hostile.ts";
import { createRecorder } from "../support/ipfix.ts";
import { fixedBatch, messagesOf, portOf, until } from "../support/network.ts";
import { hasProgram } from "../support/programs.ts";

const template = "0002 0010  0100 0002  0008 0004  0001 0004";
const data = "0100 000c 0a000001 00000001";
const whole = messageOf(`${template} ${data}`);

/** A collector on a port of its own, what it saw and said, and a socket to send to it. */
async function setUp(options: Partial<UdpCollectorOptions> = {}) {
  const { onBatch, seen } = createRecorder();
  const problems: string[] = [];
  const onProblem = (message: string) => problems.push(message);
  const listen = "udp://127.0.0.1:0";
  const collector = createUdpCollector({ listen, onBatch, onProblem, ...options });
  const [address = ""] = await collector.start();
  const open = async () => {
    const socket = createSocket(address.includes("[") ? "udp6" : "udp4");
    socket.connect(portOf(address), address.includes("[") ? "::1" : "127.0.0.1");
    await once(socket, "connect");
    onTestFinished(() => {
      socket.close();
    });
    return (bytes: Uint8Array) => socket.send(bytes);
  };
  onTestFinished(() => collector.stop());
  const received = (datagrams: number) =>
    until(() => collector.counters()["datagrams"] === datagrams);
  return { collector, address, seen, problems, open, send: await open(), received };
}

test("createUdpCollector() tells the port that the system chose", async () => {
  const { address } = await setUp();
  expect(address).toMatch(/^udp:\/\/127\.0\.0\.1:[1-9]\d+$/);
});

test("createUdpCollector() listens on IPv6", async () => {
  const { address, send, seen } = await setUp({ listen: "udp://[::1]:0" });
  expect(address).toMatch(/^udp:\/\/\[::1\]:[1-9]\d+$/);
  send(whole);
  await until(() => seen.length === 1);
});

test("createUdpCollector() says that an address is in use", async () => {
  const { address } = await setUp();
  const second = createUdpCollector({ listen: address, onBatch() {}, onProblem() {} });
  const message = `Cannot listen on ${address}: address already in use`;
  await expect(second.start()).rejects.toThrow(
    expect.objectContaining({ code: "in-use", message }),
  );
});

test("createUdpCollector() says that a host is unknown", async () => {
  const listen = "udp://192.0.2.1:4739"; // TEST-NET-1: never an address of this machine
  const collector = createUdpCollector({ listen, onBatch() {}, onProblem() {} });
  const message = `Cannot listen on ${listen}: address not available`;
  await expect(collector.start()).rejects.toThrow(
    expect.objectContaining({ code: "unreachable", message }),
  );
});

test("createUdpCollector() refuses an address of another protocol", () => {
  const options = { listen: "tcp://127.0.0.1:0", onBatch() {}, onProblem() {} };
  expect(() => createUdpCollector(options)).toThrow("by UDP");
});

test.for(hostileDatagrams)("createUdpCollector() survives %s", async ([, bytes, counter]) => {
  const { collector, seen, send, received } = await setUp();
  send(bytes);
  send(whole);
  await received(2);
  expect(seen.at(-1)?.bytes).toBe("0a00000100000001");
  expect(collector.counters()[counter]).toBe(1);
  const { datagrams = 0, malformed = 0, socketErrors } = collector.counters();
  expect({ datagrams, socketErrors }).toEqual({ datagrams: 2, socketErrors: 0 });
  expect(malformed).toBeLessThanOrEqual(1);
});

test("createUdpCollector() counts every datagram, whatever octets it has", async () => {
  const { collector, send, received } = await setUp();
  let sent = 0;
  const octets = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.tuple(fc.nat(whole.length - 1), fc.nat(255)).map(([at, octet]) => whole.with(at, octet)),
  );
  await fc.assert(
    fc.asyncProperty(octets, async (bytes) => {
      send(bytes);
      await received(++sent);
      const { malformed, emptyDatagrams, foreignDatagrams, messages = 0 } = collector.counters();
      const others = [malformed, emptyDatagrams, foreignDatagrams];
      const refused = others.reduce<number>((sum, count) => sum + (count ?? 0), 0);
      expect(messages + refused).toBeGreaterThanOrEqual(sent);
    }),
  );
});

test("createUdpCollector() takes several Messages in a datagram", async () => {
  const { collector, seen, send } = await setUp();
  const second = messageOf(data, { sequence: 1 });
  send(Buffer.concat([whole, second, messageOf(data, { sequence: 2 })]));
  await until(() => seen.length === 3);
  expect(collector.counters()).toMatchObject({ messages: 3, datagrams: 1, sequenceGaps: 0 });
});

test("createUdpCollector() keeps the Templates of each peer apart", async () => {
  const { collector, seen, open, send, received } = await setUp();
  const other = await open();
  send(messageOf(template));
  await received(1);
  other(messageOf(data));
  other(messageOf("0002 000c 0101 0001 0004 0001"));
  await received(3);
  other(messageOf("0101 0006 0611"));
  send(messageOf(data));
  await received(5);
  expect(seen.map(({ bytes }) => bytes).sort()).toEqual(["06", "0a00000100000001", "11"]);
  expect(collector.counters()).toMatchObject({ peers: 2, setsWithoutTemplate: 1 });
});

test("createUdpCollector() forgets the peer silent for longest and keeps its counts", async () => {
  const { collector, problems, open, received } = await setUp({ maximumPeers: 2 });
  const senders = [await open(), await open(), await open()];
  for (const [i, send] of senders.entries()) {
    send(whole);
    await received(i + 1);
  }
  senders[0]?.(messageOf(data, { sequence: 1 }));
  await received(4);
  expect(collector.counters()).toMatchObject({
    peers: 2,
    peersForgotten: 2,
    records: 3,
    messages: 4,
    setsWithoutTemplate: 1,
  });
  expect(problems).toEqual([expect.stringContaining("Templates of 127.0.0.1:")]);
});

test("createUdpCollector() says once per peer that it gets what it cannot translate", async () => {
  const { problems, send, received } = await setUp();
  const netflow = new Uint8Array(24).with(1, 8);
  for (let i = 1; i <= 3; i++) {
    send(netflow);
    await received(i);
  }
  expect(problems).toEqual([
    expect.stringMatching(/^Cannot decode datagrams of 127.0.0.1:\d+: NetFlow v8, expected IPFIX,/),
  ]);
});

test("createUdpCollector() counts gaps in the sequence", async () => {
  const { collector, send, received } = await setUp();
  send(whole);
  await received(1);
  send(messageOf(data, { sequence: 5 }));
  await received(2);
  expect(collector.counters()).toMatchObject({ sequenceGaps: 1, recordsLost: 4, records: 2 });
});

test("createUdpCollector() says when the system cuts its receive buffer", async () => {
  const { problems } = await setUp({ receiveBufferBytes: 1_073_741_824 });
  expect(problems).toEqual([expect.stringContaining("expected 1073741824: bursts may be lost")]);
});

test("stop() delivers what has arrived, counters stay", async () => {
  const { collector, seen, send } = await setUp();
  const messages = messagesOf([fixedBatch(3_000)]);
  for (const message of messages) send(message);
  await collector.stop();
  expect(seen.length).toBe(3_000);
  expect(collector.counters()).toMatchObject({ records: 3_000, kernelDrops: 0, peers: 1 });
  await collector.stop();
});

test.skipIf(process.platform !== "linux").for(["udp://127.0.0.1:0", "udp://[::1]:0"])(
  "counters() tells what the kernel dropped on %s",
  async (listen) => {
    const { collector, seen, send } = await setUp({ listen, receiveBufferBytes: 2_048 });
    const messages = messagesOf([fixedBatch(20_000)]);
    for (const message of messages) send(message);
    await until(() => {
      const { datagrams = 0, kernelDrops = 0 } = collector.counters();
      return datagrams + kernelDrops === messages.length;
    });
    const { records = 0, kernelDrops = 0 } = collector.counters();
    expect(records).toBe(seen.length);
    expect(kernelDrops).toBeGreaterThan(0);
  },
);

const capture = fileURLToPath(new URL("../../examples/captures/sample.pcap", import.meta.url));
const meter = "softflowd";

test.skipIf(!hasProgram(meter))(
  "createUdpCollector() understands softflowd (needs softflowd)",
  async () => {
    const { collector, address, seen } = await setUp();
    const to = `127.0.0.1:${portOf(address)}`;
    const child = spawn(meter, ["-r", capture, "-n", to, "-v", "10", "-d"]);
    child.stdout.resume();
    child.stderr.resume();
    await once(child, "exit");
    await collector.stop();
    expect(seen.length).toBeGreaterThan(10);
    expect(collector.counters()).toMatchObject({ malformed: 0, setsWithoutTemplate: 0, peers: 1 });
  },
);
