import fc from "fast-check";
import { expect, test } from "vitest";
import { createMessageStream } from "../../../src/ipfix/message-stream.ts";
import { hex, unhex } from "../../support/hex.ts";
import { batchOf } from "../../support/ipfix.ts";
import { fixedTemplate, messagesOf, variableBatch } from "../../support/network.ts";

/**
 * Records that do not end with 0: an octet of 0 that is left of two may be the end of one Message
 * or the beginning of the next, and nobody can tell.
 */
function fullBatch(count: number) {
  const records = Array.from({ length: count }, (_, i) => new Uint8Array(20).fill(i + 1));
  return batchOf(fixedTemplate, records);
}

const batches = [fullBatch(3), variableBatch(40, { domain: 7 }), fullBatch(90)];
const messages = messagesOf(batches, 300);
const file = Buffer.concat(messages);

/** Offsets where the Messages of `file` begin, and where it ends. */
const starts = [0];
for (const message of messages) starts.push((starts.at(-1) as number) + message.length);

interface Lost {
  readonly offset: number;
  readonly octets: number;
}

/** What a stream makes of `bytes` that come in pieces of `size`. */
function read(bytes: Uint8Array, size = 100_000) {
  const seen: { readonly offset: number; readonly bytes: Uint8Array }[] = [];
  const lost: Lost[] = [];
  const stream = createMessageStream({
    onMessage: (message, offset) => seen.push({ offset, bytes: Uint8Array.from(message) }),
    onDamage: ({ offset }, octets) => lost.push({ offset, octets }),
  });
  for (let at = 0; at < bytes.length; at += size) stream.push(bytes.subarray(at, at + size));
  stream.end();
  return { seen, lost, skippedBytes: stream.skippedBytes };
}

/** Expect Messages and lost ranges to cover all of `bytes`, in order and without overlap. */
function expectCover(bytes: Uint8Array, { seen, lost, skippedBytes }: ReturnType<typeof read>) {
  const parts = [...seen.map((one) => ({ offset: one.offset, octets: one.bytes.length })), ...lost];
  parts.sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, octets } of parts) {
    expect(offset).toBe(end);
    end += octets;
  }
  expect(end).toBe(bytes.length);
  expect(skippedBytes).toBe(lost.reduce((sum, { octets }) => sum + octets, 0));
}

/** Expect each of `wanted` among the Messages seen. */
function expectKept(wanted: readonly Uint8Array[], { seen }: ReturnType<typeof read>) {
  const found = new Map<string, number>();
  for (const { bytes } of seen) found.set(unhex(bytes), (found.get(unhex(bytes)) ?? 0) + 1);
  for (const message of wanted) {
    const left = found.get(unhex(message)) ?? 0;
    expect(left).toBeGreaterThan(0);
    found.set(unhex(message), left - 1);
  }
}

test("push() keeps all whole Messages of a stream cut at every byte", () => {
  for (let cut = 0; cut <= file.length; cut++) {
    const bytes = file.subarray(0, cut);
    const result = read(bytes);
    const whole = messages.filter((_, i) => (starts[i + 1] as number) <= cut);
    expect(result.seen.map((one) => one.offset)).toEqual(starts.slice(0, whole.length));
    expectCover(bytes, result);
  }
});

test("push() keeps all whole Messages around a hole that begins at every byte", () => {
  const few = messages.slice(0, 5);
  const end = starts[few.length] as number;
  for (const hole of [1, 2, 17, 300]) {
    for (let cut = 0; cut + hole <= end; cut++) {
      const bytes = Buffer.concat([file.subarray(0, cut), file.subarray(cut + hole, end)]);
      const result = read(bytes);
      const isWhole = (_: unknown, i: number) =>
        (starts[i + 1] as number) <= cut || (starts[i] as number) >= cut + hole;
      expectKept(few.filter(isWhole), result);
      expectCover(bytes, result);
    }
  }
});

test("push() keeps all Messages behind one whose Length is wrong by any amount", () => {
  const at = starts[2] as number;
  for (let length = 0; length < 2_000; length++) {
    const bytes = Buffer.from(file);
    bytes.writeUInt16BE(length, at + 2);
    const result = read(bytes);
    expectKept([...messages.slice(0, 2), ...messages.slice(3)], result);
    expectCover(bytes, result);
  }
});

test("push() tells of a torn Message that others were appended to", () => {
  const [first = new Uint8Array(), ...others] = messages;
  const torn = Buffer.concat([first, first.subarray(0, 50), ...others]);
  const { seen, lost } = read(torn);
  expect(seen.length).toBe(messages.length);
  expect(lost).toEqual([{ offset: first.length, octets: 50 }]);
});

const octets = fc.uint8Array({ maxLength: 40 });
/** What looks like the beginning of a Message, and is none. */
const header = fc
  .tuple(fc.integer({ min: 0, max: 65_535 }), fc.uint8Array({ minLength: 12, maxLength: 12 }))
  .map(([length, rest]) => Uint8Array.of(0, 10, length >>> 8, length & 255, ...rest));
const set = fc
  .integer({ min: 0, max: 3_000 })
  .map((length) => Uint8Array.of(1, 0, length >>> 8, length & 255));
const torn = fc
  .tuple(fc.constantFrom(...messages), fc.nat(299), fc.boolean())
  .map(([message, cut, isEnd]) => (isEnd ? message.slice(-cut - 1) : message.slice(0, cut)))
  .filter((part) => !messages.some((message) => message.length === part.length));
const garbage = fc.oneof(
  octets,
  header,
  set,
  torn,
  fc.constant(hex("000a")),
  fc.constant(hex("00")),
);

/**
 * Whether a torn Message and what follows it are as long, by chance, as it once was: with another
 * Message right behind, nobody can tell.
 */
function isFooled({ seen }: ReturnType<typeof read>, parts: readonly Uint8Array[]): boolean {
  const ends = new Set<number>();
  let end = 0;
  for (const { length } of parts) {
    end += length;
    ends.add(end);
  }
  const known = new Set(messages.map((message) => unhex(message)));
  return seen.some(({ offset, bytes }) => {
    return ends.has(offset + bytes.length) && !known.has(unhex(bytes));
  });
}

test("push() keeps all whole Messages between any garbage, header-like or not", () => {
  const part = fc.oneof(
    { weight: 2, arbitrary: fc.nat(messages.length - 1) },
    { weight: 1, arbitrary: garbage },
  );
  fc.assert(
    fc.property(
      fc.array(part, { maxLength: 20 }),
      fc.integer({ min: 1, max: 700 }),
      (parts, size) => {
        const own = parts
          .filter((one) => typeof one === "number")
          .map((i) => messages[i] as Buffer);
        const all = parts.map((one) => (typeof one === "number" ? (messages[one] as Buffer) : one));
        const bytes = Buffer.concat(all);
        const result = read(bytes);
        fc.pre(!isFooled(result, all));
        expectKept(own, result);
        expectCover(bytes, result);
        expect(read(bytes, size)).toEqual(result);
      },
    ),
    { numRuns: 1_000 },
  );
});

test("push() accounts for every octet of a stream changed anywhere, and never throws", () => {
  const change = fc.tuple(fc.nat(file.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 30 }), (changes) => {
      const bytes = Buffer.from(file);
      for (const [at, octet] of changes) bytes[at] = octet;
      const result = read(bytes);
      expectCover(bytes, result);
      const untouched = messages.filter((_, i) => {
        return !changes.some(
          ([at]) => at >= (starts[i] as number) && at < (starts[i + 1] as number),
        );
      });
      expectKept(untouched, result);
    }),
    { numRuns: 1_000 },
  );
});

test.for([
  ["headers that all lead to the same place", "dense"],
  ["Messages within each other", "chain"],
] as const)("push() looks through %s once", ([, kind]) => {
  const size = 400_000;
  const bytes = Buffer.alloc(size);
  for (let at = 0; at + 24 <= size; at += kind === "dense" ? 4 : 24) {
    bytes.writeUInt32BE(0x000a_0000 | (kind === "dense" ? 60_000 - (at % 60_000) : 65_000), at);
    if (kind === "chain") bytes.writeUInt32BE(0x0100_0018, at + 16);
  }
  const result = read(bytes, 131_072);
  expectCover(bytes, result);
});
