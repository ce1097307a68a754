import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";
import { pino } from "pino";
import { expect, onTestFinished, test } from "vitest";
import { type Api, type ApiOptions, createApi } from "../../src/api/server.ts";
import { limits } from "../../src/limits.ts";
import { apiFolder, silent } from "../support/api.ts";
import { fakePool } from "../support/tasks.ts";

/** An API on a free port of the loopback interface. */
async function listening(options: Partial<ApiOptions> = {}): Promise<{ api: Api; url: URL }> {
  const api = createApi({
    host: "127.0.0.1",
    port: 0,
    roots: [apiFolder().root],
    tasks: fakePool().pool,
    logger: silent,
    health: async () => ({}),
    ...options,
  });
  const url = new URL(await api.start());
  return { api, url };
}

async function dial(url: URL, text: string): Promise<Socket> {
  const socket = connect(Number(url.port), "127.0.0.1");
  await once(socket, "connect");
  onTestFinished(() => void socket.destroy());
  if (text !== "") await new Promise((resolve) => socket.write(text, resolve));
  return socket;
}

async function readAll(socket: Socket): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

test("start() resolves with the address, where the API answers", async () => {
  const { api, url } = await listening();
  expect(url.href).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
  const response = await fetch(new URL("/healthz", url));
  expect(response.status).toBe(200);
  expect(await response.json()).toMatchObject({ status: "ok" });
  await api.stop();
  await expect(fetch(new URL("/healthz", url))).rejects.toThrow();
});

test("start() shows the host as it was given", async () => {
  const { api, url } = await listening({ host: "localhost" });
  expect(url.hostname).toBe("localhost");
  expect((await fetch(new URL("/healthz", url))).status).toBe(200);
  await api.stop();
});

test("start() fails as in-use where another program listens", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await once(other, "listening");
  const { port } = other.address() as { port: number };
  await expect(listening({ port })).rejects.toMatchObject({
    name: "TransportError",
    code: "in-use",
    message: `Cannot listen on http://127.0.0.1:${port}: address already in use`,
  });
  other.close();
});

test.for([
  ["192.0.2.1", /^Cannot listen on http:\/\/192\.0\.2\.1:0: not an address of this machine$/],
  ["no.such.host.invalid", /^Cannot listen on http:\/\/no\.such\.host\.invalid:0: /],
] as const)("start() explains why it cannot listen on %s", async ([host, message]) => {
  await expect(listening({ host })).rejects.toMatchObject({
    name: "TransportError",
    message: expect.stringMatching(message),
  });
});

test.for([
  ["a silent connection", ""],
  ["half a request line", "GET /heal"],
  ["half the headers", "GET /healthz HTTP/1.1\r\nHost: localhost\r\n"],
  [
    "half a body",
    "POST /api/export-task HTTP/1.1\r\nHost: localhost\r\ncontent-type: application/json\r\n" +
      'content-length: 1000\r\n\r\n{"pcap_files": ',
  ],
] as const)("stop() takes less than a second in spite of %s", async ([, text]) => {
  const { api, url } = await listening();
  const socket = await dial(url, text);
  const closed = readAll(socket).catch(String);
  await fetch(new URL("/healthz", url)); // then the server has seen the first connection too
  const startedMs = performance.now();
  await api.stop();
  expect(performance.now() - startedMs).toBeLessThan(1_000);
  await closed;
});

test("fifty requests at once are all answered: accepted as far as the queue goes", async () => {
  const { pool } = fakePool({ workers: 2, queue: 15 });
  const { api, url } = await listening({ tasks: pool });
  const answers = await Promise.all(
    Array.from({ length: 50 }, async (_, i) => {
      const body = JSON.stringify({ pcap_files: ["a.pcap"], output_path: `${i}.ipfix` });
      const headers = { "content-type": "application/json" };
      const target = new URL("/api/export-task", url);
      const { status } = await fetch(target, { method: "POST", body, headers });
      return status;
    }),
  );
  expect(answers.filter((status) => status === 202)).toHaveLength(17);
  expect(answers.filter((status) => status === 429)).toHaveLength(33);
  expect(pool.list()).toHaveLength(17);
  await api.stop();
  await pool.stop(1_000);
});

test("stop() lets a running request finish", async () => {
  let begin = () => undefined as unknown;
  const begun = new Promise((resolve) => {
    begin = () => resolve(undefined);
  });
  let tell: (health: object) => void = () => undefined;
  const health = () => {
    begin();
    return new Promise<object>((resolve) => {
      tell = resolve;
    });
  };
  const { api, url } = await listening({ health });
  const response = fetch(new URL("/healthz", url));
  await begun;
  const stopped = api.stop();
  tell({ late: true });
  expect(await (await response).json()).toMatchObject({ late: true });
  await stopped;
});

test("stop() a second time does nothing", async () => {
  const { api } = await listening();
  await api.stop();
  await api.stop();
});

test("GET /healthz is 503 when the engine does not answer in time", async () => {
  const { api, url } = await listening({ health: () => new Promise(() => undefined) });
  const startedMs = performance.now();
  const response = await fetch(new URL("/healthz", url));
  expect(performance.now() - startedMs).toBeLessThan(limits.apiHealthMs + 1_000);
  expect(response.status).toBe(503);
  expect(await response.json()).toMatchObject({ code: "unhealthy" });
  await api.stop();
});

test.for([
  ["what is not HTTP", "\x16\x03\x01\x00\r\n\r\n", 400, "bad-request"],
  [
    "two lengths",
    "GET / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    400,
    "bad-request",
  ],
  ["no Host header", "GET /healthz HTTP/1.1\r\nconnection: close\r\n\r\n", 400, undefined],
  [
    "large headers",
    `GET / HTTP/1.1\r\nHost: localhost\r\nx: ${"y".repeat(20_000)}\r\n\r\n`,
    431,
    "headers-too-large",
  ],
] as const)("%s is answered and the connection closed", async ([, text, status, code]) => {
  const { api, url } = await listening();
  const answer = await readAll(await dial(url, text));
  const [head = "", body = ""] = answer.split("\r\n\r\n");
  expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  if (code !== undefined) {
    expect(head).toContain("application/problem+json");
    expect(JSON.parse(body)).toMatchObject({ status, code });
  }
  await api.stop();
});

test("requests are logged at debug level, one line each", async () => {
  const lines: { msg: string; level: number }[] = [];
  const logger = pino(
    { level: "debug" },
    { write: (line: string) => lines.push(JSON.parse(line)) },
  );
  const { api, url } = await listening({ logger });
  await fetch(new URL("/healthz", url));
  await fetch(new URL("/no/route", url));
  await api.stop();
  expect(lines.filter(({ msg }) => msg === "request answered")).toMatchObject([
    { level: 20, method: "GET", url: "/healthz", status: 200 },
    { level: 20, method: "GET", url: "/no/route", status: 404 },
  ]);
  expect(lines.filter(({ level }) => level > 20)).toEqual([]);
});
