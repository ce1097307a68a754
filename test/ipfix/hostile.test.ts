import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { hostileDatagrams } from "../support/hostile-datagrams.ts";

/** Octets of lines per octet of input: a record of one octet is a line with its Message's head. */
const amplification = 128;

/** Decode a datagram to the last field of its last list; returns the octets of the lines. */
function show(bytes: Uint8Array): number {
  let size = 0;
  const format = createJsonLines();
  const onLine = (line: string) => {
    JSON.parse(line);
    size += line.length;
  };
  const lines = createLines({ format, onLine, templates: true, withdrawals: false });
  try {
    lines.decodeDatagram(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  return size;
}

test.for(hostileDatagrams)("decodeDatagram() survives %s", ([, bytes]) => {
  const before = process.cpuUsage();
  const size = show(bytes);
  const { user, system } = process.cpuUsage(before);
  expect(size).toBeLessThan(2_000 + amplification * bytes.length);
  expect((user + system) / 1_000).toBeLessThan(500);
});

test("decodeDatagram() throws nothing but DecodeError, whatever is changed", () => {
  const datagrams = hostileDatagrams.map(([, bytes]) => bytes).filter(({ length }) => length > 16);
  const change = fc.tuple(fc.nat(65_535), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...datagrams),
      fc.array(change, { maxLength: 4 }),
      (from, changes) => {
        const bytes = from.slice(0, 2_000);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        show(bytes);
      },
    ),
    { numRuns: 2_000 },
  );
});
