import { spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { expect, onTestFinished, test } from "vitest";
import { createTransportSession } from "../../src/ipfix/session.ts";
import { program } from "../support/daemon.ts";
import { temporaryFolder } from "../support/folder.ts";
import { createRecorder } from "../support/ipfix.ts";
import { fixedBatch, messagesOf, portOf } from "../support/network.ts";

/** Start a command of the program; what it says comes with its end. */
function start(args: readonly string[], input = new Uint8Array(0)) {
  const child = spawn(process.execPath, [program, ...args]);
  onTestFinished(() => void child.kill("SIGKILL"));
  child.stdin.on("error", () => undefined); // it need not read to the end
  child.stdin.end(input);
  const [out, err] = [text(child.stdout), text(child.stderr)];
  const ended = once(child, "close").then(async ([code]) => ({
    code: code as number | null,
    out: await out,
    err: await err,
  }));
  return { child, ended };
}

/** Start `moonfix collect` on a port of its own and wait until it listens there. */
async function collect(scheme: string, args: readonly string[]) {
  const started = start(["collect", "--listen", `${scheme}://127.0.0.1:0`, ...args]);
  let said = "";
  started.child.stderr.on("data", (chunk: Buffer) => {
    said += chunk.toString();
  });
  while (!said.includes("listening on")) await once(started.child.stderr, "data");
  return { ...started, address: `${scheme}://127.0.0.1:${portOf(said.trim())}` };
}

const sent = Buffer.concat(messagesOf([fixedBatch(500)]));

test.for(["udp", "tcp"])("send and collect carry every record over %s", async (scheme) => {
  const path = join(temporaryFolder(), "out.ipfix");
  const collector = await collect(scheme, ["-o", path, "--count", "500"]);
  const sender = await start(["send", "-", "--to", collector.address], sent).ended;
  // The collector has what it wants and may close before the sender is done.
  expect(sender).toMatchObject({
    code: 0,
    err: expect.stringContaining(`moonfix send: 500 records → ${collector.address}\n`),
  });
  const { code, err } = await collector.ended;
  expect(code).toBe(0);
  expect(err).toContain(`500 records → ${path}`);
  const { onBatch, seen } = createRecorder();
  const session = createTransportSession({ onBatch });
  session.decodeDatagram(readFileSync(path));
  expect(seen).toHaveLength(500);
});

test("collect --rotate names its files by the clock and by count", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "%Y", "flows.ipfix");
  const args = ["-o", path, "--rotate", "1d", "--rotate", "100 kB", "--count", "20000"];
  const collector = await collect("tcp", args);
  const many = Buffer.concat(messagesOf([fixedBatch(20_000)]));
  await start(["send", "-", "--to", collector.address], many).ended;
  expect(await collector.ended).toMatchObject({ code: 0 });
  const year = join(folder, String(new Date().getUTCFullYear()));
  const { onBatch, seen } = createRecorder();
  const names = readdirSync(year).sort();
  expect(names.slice(0, 2)).toEqual(["flows.ipfix", "flows_0001.ipfix"]);
  for (const name of names) {
    createTransportSession({ onBatch }).decodeDatagram(readFileSync(join(year, name)));
  }
  expect(seen).toHaveLength(20_000);
});

test("collect shows records as lines, no more than --count says", async () => {
  const collector = await collect("udp", ["--count", "20"]);
  await start(["send", "-", "--to", collector.address], sent).ended;
  const { code, out, err } = await collector.ended;
  expect(code).toBe(0);
  const lines = out.trimEnd().split("\n");
  expect(lines).toHaveLength(20);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ kind: "data", template: 256 });
  expect(err).toContain("20 records");
});

test("collect ends well when it is told to end", async () => {
  const collector = await collect("udp", []);
  collector.child.kill("SIGINT");
  expect(await collector.ended).toMatchObject({ code: 0, out: "" });
});

test("send says that nobody takes what it sends", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  const { child, ended } = start(["send", "-", "--to", `tcp://127.0.0.1:${port}`], sent);
  setTimeout(() => child.kill("SIGINT"), 1_000); // it would try for ten seconds
  const { code, err } = await ended;
  expect(code).toBe(130);
  expect(err).toContain("refused");
});

test.for([
  ["send", "a.ipfix"],
  ["send", "a.ipfix", "--to", "file:b.ipfix"],
  ["send", "a.ipfix", "--to", "udp://127.0.0.1:1", "--rate", "fast"],
  ["collect"],
  ["collect", "--listen", "http://127.0.0.1:1"],
  ["collect", "--listen", "udp://127.0.0.1:1", "-o", "%Q", "--rotate", "1h"],
  ["collect", "--listen", "udp://127.0.0.1:1", "-o", "x", "--rotate", "daily"],
])("wrong use is told with exit code 2: %s %s", async (args) => {
  const { code, err } = await start(args).ended;
  expect([code, err.trim().split("\n").length > 0]).toEqual([2, true]);
  expect(err).toMatch(/Cannot|expected/);
});
