import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../../../src/errors.ts";
import {
  decodeFileIndex,
  encodeFileIndex,
  FileIndexer,
  findCheckpoint,
  isCheckpoint,
} from "../../../src/ipfix/files/file-index.ts";
import { createJsonLines } from "../../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../../src/ipfix/format/lines.ts";
import { RecordWindow } from "../../../src/ipfix/format/window.ts";
import { createMessageStream } from "../../../src/ipfix/message-stream.ts";
import { hex } from "../../support/hex.ts";
import { fixedBatch, messagesOf, variableBatch } from "../../support/network.ts";
import { shared } from "../../support/shared.ts";

interface Whole {
  readonly offset: number;
  readonly bytes: Uint8Array;
}

/** The Messages of a file. */
function cut(file: Uint8Array): Whole[] {
  const whole: Whole[] = [];
  const onMessage = (bytes: Uint8Array, offset: number) => whole.push({ offset, bytes });
  const stream = createMessageStream({ onMessage, onDamage: () => undefined });
  stream.push(file);
  stream.end();
  return whole;
}

/** Call `decode`, whose damage is of no interest. */
function attempt(decode: () => void): void {
  try {
    decode();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
}

function indexOf(whole: readonly Whole[], stride = { records: 1, bytes: 1 }) {
  const indexer = new FileIndexer(stride);
  for (const { bytes, offset } of whole) attempt(() => indexer.decodeMessage(bytes, offset));
  return indexer.finish();
}

/** Lines of all records from a checkpoint on, or from the beginning. */
function linesFrom(whole: readonly Whole[], setup: readonly number[], offset: number): string[] {
  const lines: string[] = [];
  const window = new RecordWindow({ skip: 0, limit: Number.POSITIVE_INFINITY });
  const { batch } = createJsonLines();
  const session = createLines({
    format: window.over({ batch, damage: ({ code }) => code }),
    onLine: (line) => lines.push(line),
    learnElements: true,
  });
  window.closed = true;
  for (const one of whole.filter((each) => each.offset < offset && setup.includes(each.offset))) {
    attempt(() => session.decodeMessage(one.bytes));
  }
  window.closed = false;
  for (const one of whole.filter((each) => each.offset >= offset)) {
    attempt(() => session.decodeMessage(one.bytes));
  }
  return lines;
}

/** Expect each checkpoint to show what a reader from the beginning sees there. */
function expectSame(whole: readonly Whole[]): number {
  const index = indexOf(whole);
  const all = linesFrom(whole, [], 0);
  expect(index.records).toBe(all.length);
  for (const checkpoint of index.checkpoints) {
    const { offset, records } = checkpoint;
    expect(linesFrom(whole, index.setup, offset)).toEqual(all.slice(records));
    const message = whole.find((one) => one.offset === offset)?.bytes as Uint8Array;
    expect(isCheckpoint(checkpoint, message)).toBe(true);
  }
  return index.checkpoints.length;
}

for (const name of [
  "cesnet-example_flows",
  "yaf-dns-types",
  "yaf-mixed-payload-delta",
  "yaf-mixed",
  "yaf-tls-metadata",
]) {
  const path = shared(`corpus/files/${name}.ipfix`);
  test.skipIf(path === undefined)(`FileIndexer keeps what is in force in ${name}`, () => {
    expectSame(cut(readFileSync(path ?? "")));
  });
}

const header = (length: number) =>
  `000a ${length.toString(16).padStart(4, "0")} 00000001 00000000 00000000`;
const message = (sets: string) => hex(header(16 + hex(sets).length) + sets);
const parts = {
  octets: message("0002 000c 0100 0001 0001 0008"),
  packets: message("0002 000c 0100 0001 0002 0008"),
  short: message("0002 000c 0100 0001 0001 0004"),
  withdrawn: message("0002 0008 0100 0000"),
  data: message("0100 000c 0000000000000001"),
  twice: message("0100 0014 0000000000000001 0000000000000002"),
  other: message("0101 0008 01020304"),
  otherTemplate: message("0002 000c 0101 0001 0008 0004"),
  damaged: message("0100 000c 0000000000000003 0100 0fff"),
} as const;

test("FileIndexer agrees with who reads from the beginning, whatever comes in whatever order", () => {
  const any = fc.array(fc.constantFrom(...Object.values(parts)), { maxLength: 25 });
  let checkpoints = 0;
  fc.assert(
    fc.property(any, (list) => {
      let offset = 0;
      const whole = list.map((bytes) => {
        const one = { offset, bytes };
        offset += bytes.length;
        return one;
      });
      checkpoints += expectSame(whole);
    }),
    { numRuns: 2_000 },
  );
  expect(checkpoints).toBeGreaterThan(1_000);
});

test("FileIndexer makes a checkpoint per stride", () => {
  const whole = cut(Buffer.concat(messagesOf([fixedBatch(10_000)])));
  const { checkpoints } = indexOf(whole, { records: 1_000, bytes: 1e9 });
  expect(checkpoints.length).toBe(9);
  for (const [i, { records }] of checkpoints.entries()) {
    expect(records - (checkpoints[i - 1]?.records ?? 0)).toBeLessThan(1_100);
  }
});

test("findCheckpoint() finds the last one at or before a record", () => {
  const whole = cut(Buffer.concat(messagesOf([fixedBatch(1_000)])));
  const index = indexOf(whole);
  const [first, second] = index.checkpoints;
  expect(findCheckpoint(index, 0)).toBeUndefined();
  expect(findCheckpoint(index, (second?.records ?? 0) - 1)).toEqual(first);
  expect(findCheckpoint(index, second?.records ?? 0)).toEqual(second);
  expect(findCheckpoint(index, 1e9)).toEqual(index.checkpoints.at(-1));
});

const file = { bytes: 1_000_000, modifiedNs: "1700000000123456789" };
const index = indexOf(cut(Buffer.concat(messagesOf([fixedBatch(500), variableBatch(200)]))));
const text = encodeFileIndex(file, index);

test("decodeFileIndex() gives back what was encoded", () => {
  expect(decodeFileIndex(text, file)).toEqual(index);
});

test("decodeFileIndex() refuses the index of another file, or of an earlier state", () => {
  for (const other of [
    { ...file, bytes: 1 },
    { ...file, modifiedNs: "1" },
  ]) {
    expect(() => decodeFileIndex(text, other)).toThrow(/index of another file/);
  }
});

test("decodeFileIndex() refuses what is cut or changed anywhere", () => {
  for (let cutAt = 0; cutAt < text.length; cutAt++) {
    expect(() => decodeFileIndex(text.slice(0, cutAt), file)).toThrow(DecodeError);
  }
  fc.assert(
    fc.property(
      fc.nat(text.length - 1),
      fc.string({ minLength: 1, maxLength: 1 }),
      (at, letter) => {
        const changed = text.slice(0, at) + letter + text.slice(at + 1);
        if (changed !== text) expect(() => decodeFileIndex(changed, file)).toThrow(DecodeError);
      },
    ),
  );
  fc.assert(
    fc.property(fc.string(), (any) => {
      expect(() => decodeFileIndex(any, file)).toThrow(DecodeError);
    }),
  );
});
