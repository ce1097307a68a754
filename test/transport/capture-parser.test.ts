import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import { readCapture } from "../../src/transport/reading/capture.ts";
import { createParserDecoder } from "../../src/transport/reading/capture-parser.ts";
import { blockBuilder, classicCapture } from "../support/captures.ts";
import { octets, u32 } from "../support/wire.ts";

const packet = { seconds: 7, nanos: 0, linkType: 1, wireLength: 3, data: octets(1, 2, 3) };
const capture = classicCapture([packet, packet]);
const ng = blockBuilder(false);
const ignore = (): void => undefined;

/** A stream whose writer stays there after `bytes`, as with a peer that waits for an answer. */
function openStream(bytes: Uint8Array): PassThrough {
  const stream = new PassThrough();
  stream.write(bytes);
  return stream;
}

const forged = octets(u32(1), u32(1), u32(limits.packetBytes + 1), u32(1));
const damaged: Readonly<Record<string, readonly [Uint8Array, string, number]>> = {
  "a forged length": [octets(capture, forged), "bad-length", capture.length],
  "no capture": [octets("GIF89a, not a capture"), "bad-magic", 0],
  "another version": [capture.with(5, 9), "bad-version", 4],
  "a block shorter than its frame": [
    octets(ng.section(), u32(6), u32(8), u32(0)),
    "bad-length",
    28,
  ],
};

test.for(Object.entries(damaged))(
  "readCapture() ends with a stream that stays open after %s",
  async ([, [bytes, code, offset]]) => {
    const stream = openStream(bytes);
    const { damage } = await readCapture(stream, { visit: ignore });
    expect(damage).toMatchObject({ code, offset });
    expect(stream.destroyed).toBe(true);
  },
);

test.for(["before", "after", "without"])(
  "readCapture() rejects when its signal aborts %s the octets of a silent stream",
  async (when) => {
    const abort = new AbortController();
    const stream = when === "without" ? new PassThrough() : openStream(capture);
    if (when === "before") abort.abort();
    const reading = readCapture(stream, { visit: ignore, signal: abort.signal });
    setImmediate(() => abort.abort());
    await expect(reading).rejects.toMatchObject({ name: "AbortError" });
    expect(stream.destroyed).toBe(true);
  },
);

test.for([
  ["classic", capture],
  ["pcapng", octets(ng.section(), ng.interface(1))],
] as const)("readCapture() rejects when a %s stream breaks", async ([, bytes]) => {
  const stream = openStream(bytes);
  const reading = readCapture(stream, { visit: ignore });
  setImmediate(() => stream.destroy(Object.assign(new Error("reset"), { code: "ECONNRESET" })));
  await expect(reading).rejects.toMatchObject({ name: "TransportError", code: "closed" });
});

test("readCapture() rejects when a stream is closed before its end", async () => {
  const stream = openStream(capture);
  const reading = readCapture(stream, { visit: ignore });
  setImmediate(() => stream.destroy());
  await expect(reading).rejects.toMatchObject({ name: "TransportError" });
});

test.for([
  ["classic", capture],
  ["nanoseconds", classicCapture([packet], { nanos: true })],
] as const)("readCapture() takes no error of a visitor for damage: %s", async ([, bytes]) => {
  const visit = () => {
    throw new DecodeError("limit", 0, "of the visitor");
  };
  await expect(readCapture(openStream(bytes), { visit })).rejects.toThrow("of the visitor");
});

test("createParserDecoder() reads packets that come with the writer still there", () => {
  let packets = 0;
  const decoder = createParserDecoder(() => packets++);
  for (const octet of capture) decoder.push(octets(octet));
  expect(packets).toBe(2);
});

test("createParserDecoder() takes large packets in small pieces, without a warning", () => {
  const warnings: unknown[] = [];
  const warn = (warning: unknown): void => void warnings.push(warning);
  process.on("warning", warn);
  const large = { ...packet, data: new Uint8Array(limits.packetBytes).fill(9) };
  const bytes = classicCapture([large, large]);
  const lengths: number[] = [];
  const decoder = createParserDecoder(({ start, end }) => lengths.push(end - start));
  for (let at = 0; at < bytes.length; at += 3) decoder.push(bytes.subarray(at, at + 3));
  decoder.end();
  process.off("warning", warn);
  expect(lengths).toEqual([limits.packetBytes, limits.packetBytes]);
  expect(warnings).toEqual([]);
});
