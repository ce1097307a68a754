import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { type CaptureDecoder, createCaptureDecoder } from "../../src/pcap/decoder.ts";
import type { PacketVisitor } from "../../src/pcap/packet.ts";
import { createParserDecoder } from "../../src/transport/reading/capture-parser.ts";
import { blockBuilder, classicCapture } from "../support/captures.ts";
import { octets } from "../support/wire.ts";

/** What a decoder makes of `bytes` in pieces of `sizes`, in turn. */
function outcome(
  create: (visit: PacketVisitor) => CaptureDecoder,
  bytes: Uint8Array,
  sizes: readonly number[],
) {
  const packets: unknown[] = [];
  const decoder = create(({ bytes: memory, view: _, start, end, ...packet }) => {
    packets.push({ ...packet, data: Buffer.from(memory.subarray(start, end)).toString("hex") });
  });
  try {
    for (let at = 0, i = 0; at < bytes.length; i++) {
      const size = sizes[i % sizes.length] ?? 1;
      decoder.push(bytes.slice(at, at + size));
      at += size;
    }
    decoder.end();
    return { packets };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    const { code, offset, message } = error;
    return { packets, damage: { code, offset, message } };
  }
}

const packet = { seconds: 7, nanos: 0, linkType: 1, wireLength: 30, data: octets(1, 2, 3, 4, 5) };
const packets = [packet, { ...packet, data: octets() }, { ...packet, data: new Uint8Array(20) }];
const headerBytes = 24;
const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 6 });
const damage = fc.array(fc.tuple(fc.nat(250), fc.nat(255)), { maxLength: 3 });

/** `capture` with octets overwritten from `from` on; those beyond its end are left out. */
function damaged(capture: Uint8Array, from: number, changes: readonly [number, number][]) {
  const bytes = capture.slice();
  for (const [at, octet] of changes) bytes[from + at] = octet;
  return bytes;
}

test.for([false, true])(
  "createParserDecoder() does as our own decoder with damaged captures, littleEndian %s",
  (littleEndian) => {
    const capture = classicCapture(packets, { littleEndian });
    fc.assert(
      fc.property(damage, fc.uint8Array({ maxLength: 60 }), sizes, (changes, tail, pieces) => {
        const bytes = octets(damaged(capture, headerBytes, changes), tail);
        const own = outcome(createCaptureDecoder, bytes, [bytes.length]);
        expect(outcome(createParserDecoder, bytes, pieces)).toEqual(own);
        expect(outcome(createParserDecoder, bytes, [bytes.length])).toEqual(own);
      }),
      { numRuns: 1_000 },
    );
  },
);

const ng = blockBuilder(true);
const blocks = octets(
  ng.section(),
  ng.interface(1, { resolution: 9, offset: 5 }),
  ng.enhanced(0, 1n, octets(1, 2, 3)),
  ng.block(0x0bad, new Uint8Array(40)),
  ng.simple(octets(4, 5)),
  ng.section(),
  ng.interface(101, { snapLength: 2 }),
  ng.obsolete(0, 2n, octets(6)),
);

test.for([
  ["classic", classicCapture(packets)],
  ["nanoseconds", classicCapture(packets, { nanos: true })],
  ["pcapng", blocks],
] as const)("createCaptureDecoder() finds the same damage in any pieces: %s", ([, capture]) => {
  fc.assert(
    fc.property(damage, fc.uint8Array({ maxLength: 60 }), sizes, (changes, tail, pieces) => {
      const bytes = octets(damaged(capture, 0, changes), tail);
      const whole = outcome(createCaptureDecoder, bytes, [bytes.length]);
      expect(outcome(createCaptureDecoder, bytes, pieces)).toEqual(whole);
    }),
    { numRuns: 1_000 },
  );
});
