import { setTimeout as delay } from "node:timers/promises";
import { limits } from "../../limits.ts";
import { formatDuration, parseDuration } from "../../text/duration.ts";
import { formatTimestamp, parseTimestamp } from "../../text/timestamp.ts";
import type { Primitive, PrimitiveValue } from "../primitive.ts";

const problem: PrimitiveValue = {
  name: "error",
  type: "string",
  lua: "string?",
  describe: "Why the text is none",
};

/** Time and waiting. */
export const timePrimitives: readonly Primitive[] = [
  {
    name: "sleep",
    describe: "Wait so many seconds, while other scripts and the program go on.",
    parameters: [
      {
        name: "seconds",
        type: "number",
        describe: "0 lets others go first",
        from: 0,
        to: limits.sleepSeconds,
      },
    ],
    returns: [],
    needs: "nothing",
    example: "sleep(0.25)",
    bind: {
      wait:
        () =>
        async (given, { signal }) => {
          await delay(1_000 * given.number("seconds"), undefined, { signal });
          return [];
        },
    },
  },
  {
    name: "time.now",
    describe: "Seconds since 1970 in UTC, with a fraction.",
    parameters: [],
    returns: [{ name: "seconds", type: "number", describe: "To a microsecond or so" }],
    needs: "nothing",
    example: "print(time.format(time.now()))",
    bind: { call: () => () => [(performance.timeOrigin + performance.now()) / 1_000] },
  },
  {
    name: "time.clock",
    describe: "Seconds of a clock that nobody sets: for how long something took.",
    parameters: [],
    returns: [{ name: "seconds", type: "number", describe: "Since the program started" }],
    needs: "nothing",
    example: "local start = time.clock()\nprint(time.clock() - start)",
    bind: { call: () => () => [performance.now() / 1_000] },
  },
  {
    name: "time.parse",
    describe: "The time that RFC 3339 text means, such as 2026-11-27T01:02:03.5+01:00.",
    parameters: [{ name: "text", type: "string", describe: "Date, time and zone" }],
    returns: [
      {
        name: "seconds",
        type: "number",
        lua: "number?",
        describe: "Since 1970, nil for other text",
      },
      {
        name: "nanoseconds",
        type: "any",
        lua: "integer|string",
        describe: "Since 1970, exact; for other text what is wrong with it",
      },
    ],
    needs: "nothing",
    example: 'print(time.parse("2026-11-27T01:02:03Z"))',
    bind: {
      call: () => (given) => {
        const nanoseconds = parseTimestamp(given.text("text"));
        if (typeof nanoseconds === "string") return [undefined, nanoseconds];
        return [Number(nanoseconds / 1_000n) / 1e6, nanoseconds];
      },
    },
  },
  {
    name: "time.format",
    describe: "RFC 3339 text in UTC of seconds since 1970.",
    parameters: [
      {
        name: "seconds",
        type: "number",
        describe: "Years 0000 to 9999",
        from: limits.timeFromSeconds,
        to: limits.timeToSeconds,
      },
      {
        name: "digits",
        type: "integer",
        describe: "Of the fraction; 0 for whole seconds, else 3, when not given",
        optional: true,
        from: 0,
        to: 6,
      },
    ],
    returns: [{ name: "text", type: "string", describe: "Such as 2026-11-27T00:02:03.500Z" }],
    needs: "nothing",
    example: "print(time.format(0), time.format(1.25, 6))",
    bind: {
      call: () => (given) => {
        const seconds = given.number("seconds");
        const usual = Number.isInteger(seconds) ? 0 : 3;
        return [formatTimestamp(seconds, given.has("digits") ? given.number("digits") : usual)];
      },
    },
  },
  {
    name: "time.duration",
    describe: "Seconds of a duration as conf.lua has them, such as 250 ms, 5 m or 1h 30m.",
    parameters: [{ name: "text", type: "string", describe: "Units are ms, s, m, h and d" }],
    returns: [
      { name: "seconds", type: "number", lua: "number?", describe: "Nil for other text" },
      problem,
    ],
    needs: "nothing",
    example: 'sleep(time.duration("10 ms"))',
    bind: {
      call: () => (given) => {
        const ms = parseDuration(given.text("text"));
        if (ms !== undefined) return [ms / 1_000];
        return [undefined, `Cannot parse "${given.text("text")}": expected a duration such as 5 m`];
      },
    },
  },
  {
    name: "time.format_duration",
    describe: "A duration for people, such as 1h 30m; time.duration gives it back.",
    parameters: [
      {
        name: "seconds",
        type: "number",
        describe: "To a millisecond",
        from: 0,
        to: limits.timeToSeconds,
      },
    ],
    returns: [{ name: "text", type: "string", describe: "In its largest units" }],
    needs: "nothing",
    example: "print(time.format_duration(5400))",
    bind: { call: () => (given) => [formatDuration(1_000 * given.number("seconds"))] },
  },
];
