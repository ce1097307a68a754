import { expect, test } from "vitest";
import { parseArguments } from "../../src/cli/arguments.ts";
import type { Command } from "../../src/cli/command.ts";

const command: Command = {
  usage: "FILE…",
  arity: [1, 2],
  options: {
    format: { type: "string", short: "f", value: "NAME", default: "jsonl", describe: "how" },
    stats: { type: "boolean", describe: "count" },
    from: { type: "string", multiple: true, describe: "where" },
  },
  run: async () => 0,
};
const script: Command = { ...command, passThrough: true, arity: [0, 99] };

test("parseArguments() takes options, defaults, repeats and streams", () => {
  const { args, options } = parseArguments(command, [
    "a",
    "-",
    "--stats",
    "--from=x",
    "--from",
    "y",
  ]);
  expect(args).toEqual(["a", "-"]);
  expect(options).toEqual({ format: "jsonl", stats: true, from: ["x", "y"] });
  expect(parseArguments(command, ["-f", "csv", "a"]).options["format"]).toBe("csv");
});

test("parseArguments() treats everything after -- as arguments", () => {
  expect(parseArguments(command, ["--", "--stats"]).args).toEqual(["--stats"]);
});

test("parseArguments() leaves a script's arguments alone", () => {
  const { args, options } = parseArguments(script, ["-f", "x", "a.lua", "--stats", "--any"]);
  expect(args).toEqual(["a.lua", "--stats", "--any"]);
  expect(options).toMatchObject({ format: "x" });
});

test.for([
  [["a", "--formt", "x"], "unknown-option", 'did you mean "--format"?'],
  [["a", "-x"], "unknown-option", "unknown"],
  [["a", "--format"], "missing", "none given"],
  [["a", "--stats=1"], "bad-value", "it is a switch"],
  [[], "missing", "expected FILE…"],
  [["a", "b", "c"], "bad-value", 'unexpected "c"'],
] as const)("parseArguments() refuses %j", ([words, code, message]) => {
  expect(() => parseArguments(command, words)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});

test("parseArguments() checks no arguments when help is wanted", () => {
  expect(parseArguments(command, ["--help"]).options["help"]).toBe(true);
});
