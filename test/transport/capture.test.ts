import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { type CaptureResult, readCapture } from "../../src/transport/reading/capture.ts";
import { samplePath } from "../generate/sample-capture.ts";
import { blockBuilder, classicCapture, type TestPacket } from "../support/captures.ts";
import { octets, u32 } from "../support/wire.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "moonfix-capture-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** A stream of `bytes` in pieces of `size`. */
function streamOf(bytes: Uint8Array, size: number): Readable {
  function* pieces() {
    for (let at = 0; at < bytes.length; at += size)
      yield Buffer.from(bytes.subarray(at, at + size));
  }
  return Readable.from(pieces(), { objectMode: false });
}

async function read(input: string | Readable) {
  const packets: TestPacket[] = [];
  const result: CaptureResult = await readCapture(input, {
    visit({ bytes, start, end, view, ...rest }) {
      if (view.buffer !== bytes.buffer) throw new Error("view and bytes differ");
      packets.push({ ...rest, data: Uint8Array.from(bytes.subarray(start, end)) });
    },
  });
  const { damage, ...counts } = result;
  expect(counts.packets).toBe(packets.length);
  return { packets, bytes: counts.bytes, damage: damage?.code, offset: damage?.offset };
}

const packets: TestPacket[] = Array.from({ length: 50 }, (_, i) => ({
  seconds: 1_700_000_000 + i,
  nanos: 1_000 * i,
  linkType: 1,
  wireLength: 60 + i,
  data: new Uint8Array(i).fill(i),
}));
const ng = blockBuilder(false);
const whole = classicCapture(packets);

const first = { seconds: 7, nanos: 0, linkType: 1, wireLength: 1, data: octets(1) };

/** The same vectors for every way in: file, stream by pcap-parser, stream by our reader. */
const vectors: Readonly<Record<string, Uint8Array>> = {
  "classic, big-endian": whole,
  "classic, little-endian": classicCapture(packets, { littleEndian: true }),
  nanoseconds: classicCapture(packets, { nanos: true }),
  pcapng: octets(ng.section(), ng.interface(1), ng.enhanced(0, 5n, octets(1, 2))),
  "no packet at all": classicCapture([]),
  nothing: octets(),
  "two octets": octets(0xa1, 0xb2),
  "a file header cut short": whole.subarray(0, 20),
  "a record header cut short": whole.subarray(0, 30),
  "a packet cut short": whole.subarray(0, whole.length - 1),
  "a forged length": octets(whole, u32(1), u32(1), u32(limits.packetBytes + 1), u32(1), whole),
  "a forged length of two gigabytes": octets(whole, u32(1), u32(1), u32(2 ** 31), u32(1), whole),
  "an unknown version": octets(u32(0xa1b2c3d4), 0, 1, 0, 3, new Uint8Array(16)),
  "an old version": octets(whole.subarray(0, 6), 0, 2, whole.subarray(8)),
  "a fraction of more than a second": classicCapture([{ ...first, nanos: 3_000_001_000 }]),
  "a check sequence": classicCapture([{ ...first, linkType: 0x5400_0001 }]),
  "large packets": classicCapture([
    { ...first, data: new Uint8Array(9_000).fill(7) },
    { ...first, data: new Uint8Array(5_000).fill(8) },
  ]),
  "minor version 3": whole.with(7, 3),
  "version 3.4": whole.with(5, 3),
  "another file": octets("GIF89a, not a capture"),
};

test.for(Object.entries(vectors))(
  "readCapture() gives the same on every way: %s",
  async ([name, bytes]) => {
    const path = join(folder, name.replaceAll(" ", "-"));
    writeFileSync(path, bytes);
    const { bytes: _, ...expected } = await read(path);
    for (const size of [1, 7, 65_536]) {
      const { bytes: _ignored, ...got } = await read(streamOf(bytes, size));
      expect(got).toEqual(expected);
    }
    if (name.startsWith("classic")) expect(expected.packets).toEqual(packets);
  },
);

const small = packets.slice(0, 4);
const cut: Readonly<Record<string, readonly [capture: Uint8Array, ends: readonly number[]]>> = {
  classic: [classicCapture(small), [0, 24, 40, 57, 75, 94]],
  nanoseconds: [classicCapture(small, { nanos: true }), [0, 24, 40, 57, 75, 94]],
  pcapng: [
    octets(ng.section(), ng.interface(1), ng.enhanced(0, 5n, octets(1)), ng.simple(octets(2))),
    [0, 28, 48, 84, 104],
  ],
};

test.for(Object.entries(cut))(
  "readCapture() cut at any octet says where, on every way: %s",
  async ([name, [capture, ends]]) => {
    const path = join(folder, `cut-${name}`);
    for (let length = 0; length < capture.length; length++) {
      const part = capture.subarray(0, length);
      writeFileSync(path, part);
      const file = await read(path);
      const isWhole = length > 0 && ends.includes(length);
      const offset = isWhole ? undefined : ends.findLast((end) => end <= length);
      expect(file).toMatchObject({ damage: isWhole ? undefined : "truncated", offset });
      for (const size of [1, 13, 65_536]) expect(await read(streamOf(part, size))).toEqual(file);
    }
  },
);

test("readCapture() throws for a file that is not there", async () => {
  await expect(read(join(folder, "none"))).rejects.toMatchObject({ code: "not-found" });
});

test.for(["file", "stream"])("readCapture() ends a %s when its signal aborts", async (kind) => {
  const abort = new AbortController();
  const input = kind === "file" ? samplePath : streamOf(whole, 16);
  const reading = readCapture(input, {
    visit: () => abort.abort(new Error("enough")),
    signal: abort.signal,
  });
  await expect(reading).rejects.toThrow("enough");
});

test("readCapture() lets an error of the visitor out, on every way", async () => {
  const visit = () => {
    throw new Error("a bug");
  };
  await expect(readCapture(samplePath, { visit })).rejects.toThrow("a bug");
  await expect(readCapture(streamOf(whole, 99), { visit })).rejects.toThrow("a bug");
});

test("readCapture() tells its progress", async () => {
  const seen: (number | undefined)[][] = [];
  const { bytes } = await readCapture(samplePath, {
    visit: () => undefined,
    onProgress: (...progress) => void seen.push(progress),
  });
  expect(seen.at(-1)).toEqual([bytes, bytes]);
});
