import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { expect, onTestFinished, test } from "vitest";
import { createUdpCollector } from "../../src/transport/udp-collector.ts";
import { fixedBatch, messagesOf, portOf, until } from "../support/network.ts";

const noProblem = () => undefined;

/** A collector with a receive buffer that a burst overruns. */
async function startSmall(listen: string) {
  const state = { records: 0 };
  const collector = createUdpCollector({
    listen,
    receiveBufferBytes: 65_536,
    onBatch: ({ count }) => {
      state.records += count;
    },
    onProblem: noProblem,
  });
  const [address = ""] = await collector.start();
  onTestFinished(() => collector.stop());
  return { collector, state, address };
}

async function connectTo(address: string): Promise<Socket> {
  const host = address.includes("[") ? "::1" : "127.0.0.1";
  const socket = createSocket(host === "::1" ? "udp6" : "udp4");
  socket.connect(portOf(address), host);
  await once(socket, "connect");
  onTestFinished(() => {
    socket.close();
  });
  return socket;
}

/** Send all datagrams within one turn: nobody can read in between. */
async function burst(socket: Socket, datagrams: readonly Uint8Array[]): Promise<void> {
  await Promise.all(
    datagrams.map((datagram) => {
      return new Promise<void>((resolve, reject) => {
        socket.send(datagram, (error) => (error ? reject(error) : resolve()));
      });
    }),
  );
}

const messages = messagesOf([fixedBatch(60_000)]);

test.skipIf(process.platform !== "linux").for(["udp://127.0.0.1:0", "udp://[::1]:0"])(
  "a burst at %s is received, or counted as dropped by the kernel and as lost records",
  async (listen) => {
    const { collector, state, address } = await startSmall(listen);
    const socket = await connectTo(address);
    const [first, last] = [messages.slice(0, 1), messages.slice(-1)];
    await burst(socket, first);
    await until(() => state.records > 0);
    await burst(socket, messages.slice(1, -1));
    const { kernelDrops: dropped = 0 } = collector.counters();
    await until(() => (collector.counters()["datagrams"] ?? 0) + dropped === messages.length - 1);
    await burst(socket, last);
    await until(() => (collector.counters()["datagrams"] ?? 0) + dropped === messages.length);
    expect(dropped).toBeGreaterThan(0);
    expect(collector.counters()).toMatchObject({
      kernelDrops: dropped,
      records: state.records,
      recordsLost: 60_000 - state.records,
      malformed: 0,
    });
  },
);

test.skipIf(process.platform !== "linux")(
  "drops of another collector on the same port of another address are not counted",
  async () => {
    const small = await startSmall("udp://127.0.0.1:0");
    const other = await startSmall(`udp://127.0.0.2:${portOf(small.address)}`);
    await burst(await connectTo(small.address), messages);
    expect(small.collector.counters()["kernelDrops"]).toBeGreaterThan(0);
    expect(other.collector.counters()["kernelDrops"]).toBe(0);
    await other.collector.stop();
    const again = await startSmall(`udp://127.0.0.3:${portOf(small.address)}`);
    expect(again.collector.counters()["kernelDrops"]).toBe(0);
  },
);
