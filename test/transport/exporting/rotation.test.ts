import { expect, test } from "vitest";
import { parseRotation } from "../../../src/transport/exporting/rotation.ts";

test.for([
  [["1h"], { periodMs: 3_600_000 }],
  [["100 MB"], { bytes: 100_000_000 }],
  [["1.5MiB"], { bytes: 1_572_864 }],
  [["1h 30m", "1 GB"], { periodMs: 5_400_000, bytes: 1_000_000_000 }],
] as const)("parseRotation() takes %j", ([texts, rotation]) => {
  expect(parseRotation(texts)).toEqual(rotation);
});

test.for([
  [["hourly"], "neither a duration nor a size"],
  [["100"], "neither a duration nor a size"],
  [["1 mb"], "neither a duration nor a size"],
  [["1 constructor"], "neither a duration nor a size"],
  [["10 ms"], "too short"],
  [["1 kB"], "too small"],
  [["1h", "2h"], "second of its kind"],
] as const)("parseRotation() refuses %j", ([texts, state]) => {
  expect(() => parseRotation(texts)).toThrow(
    expect.objectContaining({ code: "bad-value", message: expect.stringContaining(state) }),
  );
});
