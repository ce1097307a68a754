import { createSocket } from "node:dgram";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer } from "node:net";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createFileExporter } from "../../src/transport/file-exporter.ts";
import { readRecords } from "../../src/transport/reading/records.ts";
import { createTcpCollector } from "../../src/transport/tcp-collector.ts";
import { createTcpExporter } from "../../src/transport/tcp-exporter.ts";
import { createUdpCollector } from "../../src/transport/udp-collector.ts";
import { createUdpExporter } from "../../src/transport/udp-exporter.ts";
import { temporaryFolder } from "../support/folder.ts";
import { messageOf } from "../support/hostile.ts";
import { portOf, until } from "../support/network.ts";
import { corpusStreams, messagesIn, type Stream, withoutSequence } from "../support/relay.ts";

/** Also without a corpus: Templates again, one Set after the other, padding. */
const own: Stream = {
  name: "a stream of our own",
  messages: [
    "0002 0010 0100 0002 0008 0004 0001 0004 0100 000c 0a000001 00000001",
    "0100 000f 0a000002 00000002 000000 0100 000c 0a000003 00000003",
    "0002 0010 0100 0002 0008 0004 0001 0004",
    "0100 000c 0a000004 00000004",
  ].map((sets, i) => messageOf(sets, { exportTime: i, domain: 5 })),
};

/** Some streams, the largest and those of other exporters: without Messages that hold nothing. */
const streams = [own, ...corpusStreams()]
  .filter(({ name }) => /own|yaf-tls|yaf-dns|vmware|pmacctd|cisco|cesnet/.test(name))
  .map(({ name, messages }) => ({ name, messages: messages.filter((one) => one.length > 16) }));

function expectNoProblem(message: string): void {
  expect.fail(message);
}

const listen = "127.0.0.1:0";

test.for(streams)("a collector and an exporter pass $name on over UDP", async ({ messages }) => {
  const sink = createSocket("udp4").bind(0, "127.0.0.1");
  await once(sink, "listening");
  const received: Uint8Array[] = [];
  sink.on("message", (message) => received.push(message));
  const to = `udp://127.0.0.1:${sink.address().port}`;
  const exporter = createUdpExporter({ to, maximumBytes: 65_000, onProblem: expectNoProblem });
  await exporter.start();
  const onBatch = exporter.write.bind(exporter);
  const onProblem = expectNoProblem;
  const collector = createUdpCollector({ listen: `udp://${listen}`, onBatch, onProblem });
  const [address] = await collector.start();
  const source = createSocket("udp4");
  for (const [i, message] of messages.entries()) {
    source.send(message, portOf(address), "127.0.0.1");
    await until(() => collector.counters()["messages"] === i + 1);
  }
  source.close();
  await collector.stop();
  await exporter.stop();
  await until(() => received.length === messages.length);
  sink.close();
  expect(withoutSequence(received)).toEqual(withoutSequence(messages));
});

test.for(streams)("a collector and an exporter pass $name on over TCP", async ({ messages }) => {
  const chunks: Buffer[] = [];
  const server = createServer((socket) => socket.on("data", (chunk) => chunks.push(chunk)));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const to = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const exporter = createTcpExporter({ to, onProblem: expectNoProblem });
  await exporter.start();
  const onBatch = exporter.write.bind(exporter);
  const onProblem = expectNoProblem;
  const collector = createTcpCollector({ listen: `tcp://${listen}`, onBatch, onProblem });
  const [address] = await collector.start();
  const source = connect(portOf(address), "127.0.0.1");
  source.end(Buffer.concat(messages));
  await until(() => collector.counters()["messages"] === messages.length);
  await collector.stop();
  await exporter.stop();
  const octets = messages.reduce((sum, { length }) => sum + length, 0);
  await until(() => Buffer.concat(chunks).length === octets);
  server.close();
  expect(withoutSequence(messagesIn(Buffer.concat(chunks)))).toEqual(withoutSequence(messages));
});

test.for(streams)("a reader and an exporter pass $name on as a file", async ({ messages }) => {
  const folder = temporaryFolder();
  const [from, path] = [join(folder, "from"), join(folder, "to")];
  writeFileSync(from, Buffer.concat(messages));
  const exporter = createFileExporter({ path, append: false, onProblem: expectNoProblem });
  await exporter.start();
  await readRecords(from, { onBatch: (batch) => exporter.write(batch) });
  await exporter.stop();
  expect(withoutSequence(messagesIn(readFileSync(path)))).toEqual(withoutSequence(messages));
});
