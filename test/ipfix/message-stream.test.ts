import fc from "fast-check";
import { expect, test } from "vitest";
import { createMessageStream } from "../../src/ipfix/message-stream.ts";
import { hex, unhex } from "../support/hex.ts";

const first = "000a0014 00000001 00000000 00000000 01000004";
const second = "000a0010 00000002 00000000 00000000";

/** Cut a stream given in chunks; damage is kept, or thrown when `strict`. */
function cut(chunks: readonly Uint8Array[], { strict = false } = {}) {
  const seen: (readonly [offset: number, hex: string])[] = [];
  const damage: (readonly [code: string, offset: number])[] = [];
  const stream = createMessageStream({
    onMessage: (bytes, offset) => seen.push([offset, unhex(bytes)]),
    ...(!strict && { onDamage: ({ code, offset }) => damage.push([code, offset]) }),
  });
  for (const chunk of chunks) stream.push(chunk);
  stream.end();
  return { seen, damage, skipped: stream.skippedBytes };
}

const whole = hex(first + second + first);
const messages = cut([whole]).seen;

test("push() cuts Messages and tells where they stand", () => {
  expect(messages.map(([offset]) => offset)).toEqual([0, 20, 36]);
});

test("push() gives the same Messages however the stream is cut", () => {
  for (let at = 0; at <= whole.length; at++) {
    expect(cut([whole.subarray(0, at), whole.subarray(at)]).seen).toEqual(messages);
  }
  expect(cut(Array.from(whole, (octet) => Uint8Array.of(octet))).seen).toEqual(messages);
});

test("push() reports damage, skips it and finds the next Message", () => {
  const damaged = hex(`${first} dead00beef ${second} ${first}`);
  for (let at = 0; at <= damaged.length; at++) {
    const { seen, damage, skipped } = cut([damaged.subarray(0, at), damaged.subarray(at)]);
    expect(seen.map(([offset]) => offset)).toEqual([0, 25, 41]);
    expect(damage).toEqual([["bad-version", 20]]);
    expect(skipped).toBe(5);
  }
});

test("end() reports a Message cut short wherever it is cut", () => {
  for (let at = 37; at < whole.length; at++) {
    const { seen, damage } = cut([whole.subarray(0, at)]);
    expect(seen.length).toBe(2);
    expect(damage).toEqual([["truncated", 36]]);
  }
});

test("push() throws the first damage when nobody takes it", () => {
  expect(() => cut([hex(`${first} 0009`), hex("00".repeat(20))], { strict: true })).toThrow(
    expect.objectContaining({ code: "bad-version", offset: 20 }),
  );
});

test("push() takes any octets without a crash and accounts for all of them", () => {
  const piece = fc.oneof(fc.uint8Array(), fc.constant(hex(first)), fc.constant(hex(second)));
  fc.assert(
    fc.property(fc.array(piece), (chunks) => {
      const { seen, skipped } = cut(chunks);
      const used = seen.reduce((sum, [, text]) => sum + text.length / 2, 0);
      expect(used + skipped).toBe(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
    }),
  );
});
