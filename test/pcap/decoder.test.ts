import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import { createCaptureDecoder } from "../../src/pcap/decoder.ts";
import { blockBuilder, classicCapture, type TestPacket } from "../support/captures.ts";
import { octets, u32 } from "../support/wire.ts";

/** Push `chunks` through a decoder; returns copies of the packets and what went wrong. */
function decode(...chunks: Uint8Array[]): { packets: TestPacket[]; damage?: DecodeError } {
  const packets: TestPacket[] = [];
  const decoder = createCaptureDecoder(({ bytes, start, end, ...rest }) => {
    const { seconds, nanos, linkType, wireLength } = rest;
    packets.push({ seconds, nanos, linkType, wireLength, data: bytes.slice(start, end) });
  });
  try {
    for (const chunk of chunks) decoder.push(chunk);
    decoder.end();
    return { packets };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { packets, damage: error };
  }
}

/** `bytes` in pieces of `size`. */
function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const count = Math.ceil(bytes.length / size);
  return Array.from({ length: count }, (_, i) => bytes.subarray(i * size, (i + 1) * size));
}

const packets: TestPacket[] = [
  { seconds: 1_700_000_000, nanos: 1_000, linkType: 1, wireLength: 3, data: octets(1, 2, 3) },
  { seconds: 1_700_000_001, nanos: 999_999_000, linkType: 1, wireLength: 90, data: octets(4) },
  { seconds: 4_294_967_295, nanos: 0, linkType: 1, wireLength: 0, data: octets() },
];

test.for([
  [false, false],
  [true, false],
  [false, true],
  [true, true],
] as const)(
  "createCaptureDecoder() reads classic captures, littleEndian %s, nanos %s",
  ([littleEndian, nanos]) => {
    expect(decode(classicCapture(packets, { littleEndian, nanos }))).toEqual({ packets });
  },
);

test.for([
  [2, 9, 3, 9, 3],
  [3, 9, 3, 9, 3],
  [3, 3, 9, 9, 3],
  [4, 3, 9, 9, 3],
] as const)(
  "createCaptureDecoder() of version 2.%i with lengths %i and %i",
  ([minor, first, second, wireLength, captured]) => {
    const header = classicCapture([]);
    header[7] = minor;
    const data = new Uint8Array(captured).fill(7);
    const got = decode(octets(header, u32(1), u32(2), u32(first), u32(second), data));
    expect(got).toEqual({ packets: [{ seconds: 1, nanos: 2_000, linkType: 1, wireLength, data }] });
  },
);

test.for([false, true])("createCaptureDecoder() reads pcapng, littleEndian %s", (littleEndian) => {
  const ng = blockBuilder(littleEndian);
  const microseconds = 1_700_000_000_000_001n;
  const capture = octets(
    ng.section(),
    ng.interface(1),
    ng.block(0x0bad, octets("unknown blocks are skipped")),
    ng.interface(101, { resolution: 9 }),
    ng.interface(228, { resolution: 0x80 | 20, offset: 1_000 }),
    ng.enhanced(0, microseconds, octets(1, 2, 3), 9),
    ng.enhanced(1, 1_700_000_000_123_456_789n, octets(4)),
    ng.enhanced(2, (1_699_999_000n << 20n) | 524_288n, octets(5)),
    ng.obsolete(0, microseconds, octets(6, 7)),
    ng.simple(octets(8)),
    ng.section(),
    ng.interface(113, { snapLength: 2 }),
    ng.enhanced(0, 1n, octets(9)),
    ng.simple(octets(1, 2), 700),
  );
  expect(decode(capture)).toEqual({
    packets: [
      { seconds: 1_700_000_000, nanos: 1_000, linkType: 1, wireLength: 9, data: octets(1, 2, 3) },
      { seconds: 1_700_000_000, nanos: 123_456_789, linkType: 101, wireLength: 1, data: octets(4) },
      { seconds: 1_700_000_000, nanos: 500_000_000, linkType: 228, wireLength: 1, data: octets(5) },
      { seconds: 1_700_000_000, nanos: 1_000, linkType: 1, wireLength: 2, data: octets(6, 7) },
      { seconds: 0, nanos: 0, linkType: 1, wireLength: 1, data: octets(8) },
      { seconds: 0, nanos: 1_000, linkType: 113, wireLength: 1, data: octets(9) },
      { seconds: 0, nanos: 0, linkType: 113, wireLength: 700, data: octets(1, 2) },
    ],
  });
});

test.for([0, 3, 6, 9, 10, 12, 127, 0x80, 0x80 | 10, 0x80 | 32, 0x80 | 36, 0x80 | 40])(
  "createCaptureDecoder() is exact with if_tsresol %i",
  (resolution) => {
    const ng = blockBuilder(true);
    const exponent = BigInt(resolution & 0x7f);
    const perSecond = resolution & 0x80 ? 2n ** exponent : 10n ** exponent;
    fc.assert(
      fc.property(fc.bigInt(0n, 4_000_000n), fc.bigInt(0n, perSecond - 1n), (most, part) => {
        const units = (most * perSecond + part) % 2n ** 64n;
        const [seconds, fraction] = [units / perSecond, units % perSecond];
        const capture = octets(
          ng.section(),
          ng.interface(1, { resolution }),
          ng.enhanced(0, units, octets()),
        );
        const [packet] = decode(capture).packets;
        expect(packet?.seconds).toBe(Number(seconds));
        expect(packet?.nanos).toBe(Number((fraction * 1_000_000_000n) / perSecond));
      }),
    );
  },
);

const ng = blockBuilder(true);
const captures: Readonly<Record<string, Uint8Array>> = {
  classic: classicCapture(packets),
  pcapng: octets(
    ng.section(),
    ng.interface(1),
    ng.enhanced(0, 1n, octets(1, 2, 3)),
    ng.enhanced(0, 2n, octets(4)),
    ng.simple(octets(5)),
    ng.block(0x0bad, octets("unknown, but skipped")),
    ng.enhanced(0, 3n, octets(6, 7)),
  ),
};

/** Where the records of a capture end, and how many packets are whole by then. */
const boundaries: Readonly<Record<string, readonly (readonly [end: number, packets: number])[]>> = {
  classic: [
    [0, 0],
    [24, 0],
    [43, 1],
    [60, 2],
    [76, 3],
  ],
  pcapng: [
    [0, 0],
    [28, 0],
    [48, 0],
    [84, 1],
    [120, 2],
    [140, 3],
    [172, 3],
    [208, 4],
  ],
};

test.for(Object.entries(captures))(
  "a %s capture cut at any octet gives its complete packets and where it is `truncated`",
  ([name, capture]) => {
    const whole = decode(capture).packets;
    for (let length = 0; length < capture.length; length++) {
      const reached = boundaries[name]?.findLast(([end]) => end <= length) ?? [0, 0];
      for (const size of [1, 5, capture.length]) {
        const { packets: got, damage } = decode(...pieces(capture.subarray(0, length), size));
        expect(got).toEqual(whole.slice(0, reached[1]));
        const isWhole = reached[0] === length && length > 0;
        const expected = isWhole ? undefined : { code: "truncated", offset: reached[0] };
        expect(damage && { code: damage.code, offset: damage.offset }, `${length}`).toEqual(
          expected,
        );
      }
    }
  },
);

test.for(Object.entries(captures))("a %s capture may come in any pieces", ([, capture]) => {
  const whole = decode(capture);
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 0, max: capture.length })), (cuts) => {
      const places = [0, ...cuts.sort((a, b) => a - b), capture.length];
      const chunks = places.slice(1).map((place, i) => capture.subarray(places[i], place));
      expect(decode(...chunks)).toEqual(whole);
    }),
  );
});

test.for([false, true])("captures of large packets may come in any pieces, pcapng %s", (isNg) => {
  const large = [0, 1_514, 9_000, 40, 200_000, 2_048, 70_000].map((length, i) => ({
    ...{ seconds: i, nanos: 0, linkType: 1, wireLength: length },
    data: new Uint8Array(length).fill(i + 1),
  }));
  const blocks = large.map(({ data }, i) => ng.enhanced(0, BigInt(i) * 1_000_000n, data));
  const capture = isNg
    ? octets(ng.section(), ng.interface(1), ...blocks)
    : classicCapture(large, { littleEndian: true });
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 150_000 }), { minLength: 1 }), (sizes) => {
      const chunks: Uint8Array[] = [];
      for (let at = 0, i = 0; at < capture.length; i++) {
        // Each chunk in memory of its own, which is gone once it was pushed.
        const chunk = capture.slice(at, at + (sizes[i % sizes.length] ?? 1));
        chunks.push(chunk);
        at += chunk.length;
      }
      const packets: TestPacket[] = [];
      const decoder = createCaptureDecoder(({ bytes, view, start, end, ...rest }) => {
        expect(view.byteOffset).toBe(bytes.byteOffset);
        packets.push({ ...rest, data: bytes.slice(start, end) });
      });
      for (const chunk of chunks) {
        decoder.push(chunk);
        chunk.fill(0xff);
      }
      decoder.end();
      expect(packets.map(({ data }) => data.length)).toEqual(large.map(({ data }) => data.length));
      expect(packets.every(({ data }, i) => data.every((octet) => octet === i + 1))).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test("createCaptureDecoder() shows packets where they lie in a chunk", () => {
  const capture = classicCapture(packets);
  const places: number[] = [];
  const decoder = createCaptureDecoder(({ bytes, start }) => {
    expect(bytes.buffer).toBe(capture.buffer);
    places.push(start);
  });
  decoder.push(capture);
  expect(places).toEqual([40, 59, 76]);
});

test.for([1, 1_000_000, 2 ** 26])(
  "a block of no interest may have any size, in pieces of %i",
  (size) => {
    const unknown = ng.block(
      0x0bad,
      new Uint8Array(size === 1 ? 10_000 : limits.captureBlockBytes),
    );
    const capture = octets(ng.section(), ng.interface(1), unknown, ng.enhanced(0, 1n, octets(1)));
    expect(decode(...pieces(capture, size)).packets).toHaveLength(1);
    const { damage } = decode(...pieces(capture.subarray(0, 100), size));
    expect(damage).toMatchObject({
      code: "truncated",
      offset: 48,
      detail: "52 octets of a record",
    });
  },
);

test("a block of no interest may begin anywhere in a chunk", () => {
  const unknown = ng.block(0x0bad, new Uint8Array(10_000).fill(1));
  const capture = octets(ng.section(), ng.interface(1), unknown, ng.enhanced(0, 1n, octets(1)));
  const whole = decode(capture);
  expect(whole.packets).toHaveLength(1);
  for (let at = 40; at < 70; at++) {
    expect(decode(capture.subarray(0, at), capture.subarray(at))).toEqual(whole);
  }
});

test("createCaptureDecoder() carries what exceeds a second over to the seconds", () => {
  const packet = { seconds: 7, nanos: 2_500_000_000, linkType: 1, wireLength: 1, data: octets(1) };
  for (const nanos of [false, true]) {
    const [got] = decode(classicCapture([packet], { nanos })).packets;
    expect(got).toEqual({ ...packet, seconds: 9, nanos: 500_000_000 });
  }
});

test("createCaptureDecoder() leaves out what a link type says of check sequences", () => {
  const capture = classicCapture([{ ...packets[0], linkType: 0x5400_0001 } as TestPacket]);
  expect(decode(capture).packets[0]?.linkType).toBe(1);
});

test("createCaptureDecoder() throws nothing but DecodeError on any octets", () => {
  const start = fc.constantFrom(octets(), ...Object.values(captures).map((c) => c.subarray(0, 60)));
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 300 }), (head, tail) => {
      decode(octets(head, tail));
    }),
  );
});

test.for([
  ["another file", octets("GIF89a, not a capture"), "bad-magic", 0],
  ["an old version", octets(u32(0xa1b2c3d4), 0, 1, 0, 3, new Uint8Array(16)), "bad-version", 4],
  [
    "a forged length of a packet",
    octets(
      classicCapture(packets.slice(0, 1)),
      u32(0),
      u32(0),
      u32(limits.packetBytes + 1),
      u32(0),
    ),
    "bad-length",
    43,
  ],
  [
    "a block shorter than its frame",
    octets(ng.section(), octets(1, 0, 0, 0, 8, 0, 0, 0, 0, 0, 0, 0)),
    "bad-length",
    28,
  ],
  [
    "a block of two gigabytes",
    octets(ng.section(), octets(6, 0, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0)),
    "bad-length",
    28,
  ],
  [
    "a packet of no interface",
    octets(ng.section(), ng.enhanced(3, 0n, octets(1))),
    "bad-length",
    28,
  ],
  [
    "a packet longer than its block",
    octets(
      ng.section(),
      ng.interface(1),
      ng.block(6, new Uint8Array(12), octets(99, 0, 0, 0), new Uint8Array(4)),
    ),
    "bad-length",
    48,
  ],
  [
    "a block whose lengths differ",
    octets(ng.section(), ng.interface(1).fill(24, 16, 17)),
    "bad-length",
    28,
  ],
  [
    "a section of another version",
    octets(ng.section().fill(2, 12, 13), ng.interface(1)),
    "bad-version",
    12,
  ],
  ["a section header cut off", ng.block(0x0a0d0d0a, u32(0x4d3c2b1a)), "bad-length", 0],
  ["a section of unknown byte order", ng.block(0x0a0d0d0a, octets(1, 2, 3, 4)), "bad-magic", 8],
] as const)("createCaptureDecoder() rejects %s", ([, capture, code, offset]) => {
  expect(decode(capture).damage).toMatchObject({ code, offset });
});
