import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createFileExporter } from "../../src/transport/file-exporter.ts";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { createRecorder, createRecordingSession, templateOf } from "../support/ipfix.ts";
import { balance, fixedBatch, messagesOf, until, variableBatch } from "../support/network.ts";
import { hasProgram } from "../support/programs.ts";

const original = Buffer.concat(messagesOf([fixedBatch(100), variableBatch(100)]));

function expectNoProblem(message: string): void {
  expect.fail(message);
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "moonfix-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return folder;
}

test("createFileExporter() appends to what earlier ones wrote", async () => {
  const path = join(temporaryFolder(), "var", "flows", "out.ipfix");
  const wanted = createRecorder();
  for (let run = 0; run < 3; run++) {
    const exporter = createFileExporter({ path, append: true, onProblem: expectNoProblem });
    expect(await exporter.start()).toBe(`file:${path}`);
    for (const batch of [fixedBatch(4_000), variableBatch(1_000, { domain: 7 })]) {
      exporter.write(batch);
      wanted.onBatch(batch);
    }
    await exporter.stop();
    const counts = balance(exporter.counters());
    expect(counts).toMatchObject({ delivered: 5_000, queued: 0, unaccounted: 0 });
  }
  const { session, seen } = createRecordingSession();
  const result = await readIpfixFile(path, { session });
  expect(result).toMatchObject({ damages: 0, skippedBytes: 0 });
  expect(seen).toEqual(wanted.seen);
});

/** The records of a file, which must have no damage and no more gaps than expected. */
async function readAll(path: string, maximumGaps = 0) {
  const { session, seen } = createRecordingSession();
  const result = await readIpfixFile(path, { session });
  expect(result).toMatchObject({ damages: 0, skippedBytes: 0 });
  expect(session.counters()).toMatchObject({ setsWithoutTemplate: 0, messagesDisordered: 0 });
  expect(session.counters()["sequenceGaps"]).toBeLessThanOrEqual(maximumGaps);
  return seen;
}

/** Export to `path` and stop; returns what the exporter said. */
async function exportTo(path: string, append: boolean, batches = [fixedBatch(10)]) {
  const problems: string[] = [];
  const onProblem = (message: string) => problems.push(message);
  const exporter = createFileExporter({ path, append, onProblem });
  await exporter.start();
  for (const batch of batches) exporter.write(batch);
  await exporter.stop();
  return problems;
}

test("createFileExporter() writes within a second and shows whole Messages all the time", async () => {
  const path = join(temporaryFolder(), "out.ipfix");
  const exporter = createFileExporter({ path, append: true, onProblem: expectNoProblem });
  await exporter.start();
  const startMs = performance.now();
  exporter.write(fixedBatch(10));
  expect(balance(exporter.counters())).toMatchObject({ queued: 10, unaccounted: 0 });
  await until(() => exporter.counters()["delivered"] === 10);
  expect(performance.now() - startMs).toBeLessThan(1_500);
  expect((await readAll(path)).length).toBe(10);
  await exporter.stop();
});

test("createFileExporter() cuts off what a crash left, at every byte", async () => {
  const path = join(temporaryFolder(), "out.ipfix");
  const last = messagesOf([fixedBatch(1)])[0] ?? new Uint8Array();
  for (let cut = 1; cut < last.length; cut++) {
    writeFileSync(path, Buffer.concat([original, last.subarray(0, cut)]));
    expect(await exportTo(path, true)).toEqual([
      `Cut ${cut} octets of an unfinished Message off the end of ${path}`,
    ]);
    expect((await readAll(path)).length).toBe(210);
  }
});

test("createFileExporter() cuts off the zeros of a system that crashed", async () => {
  const path = join(temporaryFolder(), "out.ipfix");
  writeFileSync(path, Buffer.concat([original, new Uint8Array(300_000)]));
  expect(await exportTo(path, true)).toEqual([expect.stringContaining("Cut 300000 octets")]);
  expect((await readAll(path)).length).toBe(210);
});

test.for([
  ["a text", Buffer.from("# my notes\n"), "not an IPFIX file"],
  ["one octet", Buffer.from("x"), "not an IPFIX file"],
  ["zeros", Buffer.alloc(100), "not an IPFIX file"],
  ["another version", Buffer.from("00090010", "hex"), "not an IPFIX file"],
  [
    "a text after Messages",
    Buffer.concat([original, Buffer.from("ab")]),
    `damaged at byte ${original.length}`,
  ],
] as const)("createFileExporter() refuses to append to %s", async ([, content, state]) => {
  const path = join(temporaryFolder(), "out.ipfix");
  writeFileSync(path, content);
  const exporter = createFileExporter({ path, append: true, onProblem: expectNoProblem });
  const message = `Cannot append to ${path}: ${state}, expected IPFIX Messages`;
  await expect(exporter.start()).rejects.toThrow(expect.objectContaining({ message }));
  expect(readFileSync(path)).toEqual(content);
  exporter.write(fixedBatch(2));
  await exporter.stop();
  expect(balance(exporter.counters())).toMatchObject({ dropped: 2, unaccounted: 0 });
});

test("createFileExporter() refuses a folder", async () => {
  const path = temporaryFolder();
  for (const append of [true, false]) {
    const exporter = createFileExporter({ path, append, onProblem: expectNoProblem });
    await expect(exporter.start()).rejects.toThrow(
      /^Cannot (open .*directory|replace .*not an IPFIX file)/,
    );
  }
  expect(readdirSync(path)).toEqual([]);
});

test("createFileExporter() keeps the ids of Templates that a file has", async () => {
  const path = join(temporaryFolder(), "out.ipfix");
  await exportTo(path, true);
  const other = { ...fixedBatch(0), template: templateOf(256, ["octetDeltaCount"]) };
  const batch = { ...other, bytes: new Uint8Array(8), offsets: Uint32Array.of(0, 8), count: 1 };
  for (let run = 0; run < 3; run++) await exportTo(path, true, [batch, fixedBatch(1)]);
  const seen = await readAll(path);
  const ids = new Set(seen.map(({ template, signature }) => `${template} ${signature}`));
  expect([...ids]).toEqual(["256 0|0/8:4,0/1:8,0/2:8", "257 0|0/1:8"]);
});

test("createFileExporter() takes the place of a file unless it appends", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "out.ipfix");
  writeFileSync(path, original);
  expect(await exportTo(path, false)).toEqual([]);
  expect((await readAll(path)).length).toBe(10);
  expect(readdirSync(folder)).toEqual(["out.ipfix"]);
});

test("createFileExporter() never takes the place of what is no IPFIX file", async () => {
  const path = join(temporaryFolder(), "conf.lua");
  writeFileSync(path, "-- mine");
  await expect(exportTo(path, false)).rejects.toThrow(/not an IPFIX file, expected one or nothing/);
  expect(readFileSync(path, "utf8")).toBe("-- mine");
});

test("createFileExporter() lets one exporter write a file, whatever it is called", async () => {
  const folder = temporaryFolder();
  const path = join(folder, "out.ipfix");
  const exporter = createFileExporter({ path, append: true, onProblem: expectNoProblem });
  await exporter.start();
  symlinkSync("out.ipfix", join(folder, "link"));
  await expect(exportTo(join(folder, "link"), true)).rejects.toThrow(/another exporter writes/);
  await exporter.stop();
  expect(await exportTo(join(folder, "link"), true)).toEqual([]);
});

test.for([
  ["moved", (path: string) => renameSync(path, `${path}.1`)],
  ["removed", (path: string) => unlinkSync(path)],
] as const)("createFileExporter() makes its file anew when it is %s", async ([, take]) => {
  const path = join(temporaryFolder(), "out.ipfix");
  const problems: string[] = [];
  const onProblem = (message: string) => problems.push(message);
  const exporter = createFileExporter({ path, append: true, onProblem });
  await exporter.start();
  exporter.write(fixedBatch(10));
  exporter.flush?.();
  take(path);
  await until(() => {
    exporter.write(fixedBatch(1));
    exporter.flush?.();
    return existsSync(path) && problems.length > 0;
  });
  exporter.write(fixedBatch(5));
  await exporter.stop();
  expect((await readAll(path)).length).toBeGreaterThanOrEqual(5);
  expect(problems).toEqual([`${path} was moved or removed; a new file has taken its place`]);
  expect(balance(exporter.counters())).toMatchObject({ unaccounted: 0 });
});

test("createFileExporter() refuses a path in a folder that takes no folders", async () => {
  await expect(exportTo("/proc/moonfix/out.ipfix", true)).rejects.toThrow(/^Cannot open/);
});

const exporterUrl = new URL("../../dist/transport/file-exporter.js", import.meta.url);
const batchUrl = new URL("../../dist/ipfix/template.js", import.meta.url);
const registryUrl = new URL("../../dist/ipfix/registry.js", import.meta.url);

/** A program that exports batches of 500 records of 8 octets until `stop` is true. */
function program(stop: string): string {
  return `
    import { createFileExporter } from ${JSON.stringify(exporterUrl.href)};
    import { createTemplate } from ${JSON.stringify(batchUrl.href)};
    import { elementByName } from ${JSON.stringify(registryUrl.href)};
    const template = createTemplate(256, 0, [[elementByName("octetDeltaCount"), 8]]);
    const offsets = Uint32Array.from({ length: 501 }, (_, i) => 8 * i);
    const batch = { domain: 0, exportTime: 1, template, templates: () => undefined,
      bytes: new Uint8Array(4_000).fill(7), offsets, count: 500 };
    const problems = [];
    const onProblem = (message) => problems.push(message);
    const exporter = createFileExporter({ path: process.argv[1], append: true, onProblem });
    await exporter.start();
    for (let i = 0; ; i++) {
      exporter.write(batch);
      if (${stop}) break;
      if (i % 10 === 0) await new Promise(setImmediate);
    }
    await exporter.stop();
    console.log(JSON.stringify({ counts: exporter.counters(), problems }));
  `;
}

test("createFileExporter() loses at most the Message in hand when it is killed", async () => {
  const path = join(temporaryFolder(), "out.ipfix");
  const child = spawn(process.execPath, ["--input-type=module", "-e", program("false"), path]);
  const exited = once(child, "exit");
  await until(() => existsSync(path) && statSync(path).size > 1_000_000);
  child.kill("SIGKILL");
  await exited;
  // Linux ends a write of several pages between two of them when its process is killed.
  const { session, seen } = createRecordingSession();
  const { damages, skippedBytes } = await readIpfixFile(path, { session });
  expect(damages).toBeLessThanOrEqual(1);
  expect(skippedBytes).toBeLessThan(65_536);
  expect(seen.length).toBeGreaterThan(100_000);
  expect((await exportTo(path, true)).length).toBe(damages);
  expect((await readAll(path)).length).toBe(seen.length + 10);
});

test.skipIf(process.platform === "win32")(
  "createFileExporter() goes on when the system takes no more, and accounts for all",
  async () => {
    const path = join(temporaryFolder(), "out.ipfix");
    const limited = "trap '' XFSZ; ulimit -f 200; exec \"$@\"";
    const node = [process.execPath, "--input-type=module", "-e", program("i === 300"), path];
    const { stdout } = spawnSync("bash", ["-c", limited, "bash", ...node], { encoding: "utf8" });
    const { counts, problems } = JSON.parse(stdout);
    expect(problems).toEqual([`Cannot write ${path}: file too large; records dropped`]);
    const { delivered, unaccounted, dropped, queued } = balance(counts);
    expect({ unaccounted, queued }).toEqual({ unaccounted: 0, queued: 0 });
    expect(dropped).toBeGreaterThan(0);
    expect((await readAll(path, counts.writeErrors)).length).toBe(delivered);
  },
);

const peers = { dump: "ipfixDump", shark: "tshark" } as const;
const hasPeers = Object.values(peers).every(hasProgram);

test.skipIf(!hasPeers)(
  "ipfixDump and tshark read what several runs appended (needs them)",
  async () => {
    const path = join(temporaryFolder(), "out.ipfix");
    for (let run = 0; run < 3; run++) {
      await exportTo(path, true, [fixedBatch(100), variableBatch(50, { domain: 7 })]);
      appendFileSync(path, original.subarray(0, 100 * run));
    }
    await exportTo(path, true);
    const dump = spawnSync(peers.dump, ["-i", path], { encoding: "utf8" });
    expect(dump.stderr).toBe("");
    expect(dump.stdout).toMatch(/ 460 Data Records/);
    const tree = execFileSync(peers.shark, ["-r", path, "-V"], { encoding: "utf8", stdio: "pipe" });
    expect(tree).not.toMatch(/Malformed|Expert Info|no template/i);
  },
);
