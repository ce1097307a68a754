import { writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { temporaryFolder } from "../support/folder.ts";
import { hex } from "../support/hex.ts";
import { createRecordingSession } from "../support/ipfix.ts";

const template = "000a0020 00000001 00000000 00000000  0002 0010 0100 0002 0008 0004 0001 0004";
const data = "000a001c 00000001 00000000 00000000  0100 000c 0a000001 00000001";
const broken = "000a001c 00000001 00000000 00000000  0100 0fff 0a000001 00000001";

async function read(bytes: Uint8Array) {
  const { session, seen } = createRecordingSession();
  const result = await readIpfixFile(Readable.from([bytes], { objectMode: false }), { session });
  return { ...result, records: seen.length };
}

test("readIpfixFile() reads a path in blocks and reports its progress", async () => {
  const path = join(temporaryFolder(), "a.ipfix");
  const many = 10_000;
  writeFileSync(path, hex(template + data.repeat(many)));
  const { session, seen } = createRecordingSession();
  const progress: number[] = [];
  const result = await readIpfixFile(path, {
    session,
    onProgress: (bytes) => {
      progress.push(bytes);
    },
  });
  expect(result).toMatchObject({ messages: many + 1, bytes: 32 + 28 * many, damages: 0 });
  expect(seen.length).toBe(many);
  expect(progress).toEqual([131_072, 262_144, 32 + 28 * many]);
});

test("readIpfixFile() delivers what is whole and names the offset of the damage", async () => {
  expect(await read(hex(template + data + broken + data))).toMatchObject({
    messages: 3,
    records: 2,
    damages: 1,
    damage: { code: "bad-length", offset: 76 },
  });
  expect(await read(hex(template + data + data).subarray(0, -1))).toMatchObject({
    messages: 2,
    records: 1,
    damage: { code: "truncated", offset: 60 },
  });
});

test("readIpfixFile() reads a file compressed with gzip, from a path and a stream", async () => {
  const compressed = gzipSync(hex(template + data.repeat(10_000)), { level: 0 });
  expect(await read(compressed)).toMatchObject({ messages: 10_001, bytes: 280_032, damages: 0 });
  const path = join(temporaryFolder(), "a.ipfix.gz");
  writeFileSync(path, compressed);
  const { session, seen } = createRecordingSession();
  await readIpfixFile(path, { session });
  expect(seen.length).toBe(10_000);
  await expect(read(compressed.subarray(0, -9))).rejects.toMatchObject({ name: "TransportError" });
});

test("readIpfixFile() reads an empty file as no Messages without damage", async () => {
  expect(await read(new Uint8Array(0))).toMatchObject({ messages: 0, damages: 0 });
});

test("readIpfixFile() throws a TransportError for what it cannot open or read", async () => {
  const { session } = createRecordingSession();
  await expect(readIpfixFile("/does/not/exist", { session })).rejects.toMatchObject({
    name: "TransportError",
    code: "not-found",
  });
  await expect(readIpfixFile(tmpdir(), { session })).rejects.toMatchObject({
    name: "TransportError",
  });
});

test("readIpfixFile() stops when its signal says so", async () => {
  const { session } = createRecordingSession();
  const signal = AbortSignal.abort();
  const input = Readable.from([hex(template)], { objectMode: false });
  await expect(readIpfixFile(input, { session, signal })).rejects.toThrow(/abort/i);
});
