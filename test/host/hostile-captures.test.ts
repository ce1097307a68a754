import { readFileSync } from "node:fs";
import { Readable, Writable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { convertCaptures } from "../../src/host/pcap-to-ipfix.ts";
import { createTransportSession } from "../../src/ipfix/session.ts";
import { samplePath } from "../generate/sample-capture.ts";

const sample = readFileSync(samplePath).subarray(0, 20_000);

/** Convert a capture in memory; undefined when it is none. */
async function convert(capture: Uint8Array) {
  const written: Buffer[] = [];
  const output = new Writable({
    write(chunk: Buffer, _, done) {
      written.push(chunk);
      done();
    },
  });
  try {
    const inputs = [Readable.from([Buffer.from(capture)])];
    return { ...(await convertCaptures({ inputs, output })), ipfix: Buffer.concat(written) };
  } catch (error) {
    if (error instanceof DecodeError) return undefined;
    throw error;
  }
}

test("convertCaptures() of any damaged capture accounts for each packet and writes sound IPFIX", async () => {
  const change = fc.record({
    at: fc.nat(sample.length - 1),
    octet: fc.nat(255),
  });
  await fc.assert(
    fc.asyncProperty(
      fc.array(change, { maxLength: 300 }),
      fc.integer({ min: 0, max: sample.length }),
      async (changes, length) => {
        const capture = Uint8Array.from(sample.subarray(0, length));
        for (const { at, octet } of changes) if (at < length) capture[at] = octet;
        const result = await convert(capture);
        if (result === undefined) return;
        const { counters, packets, flows } = result;
        const reasons = ["nonIp", "fragments", "truncated", "malformed", "unsupportedLinkType"];
        const others = reasons.reduce((sum, name) => sum + (counters[name] ?? 0), 0);
        expect((counters["packetsMetered"] ?? 0) + others).toBe(packets);
        let records = 0;
        const onBatch = ({ count }: { count: number }) => {
          records += count;
        };
        const session = createTransportSession({ onBatch });
        const { ipfix } = result;
        for (let at = 0; at < ipfix.length; ) {
          const end = at + ipfix.readUInt16BE(at + 2);
          session.decodeMessage(ipfix.subarray(at, end));
          at = end;
        }
        expect(records).toBe(flows);
      },
    ),
    { numRuns: 150 },
  );
}, 60_000);
