import { readFileSync } from "node:fs";
import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { namesIn } from "../support/record-corpus.ts";
import { shared } from "../support/shared.ts";

const folder = shared("corpus/files");

/** Lines of a file as `moonfix cat` shows them, and the octets that damage cost. */
async function show(bytes: Uint8Array) {
  const lines: string[] = [];
  const lost: (readonly [from: number, to: number])[] = [];
  const session = createLines({
    format: createJsonLines(),
    onLine: (line) => lines.push(line),
    templates: true,
    learnElements: true,
  });
  const input = Readable.from([bytes], { objectMode: false });
  const result = await readIpfixFile(input, {
    session,
    onDamage: ({ offset }, octets) => lost.push([offset, offset + octets]),
  });
  return { lines, lost, result };
}

test.for(namesIn(folder, ".ipfix"))(
  "readIpfixFile() survives %s however it is damaged, and tells where",
  async (name) => {
    const whole = readFileSync(`${folder}/${name}.ipfix`);
    const damage = fc.record({
      at: fc.nat(whole.length - 1),
      removed: fc.nat(3_000),
      put: fc.uint8Array({ maxLength: 100 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(damage, { minLength: 1, maxLength: 4 }), async (damages) => {
        let bytes: Buffer = whole;
        for (const { at, removed, put } of damages) {
          bytes = Buffer.concat([bytes.subarray(0, at), put, bytes.subarray(at + removed)]);
        }
        const { lines, lost, result } = await show(bytes);
        for (const line of lines) JSON.parse(line);
        let end = 0;
        for (const [from, to] of lost) {
          expect(from).toBeGreaterThanOrEqual(end);
          expect(to).toBeGreaterThanOrEqual(from);
          end = to;
        }
        expect(end).toBeLessThanOrEqual(bytes.length);
        expect(result.lostBytes).toBeLessThanOrEqual(bytes.length);
        expect(result.damages).toBe(lost.length);
      }),
      { numRuns: 60 },
    );
  },
);
