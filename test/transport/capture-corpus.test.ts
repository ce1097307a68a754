import { createHash } from "node:crypto";
import { createReadStream, existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { PacketVisitor } from "../../src/pcap/packet.ts";
import { readCapture } from "../../src/transport/reading/capture.ts";
import { createParserDecoder } from "../../src/transport/reading/capture-parser.ts";
import { shared } from "../support/shared.ts";

/** A visitor that remembers all it is shown. */
function createDigest() {
  const hash = createHash("sha256");
  let packets = 0;
  const visit: PacketVisitor = ({ bytes, start, end, ...packet }) => {
    const { seconds, nanos, linkType, wireLength } = packet;
    hash.update(`${seconds} ${nanos} ${linkType} ${wireLength} ${end - start} `);
    hash.update(bytes.subarray(start, end));
    packets++;
  };
  return { visit, result: () => ({ packets, digest: hash.digest("hex") }) };
}

async function digest(input: string | Readable) {
  const { visit, result } = createDigest();
  const { bytes, damage } = await readCapture(input, { visit });
  return { ...result(), bytes, damage: damage?.message };
}

function digestParsed(path: string) {
  const { visit, result } = createDigest();
  const decoder = createParserDecoder(visit);
  const bytes = readFileSync(path);
  for (let at = 0; at < bytes.length; at += 1_000) decoder.push(bytes.subarray(at, at + 1_000));
  decoder.end();
  return result();
}

const captures = ["pcap", "gen"].flatMap((name) => {
  const folder = shared(`corpus/${name}`);
  if (folder === undefined) return [];
  const files = readdirSync(folder).filter((file) => /\.(p?cap|pcapng)$/.test(file));
  return files.map((file) => {
    const lines = join(folder, "expected", `${file.replace(/\.\w+$/, "")}.tshark.jsonl`);
    return { path: join(folder, file), tshark: existsSync(lines) ? lines : undefined };
  });
});
if (captures.length === 0) console.warn("../shared is absent: its captures are not read");

test.skipIf(captures.length === 0)(
  "readCapture() reads the corpus the same from files and streams, as many packets as tshark",
  async () => {
    const differing: string[] = [];
    for (const { path, tshark } of captures) {
      const file = await digest(path);
      expect(await digest(createReadStream(path, { highWaterMark: 40_000 })), path).toEqual(file);
      if (tshark === undefined) continue;
      const lines = readFileSync(tshark, "utf8").split("\n").length - 1;
      if (lines !== file.packets) differing.push(`${path}: ${file.packets}, tshark ${lines}`);
    }
    expect(differing).toEqual([]);
  },
  60_000,
);

test.skipIf(captures.length === 0)(
  "createParserDecoder() reads what of the corpus is classic as our own decoder does",
  async () => {
    let read = 0;
    for (const { path } of captures) {
      const magic = readFileSync(path).readUInt32BE(0);
      if (magic !== 0xa1b2c3d4 && magic !== 0xd4c3b2a1) continue;
      const { packets, digest: expected, damage } = await digest(path);
      if (damage !== undefined) continue;
      expect(digestParsed(path), path).toEqual({ packets, digest: expected });
      read++;
    }
    expect(read).toBeGreaterThan(100);
  },
  60_000,
);
