import fc from "fast-check";
import { expect, test } from "vitest";
import { installPrimitives } from "../../src/host/primitives.ts";
import { formatDuration, parseDuration } from "../../src/text/duration.ts";
import { formatTimestamp, parseTimestamp } from "../../src/text/timestamp.ts";
import { failAsync, startEngine } from "../support/lua.ts";

function start() {
  const { engine } = startEngine();
  installPrimitives({ engine, log: () => {} });
  return engine;
}

const run = (source: string) => start().run(source, "test.lua");

test.for([
  ["1970-01-01T00:00:00Z", 0n],
  ["1970-01-01t00:00:00z", 0n],
  ["1969-12-31T23:59:59.999999999Z", -1n],
  ["2026-11-27T01:02:03.5+01:00", 1_795_737_723_500_000_000n],
  ["2026-11-27 01:02:03.123456789-02:30", 1_795_750_323_123_456_789n],
  ["2016-12-31T23:59:60Z", 1_483_228_800_000_000_000n],
  ["0000-01-01T00:00:00Z", -62_167_219_200_000_000_000n],
  ["2024-02-29T00:00:00Z", 1_709_164_800_000_000_000n],
] as const)("parseTimestamp() reads %s", ([text, nanoseconds]) => {
  expect(parseTimestamp(text)).toBe(nanoseconds);
});

test.for([
  "",
  "2026-11-27",
  "2026-11-27T01:02:03",
  "2026-11-27T01:02Z",
  "2026-13-01T00:00:00Z",
  "2023-02-29T00:00:00Z",
  "2026-11-27T24:00:00Z",
  "2026-11-27T01:60:00Z",
  "2026-11-27T01:02:03.Z",
  "2026-11-27T01:02:03+24:00",
  "x2026-11-27T01:02:03Z",
])("parseTimestamp() says what is wrong with %j", (text) => {
  expect(parseTimestamp(text)).toMatch(/^Cannot parse/);
});

test("formatTimestamp() writes what parseTimestamp() reads", () => {
  const times = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });
  fc.assert(
    fc.property(times, fc.integer({ min: 0, max: 6 }), (seconds, digits) => {
      expect(parseTimestamp(formatTimestamp(seconds, digits))).toBe(
        BigInt(seconds) * 1_000_000_000n,
      );
    }),
  );
});

test("formatDuration() writes what parseDuration() reads", () => {
  fc.assert(
    fc.property(fc.nat(), (ms) => {
      expect(parseDuration(formatDuration(ms))).toBe(ms);
    }),
  );
});

test.for([
  ["250 ms", 250],
  ["1h30m", 5_400_000],
  ["1h 30m", 5_400_000],
  ["0.5 s", 500],
  ["2d", 172_800_000],
  ["", undefined],
  ["5", undefined],
  ["-5 s", undefined],
  ["5 weeks", undefined],
  ["5 s x", undefined],
] as const)("parseDuration() of %j is %s", ([text, ms]) => {
  expect(parseDuration(text)).toBe(ms);
});

test.for([
  [
    "time.format(0), time.format(1.25), time.format(-1.5, 6), time.format(1.9999, 0)",
    [
      "1970-01-01T00:00:00Z",
      "1970-01-01T00:00:01.250Z",
      "1969-12-31T23:59:58.500000Z",
      "1970-01-01T00:00:02Z",
    ],
  ],
  ["time.parse('1970-01-01T00:00:01.5Z')", [1.5, 1_500_000_000]],
  [
    "time.parse('x')",
    [undefined, 'Cannot parse "x": expected RFC 3339 such as 2026-11-27T01:02:03Z'],
  ],
  ["time.duration('1h 30m'), time.format_duration(5400)", [5400, "1h 30m"]],
  ["time.duration('soon')", [undefined, 'Cannot parse "soon": expected a duration such as 5 m']],
  ["time.now() > 1.7e9, time.clock() > 0", [true, true]],
] as const)("%s", ([call, results]) => {
  expect(run(`return ${call}`)).toEqual(results);
});

test.for([
  ["time.format(1e12)", "bad-value", /seconds is 1000000000000, expected -62167219200 to/],
  ["time.format(0/0)", "bad-value", /seconds is NaN/],
  ["time.format(0, 7)", "bad-value", /digits is 7, expected 0 to 6/],
  ["time.format(0, 1.5)", "wrong-type", /digits is a number, expected a whole number/],
  ["sleep(-1)", "bad-value", /seconds is -1, expected 0 to/],
  ["sleep('x')", "wrong-type", /seconds is a string, expected a number/],
] as const)("%s fails at its line", async ([call, code, message]) => {
  const error = await failAsync(`\n${call}`, start());
  expect(error).toMatchObject({ code, where: "test.lua:2" });
  expect(error.message).toMatch(message);
});

test("sleep() lets other scripts go on and leaves nothing behind", async () => {
  const engine = start();
  const slow = engine.runAsync("sleep(0.01) order = (order or '') .. 'slow'", "test.lua");
  const fast = engine.runAsync("sleep(0) order = (order or '') .. 'fast'", "test.lua");
  await Promise.all([slow, fast]);
  expect(engine.run("return order", "test.lua")).toEqual(["fastslow"]);
});

test("sleep() ends with its engine", async () => {
  const engine = start();
  const failed = failAsync("pcall(sleep, 1e6)", engine);
  engine.close();
  expect((await failed).luaCode).toBe("closed");
});
