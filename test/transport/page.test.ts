import { execFileSync } from "node:child_process";
import {
  appendFileSync,
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { seekRecord } from "../../src/transport/reading/file-index.ts";
import { readPage } from "../../src/transport/reading/page.ts";
import { temporaryFolder } from "../support/folder.ts";
import { fixedBatch, messagesOf, variableBatch } from "../support/network.ts";

/** Records of the file at hand: their number is in `octetDeltaCount`. */
const count = 250_000;
const batches = Array.from({ length: 25 }, (_, i) => fixedBatch(10_000, i * 10_000));
const content = Buffer.concat(messagesOf(batches));

function makeFile(bytes: Uint8Array = content): string {
  const path = join(temporaryFolder(), "flows.ipfix");
  writeFileSync(path, bytes);
  return path;
}

/** Numbers of the records of a page. */
async function numbers(path: string, offset: number, limit: number) {
  const { records, total, damages } = await readPage(path, { offset, limit });
  const counted = records.map((line) => JSON.parse(line).fields.octetDeltaCount as number);
  return { counted, total, damages };
}

const range = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from) }, (_, i) => from + i);

test("readPage() shows any page of a large file, and makes its index once", async () => {
  const path = makeFile();
  for (const offset of [0, 1, 70, 8_191, 100_000, 249_995, count, 10 * count]) {
    const { counted, total } = await numbers(path, offset, 10);
    expect(counted).toEqual(range(offset, Math.min(offset + 10, count)));
    expect(total).toBe(count);
  }
  const made = statSync(`${path}.idx`).mtimeMs;
  await numbers(path, 5, 5);
  expect(statSync(`${path}.idx`).mtimeMs).toBe(made);
});

test("seekRecord() begins close before the record, with all that is in force", async () => {
  const path = makeFile();
  const start = await seekRecord(path, 200_000);
  expect(200_000 - start.records).toBeLessThan(10_000);
  expect(start).toMatchObject({ total: count, setup: [expect.any(Uint8Array)] });
});

test.for([
  ["grew", (path: string) => appendFileSync(path, Buffer.concat(messagesOf([fixedBatch(3)])))],
  [
    "changed within",
    (path: string) => {
      const bytes = readFileSync(path);
      bytes.fill(0, 3_000_000, 3_003_000);
      writeFileSync(path, bytes);
    },
  ],
  [
    "was replaced by a shorter one",
    (path: string) => writeFileSync(path, content.subarray(0, 4_500_000)),
  ],
] as const)("readPage() does not trust the index of a file that %s", async ([, change]) => {
  const path = makeFile();
  await numbers(path, 0, 1);
  change(path);
  const fresh = makeFile(readFileSync(path));
  const [page, wanted] = [await numbers(path, 200_000, 20), await numbers(fresh, 200_000, 20)];
  expect(page).toEqual(wanted);
  expect(page.total).not.toBe(count);
});

test("readPage() trusts no index that only pretends to fit", async () => {
  const path = makeFile();
  await numbers(path, 0, 1);
  const { atime, mtime } = statSync(path);
  const longer = Buffer.concat(messagesOf([variableBatch(2)]));
  const other = Buffer.concat([longer, content]).subarray(0, content.length);
  writeFileSync(path, other);
  utimesSync(path, atime, mtime); // the same size and, but for its last digits, time
  const head = readFileSync(`${path}.idx`, "utf8");
  const { mtimeNs } = statSync(path, { bigint: true });
  expect(head).not.toContain(String(mtimeNs));
  const { records } = await readPage(path, { offset: 150_000, limit: 1 });
  expect(JSON.parse(records[0] ?? "").fields.octetDeltaCount).toBe(
    JSON.parse((await readPage(makeFile(other), { offset: 150_000, limit: 1 })).records[0] ?? "")
      .fields.octetDeltaCount,
  );
});

test("readPage() leaves a file alone that has the name of its index", async () => {
  const path = makeFile();
  writeFileSync(`${path}.idx`, "mine");
  expect((await numbers(path, 1_000, 2)).counted).toEqual([1_000, 1_001]);
  expect(readFileSync(`${path}.idx`, "utf8")).toBe("mine");
  rmSync(`${path}.idx`);
  mkdirSync(`${path}.idx`);
  expect((await numbers(path, 1_000, 2)).counted).toEqual([1_000, 1_001]);
});

test.skipIf(process.getuid?.() === 0)(
  "readPage() does without an index where the folder takes no files",
  async () => {
    const path = makeFile();
    chmodSync(join(path, ".."), 0o555);
    expect((await numbers(path, 1_000, 2)).counted).toEqual([1_000, 1_001]);
    chmodSync(join(path, ".."), 0o755);
  },
);

test("readPage() needs no index for small and compressed files", async () => {
  for (const bytes of [content.subarray(0, 500_000), gzipSync(content, { level: 1 })]) {
    const path = makeFile(bytes);
    expect((await numbers(path, 10_000, 3)).counted).toEqual([10_000, 10_001, 10_002]);
    expect(existsSync(`${path}.idx`)).toBe(false);
  }
});

test("readPage() names damage by its offset in the file, on the page only", async () => {
  const damaged = Buffer.from(content);
  damaged.fill(0xff, 3_000_000, 3_003_000);
  const path = makeFile(damaged);
  const { total } = await readPage(path, { offset: 0, limit: 1 });
  const found: number[] = [];
  for (let offset = 0; offset < total; offset += 25_000) {
    const { records, damages } = await readPage(path, { offset, limit: 25_000 });
    expect(records.length).toBe(Math.min(25_000, total - offset));
    found.push(...damages.map(({ error }) => error.offset));
  }
  expect(found.length).toBeGreaterThan(0);
  for (const offset of found) expect(Math.abs(offset - 3_000_000)).toBeLessThan(5_000);
});

test.skipIf(process.platform === "win32")("seekRecord() leaves a pipe alone", async () => {
  const path = join(temporaryFolder(), "pipe");
  execFileSync("mkfifo", [path]);
  // Opening it would wait for a writer that never comes.
  expect(await seekRecord(path, 100)).toMatchObject({ offset: 0, setup: [] });
});

test("readPage() throws a TransportError for what it cannot open", async () => {
  const page = readPage("/does/not/exist", { offset: 0, limit: 1 });
  await expect(page).rejects.toMatchObject({ name: "TransportError", code: "not-found" });
});
