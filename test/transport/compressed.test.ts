import { execFileSync } from "node:child_process";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TransportError } from "../../src/errors.ts";
import { readInput } from "../../src/transport/reading/input.ts";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { createRecordingSession } from "../support/ipfix.ts";
import { fixedBatch, messagesOf, variableBatch } from "../support/network.ts";
import { hasProgram } from "../support/programs.ts";
import { zstdBomb, zstdFrame } from "../support/zstd.ts";

const messages = messagesOf([fixedBatch(200), variableBatch(200)]);
const content = Buffer.concat(messages);

/** A stream that brings `bytes` in pieces. */
function stream(bytes: Uint8Array, size = 131_072): Readable {
  const pieces = function* () {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  };
  return Readable.from(pieces(), { objectMode: false });
}

/** Records of a compressed file, and why reading it stopped. */
async function read(bytes: Uint8Array, size?: number) {
  const { session, seen } = createRecordingSession();
  try {
    const { damages } = await readIpfixFile(stream(bytes, size), { session });
    return { records: seen.length, damages, error: undefined };
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
    return { records: seen.length, damages: 0, error: error.message };
  }
}

const packers = {
  gzip: (bytes: Uint8Array): Uint8Array => gzipSync(bytes, { level: 0 }),
  Zstandard: (bytes: Uint8Array) => zstdFrame(bytes),
} as const;
const kinds = Object.entries(packers);

test.for(kinds)("readIpfixFile() reads %s in pieces of any size", async ([, pack]) => {
  for (const size of [1, 7, 1_000, 100_000]) {
    expect(await read(pack(content), size)).toEqual({ records: 400, damages: 0, error: undefined });
  }
});

test.for(kinds)("readIpfixFile() reads several members of %s as one file", async ([, pack]) => {
  const half = Math.floor(content.length / 2); // within a Message
  const parts = [content.subarray(0, half), new Uint8Array(0), content.subarray(half)];
  const joined = Buffer.concat(parts.map((part) => pack(part)));
  for (const size of [3, 100_000]) {
    expect(await read(joined, size)).toEqual({ records: 400, damages: 0, error: undefined });
  }
});

test.for(kinds)("readIpfixFile() keeps what comes before %s is cut", async ([, pack]) => {
  const packed = pack(content);
  const step = Math.ceil(packed.length / 200);
  let most = 0;
  for (let cut = 11; cut < packed.length; cut += step) {
    const { records, error } = await read(packed.subarray(0, cut));
    expect(error).toMatch(/^Cannot decompress the input: unexpected end of file/);
    expect(records).toBeGreaterThanOrEqual(most);
    most = records;
  }
  expect(most).toBeGreaterThan(300);
});

test.for(kinds)("readIpfixFile() survives %s changed anywhere", async ([, pack]) => {
  const packed = pack(content);
  const change = fc.tuple(fc.nat(packed.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = Buffer.from(packed);
      for (const [at, octet] of changes) bytes[at] = octet;
      const { records } = await read(bytes);
      expect(records).toBeLessThanOrEqual(60_000);
    }),
    { numRuns: 300 },
  );
});

test("readInput() skips what Zstandard has for others", async () => {
  const skipped = Uint8Array.of(0x53, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3);
  const empty = Uint8Array.of(0x50, 0x2a, 0x4d, 0x18, 0, 0, 0, 0);
  const bytes = Buffer.concat([zstdFrame(content), skipped, empty, zstdFrame(content)]);
  expect(await read(bytes, 5)).toMatchObject({ records: 800, error: undefined });
});

test.for([
  ["a window of gigabytes", [0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8], /window of 2147483648 octets/],
  [
    "a content of terabytes in one piece",
    [0x28, 0xb5, 0x2f, 0xfd, 0xe0, 0, 0, 0, 0, 0, 1, 0, 0],
    /window of 1099511627776 octets/,
  ],
  ["a reserved block", [0x28, 0xb5, 0x2f, 0xfd, 0, 0x38, 7, 0, 0], /a block that is none/],
  ["a block of 2 MiB", [0x28, 0xb5, 0x2f, 0xfd, 0, 0x38, 3, 0, 0xff, 0], /a block that is none/],
  ["garbage behind a frame", [...zstdFrame(new Uint8Array(5)), 1, 2, 3, 4], /no frame where one/],
] as const)("readInput() refuses Zstandard with %s", async ([, octets, message]) => {
  expect((await read(Uint8Array.from(octets))).error).toMatch(message);
});

/** Read a bomb block by block; returns how many octets came and the largest piece. */
async function defuse(bytes: Uint8Array) {
  let total = 0;
  let largest = 0;
  let heldBytes = 0;
  for await (const block of readInput(stream(bytes))) {
    total += block.length;
    largest = Math.max(largest, block.length);
    heldBytes = Math.max(heldBytes, process.memoryUsage().arrayBuffers);
  }
  return { total, largest, heldBytes };
}

test.for([
  ["gzip", () => gzipSync(Buffer.alloc(500_000_000)), 500_000_000],
  ["Zstandard", () => zstdBomb(4_000, 0), 4_000 * 131_072],
] as const)("readInput() reads a bomb of %s in pieces, within bounds", async ([, make, size]) => {
  const bomb = make();
  expect(bomb.length).toBeLessThan(600_000);
  const before = process.memoryUsage().arrayBuffers;
  const { total, largest, heldBytes } = await defuse(bomb);
  expect(total).toBe(size);
  expect(largest).toBeLessThanOrEqual(131_072);
  expect(heldBytes - before).toBeLessThan(200_000_000);
});

const [hasZstd, hasGzip] = [hasProgram("zstd"), hasProgram("gzip")];

test.skipIf(!hasZstd)(
  "readIpfixFile() reads what zstd packs, at each level (needs zstd)",
  async () => {
    for (const level of ["-1", "-9", "-19"]) {
      const packed = execFileSync("zstd", ["-q", "-c", level], { input: content });
      expect(await read(packed, 500)).toMatchObject({ records: 400, error: undefined });
      const twice = Buffer.concat([packed, packed]);
      expect(await read(twice)).toMatchObject({ records: 800, error: undefined });
      const { error } = await read(packed.subarray(0, -6));
      expect(error).toMatch(/^Cannot decompress the input: /);
    }
  },
);

test.skipIf(!hasGzip)("readIpfixFile() reads what gzip packs (needs gzip)", async () => {
  const packed = execFileSync("gzip", ["-c"], { input: content });
  expect(await read(Buffer.concat([packed, packed]))).toMatchObject({ records: 800 });
});
