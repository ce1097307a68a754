import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { type CaptureResult, readCapture } from "../../src/transport/capture.ts";
import { samplePath } from "../generate/sample-capture.ts";
import { blockBuilder, classicCapture, type TestPacket } from "../support/captures.ts";
import { shared } from "../support/shared.ts";
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

test("readCapture() of a truncated stream says where", async () => {
  const last = packets.at(-1)?.data.length ?? 0;
  const { damage, offset, packets: got } = await read(streamOf(whole.subarray(0, -1), 100));
  expect(damage).toBe("truncated");
  expect(offset).toBe(whole.length - last - 16);
  expect(got).toHaveLength(49);
});

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

const corpus = ["pcap", "gen"].flatMap((name) => {
  const path = shared(`corpus/${name}`);
  if (path === undefined) return [];
  const files = readdirSync(path).filter((file) => /\.pcap(ng)?$/.test(file));
  return files.map((file) => join(path, file));
});
if (corpus.length === 0) console.warn("../shared is absent: its captures are not read");

test.skipIf(corpus.length === 0)(
  "readCapture() reads the corpus the same on both ways",
  async () => {
    for (const path of corpus) {
      const { bytes: _, ...file } = await read(path);
      const { bytes: _ignored, ...stream } = await read(streamOf(readFileSync(path), 40_000));
      expect(stream, path).toEqual(file);
    }
  },
  60_000,
);
