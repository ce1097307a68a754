import { spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { samplePath } from "../generate/sample-capture.ts";
import { runProgram, startTestDaemon, type TestDaemon } from "../support/daemon.ts";
import { octets, u16, u32 } from "../support/wire.ts";

/** The daemon as its users meet it: a process, a conf.lua that is saved, real exporters. */

let daemon: TestDaemon;
afterEach(() => daemon.remove());

interface JsonRecord {
  readonly kind: string;
  readonly fields: Readonly<Record<string, number | string>>;
}

/** The Data Records of an IPFIX file of the daemon, in order. */
async function recordsOf(file: string): Promise<JsonRecord["fields"][]> {
  const { code, stdout, stderr } = await runProgram(["cat", join(daemon.folder, file)]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as JsonRecord)
    .filter(({ kind }) => kind === "data")
    .map(({ fields }) => fields);
}

const confSource = `
collector "edge" { listen = { "udp://127.0.0.1:0", "tcp://127.0.0.1:0" } }

mediator "doubled" {
  from = "edge",
  each = function(flow)
    if flow.sourceTransportPort == 53 or flow.destinationTransportPort == 53 then return nil end
    flow.octetDeltaCount = flow.octetDeltaCount * 2
    return flow
  end,
}

exporter "raw" { from = "edge", to = "file:raw.ipfix" }
exporter "kept" { from = "doubled", to = "file:kept.ipfix" }
api { listen = "127.0.0.1:0" }
`;

async function port(scheme: "udp" | "tcp"): Promise<number> {
  const [, found] = await daemon.hears(new RegExp(`${scheme}://127\\.0\\.0\\.1:(\\d+)`));
  return Number(found);
}

const softflowd = spawnSync("softflowd", ["-h"]).error === undefined;
if (!softflowd) console.warn("softflowd is not installed: its live test is skipped");

/**
 * Replay the sample capture as IPFIX through softflowd. Without `-c none` it waits now and then for
 * somebody to talk to its control socket before it ends.
 */
function replay(to: number, transport: "udp" | "tcp"): void {
  const target = ["-n", `127.0.0.1:${to}`, "-P", transport];
  const own = ["-p", join(daemon.folder, "pid"), "-c", "none"];
  const args = ["-r", samplePath, "-v", "10", "-d", ...target, ...own];
  expect(spawnSync("softflowd", args, { timeout: 20_000 }).status).toBe(0);
}

test.skipIf(!softflowd)(
  "a mediator drops port 53 and doubles a counter of what softflowd sends over UDP",
  async () => {
    daemon = startTestDaemon(confSource);
    replay(await port("udp"), "udp");
    await untilRecords(278);
    expect(await daemon.stop()).toBe(0);

    const raw = await recordsOf("raw.ipfix");
    const kept = await recordsOf("kept.ipfix");
    const isLookup = (fields: JsonRecord["fields"]) =>
      fields["sourceTransportPort"] === 53 || fields["destinationTransportPort"] === 53;
    expect(raw).toHaveLength(278);
    expect(raw.filter(isLookup).length).toBeGreaterThan(0);
    expect(kept).toEqual(
      raw
        .filter((fields) => !isLookup(fields))
        .map((fields) => ({ ...fields, octetDeltaCount: 2 * Number(fields["octetDeltaCount"]) })),
    );
  },
);

/** Resolves when the exporter `raw` has taken `count` records, as the API tells. */
async function untilRecords(count: number): Promise<void> {
  const [, url] = await daemon.hears(/(http:\/\/127\.0\.0\.1:\d+)/);
  for (;;) {
    const health = (await (await fetch(`${url}/healthz`)).json()) as {
      parts: readonly { word: string; name: string; counters: Record<string, number> }[];
    };
    const raw = health.parts.find(({ word, name }) => word === "exporter" && name === "raw");
    if ((raw?.counters["records"] ?? 0) >= count) return;
  }
}

const recordsPerMessage = 20;

/** Message number `nth` with records whose flowId counts up; the first one brings the Template. */
function message(nth: number): Uint8Array {
  const template = octets(u16(2), u16(20), u16(256), u16(3), ...[148, 8, 7, 2, 1, 8].map(u16));
  const first = nth * recordsPerMessage;
  const records = Array.from({ length: recordsPerMessage }, (_, i) =>
    octets(u32(0), u32(first + i), u16(443), u32(0), u32(1_000)),
  );
  const data = octets(u16(256), u16(4 + 18 * recordsPerMessage), ...records);
  const sets = nth === 0 ? octets(template, data) : data;
  return octets(u16(10), u16(16 + sets.length), u32(1_767_603_600), u32(first), u32(7), sets);
}

/** Send Messages over TCP without a pause until told to end; resolves with how many were sent. */
async function pour(socket: Socket, ended: () => boolean): Promise<number> {
  let nth = 0;
  while (!ended()) {
    if (!socket.write(message(nth++))) await once(socket, "drain");
    else await new Promise((resolve) => setImmediate(resolve));
  }
  socket.end();
  await once(socket, "close");
  return nth * recordsPerMessage;
}

const ids = (records: readonly JsonRecord["fields"][]) =>
  records.map((fields) => Number(fields["flowId"]));

test("conf.lua gains, loses and breaks while records flow: none is lost on TCP", async () => {
  const early = 'exporter "early" { from = "edge", to = "file:early.ipfix" }';
  const late = 'exporter "late" { from = "doubled", to = "file:late.ipfix" }';
  daemon = startTestDaemon(`${confSource}\n${early}`);
  const socket = connect(await port("tcp"), "127.0.0.1");
  await once(socket, "connect");
  let reset: Error | undefined;
  socket.on("error", (error) => {
    reset = error;
  });
  let ended = false;
  const poured = pour(socket, () => ended);

  async function save(source: string, answer: RegExp): Promise<string> {
    await untilRecords(1);
    const from = daemon.said().length;
    daemon.save(source);
    await daemon.hears(answer, from);
    return daemon.said().slice(from);
  }
  expect(await save(`${confSource}\n${early}\n${late}`, /is live/)).toMatch(/\+ exporter late/);
  const refusal = await save(`${confSource}\n${late}\nexporter "x" {{`, /is refused/);
  expect(refusal).toMatch(/conf\.lua:18: /);
  expect(await save(`${confSource}\n${late}`, /is live/)).toMatch(/- exporter early/);
  ended = true;
  const sent = await poured;
  await untilRecords(sent);
  expect(await daemon.stop()).toBe(0);

  expect(reset).toBeUndefined();
  expect(ids(await recordsOf("raw.ipfix"))).toEqual(Array.from({ length: sent }, (_, i) => i));
  const before = ids(await recordsOf("early.ipfix"));
  expect(before).toEqual(Array.from(before, (_, i) => i));
  const after = await recordsOf("late.ipfix");
  expect(ids(after)).toEqual(Array.from(after, (_, i) => sent - after.length + i));
  expect(new Set(after.map((fields) => fields["octetDeltaCount"]))).toEqual(new Set([2_000]));
  // One collector, three exporters and one more: nothing else has ever been started.
  expect(readFileSync(join(daemon.folder, "kept.ipfix")).length).toBeGreaterThan(0);
}, 30_000);

test("a module of conf.lua is live like conf.lua itself, and its mistakes bear its line", async () => {
  const conf = `
local rules = require "site.rules"
collector "edge" { listen = "tcp://127.0.0.1:0" }
mediator "few" { from = "edge", each = rules.keep }
exporter "raw" { from = "few", to = "file:raw.ipfix" }
api { listen = "127.0.0.1:0" }`;
  daemon = startTestDaemon(conf, (folder) => {
    mkdirSync(join(folder, "lua/site"), { recursive: true });
    const first = "return { keep = function(flow) return flow end }";
    writeFileSync(join(folder, "lua/site/rules.lua"), first);
  });
  await daemon.hears(/Next: edit/);

  async function saveModule(source: string, answer: RegExp): Promise<string> {
    const from = daemon.said().length;
    daemon.save(source, "lua/site/rules.lua");
    await daemon.hears(answer, from);
    return daemon.said().slice(from);
  }
  const broken = "return {\n  keep = function(flow) retrun flow end }";
  expect(await saveModule(broken, /is refused/)).toMatch(/Refused lua\/site\/rules\.lua:2: /);
  expect(await saveModule("\nlocal M = {}\nM.x.y = 1", /is refused/)).toMatch(
    /Refused lua\/site\/rules\.lua:3: attempt to index/,
  );
  const changed = "return { keep = function(flow) flow.octetDeltaCount = 7 return flow end }";
  expect(await saveModule(changed, /is live/)).toMatch(/~ mediator few each: new function/);

  const socket = connect(await port("tcp"), "127.0.0.1");
  socket.end(message(0));
  await untilRecords(recordsPerMessage);
  expect(await daemon.stop()).toBe(0);
  const records = await recordsOf("raw.ipfix");
  expect(new Set(records.map((fields) => fields["octetDeltaCount"]))).toEqual(new Set([7]));
});
