import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { walkSets } from "../../src/ipfix/message.ts";
import { unknownElement } from "../../src/ipfix/registry.ts";
import { createTemplate } from "../../src/ipfix/template.ts";
import type { Rotation } from "../../src/transport/exporting/rotation.ts";
import { createFileExporter } from "../../src/transport/file-exporter.ts";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { readPage } from "../../src/transport/reading/page.ts";
import { temporaryFolder } from "../support/folder.ts";
import { batchOf, createRecordingSession } from "../support/ipfix.ts";
import { balance, fixedBatch, messagesOf, until, variableBatch } from "../support/network.ts";

const hourMs = 3_600_000;
const noon = Date.UTC(2024, 1, 29, 12);

/** An exporter to `pattern` in a new folder, its clock and what it said. */
function open(
  pattern: string,
  {
    rotate = { periodMs: hourMs },
    folder = temporaryFolder(),
    startMs = noon,
    append = true,
  }: { rotate?: Rotation; folder?: string; startMs?: number; append?: boolean } = {},
) {
  const clock = { ms: startMs };
  const problems: string[] = [];
  const exporter = createFileExporter({
    path: join(folder, pattern),
    append,
    rotate,
    now: () => clock.ms,
    onProblem: (message) => problems.push(message),
  });
  return { exporter, clock, folder, problems };
}

/** Records of a whole file that begins with all its Templates. */
async function countRecords(path: string): Promise<number> {
  const { session, seen } = createRecordingSession();
  expect(await readIpfixFile(path, { session })).toMatchObject({ damages: 0, skippedBytes: 0 });
  expect(session.counters()).toMatchObject({ setsWithoutTemplate: 0, recordsLost: 0 });
  return seen.length;
}

/** Records by file, in order of the names. */
async function countAll(folder: string): Promise<Readonly<Record<string, number>>> {
  const names = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  );
  const counts: Record<string, number> = {};
  for (const name of names.sort()) counts[name] = await countRecords(join(folder, name));
  return counts;
}

function expectBalance(exporter: { counters(): Readonly<Record<string, number>> }): void {
  expect(balance(exporter.counters())).toMatchObject({ dropped: 0, queued: 0, unaccounted: 0 });
}

test("createFileExporter() begins a file each hour, in folders it makes", async () => {
  const { exporter, clock, folder, problems } = open("flows/%F/%H.ipfix");
  await exporter.start();
  exporter.write(fixedBatch(10));
  clock.ms += hourMs - 1;
  exporter.write(fixedBatch(20));
  clock.ms += 1;
  exporter.write(fixedBatch(30));
  clock.ms += 11 * hourMs;
  exporter.write(variableBatch(40));
  await exporter.stop();
  expect(await countAll(folder)).toEqual({
    "flows/2024-02-29/12.ipfix": 30,
    "flows/2024-02-29/13.ipfix": 30,
    "flows/2024-03-01/00.ipfix": 40,
  });
  expect(problems).toEqual([]);
  expectBalance(exporter);
});

test("createFileExporter() begins each file with all Templates that it knows", async () => {
  const { exporter, clock, folder } = open("%H.ipfix");
  await exporter.start();
  exporter.write(fixedBatch(1));
  exporter.write(variableBatch(1, { domain: 7 }));
  clock.ms += hourMs;
  exporter.write(fixedBatch(1));
  await exporter.stop();
  const kinds: string[] = [];
  const session = {
    decodeMessage(bytes: Uint8Array) {
      walkSets(bytes, bytes.length, (setId) => kinds.push(`${bytes[15]}: ${setId}`));
    },
  };
  await readIpfixFile(join(folder, "13.ipfix"), { session });
  expect(kinds).toEqual(["0: 2", "7: 2", "0: 256"]);
});

test("createFileExporter() describes the elements of others in each file", async () => {
  const folder = temporaryFolder();
  const latency = {
    ...unknownElement(32_473, 1),
    name: "acmeLatency",
    type: "unsigned32",
  } as const;
  const clock = { ms: noon };
  const exporter = createFileExporter({
    path: join(folder, "%H.ipfix"),
    append: true,
    describeElements: true,
    rotate: { periodMs: hourMs },
    now: () => clock.ms,
    onProblem: (message) => expect.fail(message),
  });
  await exporter.start();
  for (let hour = 0; hour < 2; hour++) {
    exporter.write(batchOf(createTemplate(256, 0, [[latency, 4]]), [Uint8Array.of(0, 0, 0, 7)]));
    clock.ms += hourMs;
  }
  await exporter.stop();
  for (const name of ["12.ipfix", "13.ipfix"]) {
    const { records } = await readPage(join(folder, name), { offset: 0, limit: 10 });
    expect(JSON.parse(records.at(-1) ?? "").fields, name).toEqual({ acmeLatency: 7 });
  }
});

test("createFileExporter() never touches a finished file again", async () => {
  const { exporter, clock, folder } = open("%H.ipfix");
  await exporter.start();
  exporter.write(fixedBatch(10));
  clock.ms += hourMs;
  exporter.write(fixedBatch(10));
  const finished = readFileSync(join(folder, "12.ipfix"));
  clock.ms += 23 * hourMs; // the same name a day later
  exporter.write(fixedBatch(5));
  clock.ms += 24 * hourMs;
  exporter.write(fixedBatch(6));
  await exporter.stop();
  expect(readFileSync(join(folder, "12.ipfix"))).toEqual(finished);
  expect(await countAll(folder)).toEqual({
    "12.ipfix": 10,
    "12_0001.ipfix": 5,
    "12_0002.ipfix": 6,
    "13.ipfix": 10,
  });
});

test("createFileExporter() finishes its file when the hour is over, without a record", async () => {
  const { exporter, clock, folder } = open("%H.ipfix");
  await exporter.start();
  exporter.write(fixedBatch(10));
  clock.ms += hourMs;
  await until(() => exporter.counters()["delivered"] === 10);
  exporter.flush?.();
  clock.ms += 3 * hourMs;
  expect(readdirSync(folder)).toEqual(["12.ipfix"]);
  exporter.write(fixedBatch(1));
  await exporter.stop();
  expect(await countAll(folder)).toEqual({ "12.ipfix": 10, "16.ipfix": 1 });
  expectBalance(exporter);
});

test("createFileExporter() goes on in the file of the hour after a restart", async () => {
  const folder = temporaryFolder();
  const startMs = Date.now(); // files get their times from the system
  const atHour = Math.floor(startMs / hourMs) * hourMs;
  for (let run = 0; run < 3; run++) {
    const { exporter, problems } = open("%s.ipfix", { folder, startMs });
    await exporter.start();
    exporter.write(fixedBatch(10));
    await exporter.stop();
    expect(problems).toEqual([]);
  }
  expect(await countAll(folder)).toEqual({ [`${atHour / 1_000}.ipfix`]: 30 });
});

test("createFileExporter() does not go on in the file of an earlier day", async () => {
  const folder = temporaryFolder();
  const old = Buffer.concat(messagesOf([fixedBatch(3)]));
  writeFileSync(join(folder, "12.ipfix"), old);
  utimesSync(join(folder, "12.ipfix"), noon / 1_000 - 1, noon / 1_000 - 1);
  const { exporter } = open("%H.ipfix", { folder });
  await exporter.start();
  exporter.write(fixedBatch(10));
  await exporter.stop();
  expect(await countAll(folder)).toEqual({ "12.ipfix": 3, "12_0001.ipfix": 10 });
});

test("createFileExporter() begins a further file with append = false", async () => {
  const folder = temporaryFolder();
  for (let run = 0; run < 2; run++) {
    const { exporter } = open("%F.ipfix", { folder, append: false });
    await exporter.start();
    exporter.write(fixedBatch(10));
    await exporter.stop();
  }
  expect(await countAll(folder)).toEqual({ "2024-02-29.ipfix": 10, "2024-02-29_0001.ipfix": 10 });
});

test("createFileExporter() waits for a clock that goes back a little", async () => {
  const { exporter, clock, folder } = open("%H.ipfix");
  await exporter.start();
  clock.ms = noon + hourMs;
  exporter.write(fixedBatch(1));
  clock.ms -= 5;
  exporter.write(fixedBatch(1));
  clock.ms += 5;
  exporter.write(fixedBatch(1));
  await exporter.stop();
  expect(await countAll(folder)).toEqual({ "12.ipfix": 0, "13.ipfix": 3 });
});

test("createFileExporter() follows a clock that jumps by years and back", async () => {
  const { exporter, clock, folder } = open("%Y-%H.ipfix");
  await exporter.start();
  exporter.write(fixedBatch(1));
  clock.ms = Date.UTC(2036, 0, 1, 3);
  exporter.write(fixedBatch(2));
  clock.ms = noon + 60_000;
  exporter.write(fixedBatch(3));
  await exporter.stop();
  expect(await countAll(folder)).toEqual({
    "2024-12.ipfix": 1,
    "2024-12_0001.ipfix": 3,
    "2036-03.ipfix": 2,
  });
});

test("createFileExporter() begins a file once the last one has its size", async () => {
  const { exporter, folder } = open("out.ipfix", { rotate: { bytes: 100_000 } });
  await exporter.start();
  for (let i = 0; i < 100; i++) exporter.write(fixedBatch(500));
  await exporter.stop();
  const counts = await countAll(folder);
  expect(Object.keys(counts).slice(0, 3)).toEqual([
    "out.ipfix",
    "out_0001.ipfix",
    "out_0002.ipfix",
  ]);
  expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(50_000);
  for (const name of Object.keys(counts)) {
    expect(statSync(join(folder, name)).size).toBeLessThan(100_000 + 2 * 65_535);
  }
  expectBalance(exporter);
});

test("createFileExporter() stays in its file while the next one cannot be made", async () => {
  const { exporter, clock, folder, problems } = open("%H/out.ipfix");
  await exporter.start();
  writeFileSync(join(folder, "13"), "in the way of a folder");
  clock.ms += hourMs;
  exporter.write(fixedBatch(10));
  exporter.write(fixedBatch(10));
  expect(problems).toEqual([
    expect.stringMatching(/^Cannot begin the next file of .*%H\/out.ipfix: not a directory$/),
  ]);
  rmSync(join(folder, "13"));
  await until(() => {
    exporter.write(fixedBatch(1));
    return existsSync(join(folder, "13"));
  });
  await exporter.stop();
  const { "12/out.ipfix": before = 0, "13/out.ipfix": after = 0 } = await countAll(folder);
  expect(before).toBeGreaterThanOrEqual(20);
  expect(before + after).toBe(exporter.counters()["records"]);
  expectBalance(exporter);
});

test("createFileExporter() leaves files alone that only look like its own", async () => {
  const folder = temporaryFolder();
  for (const name of ["12_00x1.ipfix", "12_0007.ipfix.gz", "12_7.ipfix"]) {
    mkdirSync(join(folder, name));
  }
  const { exporter } = open("%H.ipfix", { folder });
  await exporter.start();
  exporter.write(fixedBatch(1));
  await exporter.stop();
  expect(await countRecords(join(folder, "12.ipfix"))).toBe(1);
});

test("rotateBy() takes effect with the next record", async () => {
  const { exporter, clock, folder } = open("out.ipfix", { rotate: { periodMs: 24 * hourMs } });
  await exporter.start();
  exporter.write(fixedBatch(1));
  exporter.rotateBy?.({ periodMs: 24 * hourMs });
  exporter.write(fixedBatch(1));
  exporter.rotateBy?.({ periodMs: hourMs });
  exporter.write(fixedBatch(1));
  clock.ms += hourMs;
  exporter.write(fixedBatch(1));
  exporter.rotateBy?.(undefined);
  clock.ms += hourMs;
  exporter.write(fixedBatch(1));
  await exporter.stop();
  expect(await countAll(folder)).toEqual({
    "out.ipfix": 2,
    "out_0001.ipfix": 1,
    "out_0002.ipfix": 2,
  });
});
