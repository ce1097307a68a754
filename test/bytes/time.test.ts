import fc from "fast-check";
import { expect, test } from "vitest";
import {
  encodeNtpMicros,
  encodeNtpNanos,
  formatTime,
  readNtpMicros,
  readNtpNanos,
} from "../../src/bytes/time.ts";
import { hex } from "../support/hex.ts";

test.for([
  [1_700_000_000, 0, "2023-11-14T22:13:20Z"],
  [1_700_000_000_007, 3, "2023-11-14T22:13:20.007Z"],
  [1_700_000_000_000_001, 6, "2023-11-14T22:13:20.000001Z"],
  [1_700_000_000_000_000_001n, 9, "2023-11-14T22:13:20.000000001Z"],
  [0, 0, "1970-01-01T00:00:00Z"],
  [253_402_300_799_999, 3, "9999-12-31T23:59:59.999Z"],
  [253_402_300_800_000, 3, undefined],
] as const)("formatTime() writes %s with %i digits as %s", ([count, digits, text]) => {
  expect(formatTime(count, digits)).toBe(text);
});

test.for([
  ["e8fe6f80 00000000", 1_700_000_000_000_000],
  ["e8fe6f80 000007ff", 1_700_000_000_000_000],
  ["e8fe6f80 00001000", 1_700_000_000_000_001],
  ["e8fe6f80 ffffe800", 1_700_000_000_999_999],
  ["83aa7e80 00000000", 0],
  ["00000000 00000000", 2_085_978_496_000_000],
] as const)("readNtpMicros() reads %s as %i", ([octets, micros]) => {
  expect(readNtpMicros(hex(octets), 0)).toBe(micros);
});

test("readNtpMicros() and readNtpNanos() undo encodeNtp…()", () => {
  fc.assert(
    fc.property(fc.nat(4_000_000_000), fc.nat(999_999_999), (seconds, nanos) => {
      const micros = seconds * 1e6 + Math.floor(nanos / 1000);
      const encoded = encodeNtpMicros(micros);
      expect(readNtpMicros(encoded, 0)).toBe(micros);
      expect((encoded[7] ?? 1) === 0 && ((encoded[6] ?? 1) & 7) === 0).toBe(true);
      const all = BigInt(seconds) * 1_000_000_000n + BigInt(nanos);
      expect(readNtpNanos(encodeNtpNanos(all), 0)).toBe(all);
    }),
  );
});
