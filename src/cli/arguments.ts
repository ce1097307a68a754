import { parseArgs } from "node:util";
import { ConfigError } from "../errors.ts";
import { didYouMean } from "../text/did-you-mean.ts";
import type { Command } from "./command.ts";

/** A command line taken apart by the command's own option table. */
export interface ParsedArguments {
  readonly args: readonly string[];
  readonly options: Record<string, string | boolean | readonly string[] | undefined>;
}

/**
 * Take `words` apart for `command`. `--` ends the options; `-` is an argument (a stream).
 * @throws {ConfigError} an unknown option (with the nearest known one), a value that is missing or
 *   not wanted, too few or too many arguments.
 */
export function parseArguments(command: Command, words: readonly string[]): ParsedArguments {
  const [own, rest] = command.passThrough ? splitPassThrough(command, words) : [words, []];
  const known: Command["options"] = {
    ...command.options,
    help: { type: "boolean", short: "h", describe: "show this text" },
  };
  const { tokens, values, positionals } = parseArgs({
    args: [...own],
    options: parseable(known),
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  for (const token of tokens) {
    if (token.kind !== "option") continue;
    const option = known[token.name];
    if (option === undefined) throw unknownOption(token.rawName, Object.keys(known));
    if (option.type === "string" && (token.value === undefined || token.value === "")) {
      throw new ConfigError("missing", token.rawName, "Cannot read the value: none given");
    }
    if (option.type === "boolean" && token.value !== undefined) {
      throw new ConfigError("bad-value", token.rawName, "Cannot take a value: it is a switch");
    }
  }
  const args = [...positionals, ...rest];
  if (values["help"] !== true) checkArity(command, args);
  return { args, options: values as ParsedArguments["options"] };
}

/** The part of an option table that Node's parser wants. */
function parseable(options: Command["options"]) {
  return Object.fromEntries(
    Object.entries(options).map(([name, { type, short, multiple, default: value }]) => [
      name,
      {
        type,
        ...(short !== undefined && { short }),
        ...(multiple !== undefined && { multiple }),
        ...(value !== undefined && { default: value }),
      },
    ]),
  );
}

function unknownOption(rawName: string, known: readonly string[]): ConfigError {
  const hint = rawName.startsWith("--")
    ? didYouMean(rawName.slice(2), known).replace('"', '"--')
    : "";
  return new ConfigError("unknown-option", rawName, `Cannot use this option: unknown${hint}`);
}

function checkArity(command: Command, args: readonly string[]): void {
  const [least, most] = command.arity;
  if (args.length < least) {
    throw new ConfigError("missing", "", `Cannot start: expected ${command.usage}`);
  }
  if (args.length > most) {
    const extra = args.slice(most).join(" ");
    throw new ConfigError("bad-value", "", `Cannot start: unexpected "${extra}"`);
  }
}

/** Split at the first argument: what follows it belongs to the script. */
function splitPassThrough(
  command: Command,
  words: readonly string[],
): [own: string[], rest: string[]] {
  for (let at = 0; at < words.length; at++) {
    const word = words[at] ?? "";
    if (word === "--") return [words.slice(0, at), words.slice(at + 1)];
    if (word === "-" || !word.startsWith("-")) return [words.slice(0, at), words.slice(at)];
    const option = Object.entries(command.options).find(
      ([name, { short }]) => word === `--${name}` || word === `-${short}`,
    );
    if (option?.[1].type === "string") at++;
  }
  return [[...words], []];
}
