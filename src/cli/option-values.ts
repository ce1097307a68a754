import { ConfigError } from "../errors.ts";
import { didYouMean } from "../text/did-you-mean.ts";
import type { CommandInput } from "./command.ts";

type Options = CommandInput["options"];

/** The seconds that option `name` says. @throws {ConfigError} `bad-value`. */
export function seconds(options: Options, name: string): number {
  const text = String(options[name]);
  const value = Number(text);
  if (/^\d+(\.\d+)?$/.test(text) && value > 0 && value <= 1e9) return value;
  const detail = `Cannot use "${text}": expected seconds above 0`;
  throw new ConfigError("bad-value", `--${name}`, detail);
}

/** The whole number that option `name` says. @throws {ConfigError} `bad-value`. */
export function integer(
  options: Options,
  name: string,
  [least, most]: readonly [number, number],
): number {
  const text = String(options[name]);
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  const detail = `Cannot use "${text}": expected a whole number from ${least} to ${most}`;
  throw new ConfigError("bad-value", `--${name}`, detail);
}

/** Which of `choices` option `name` says. @throws {ConfigError} `bad-value`. */
export function choice<Choice extends string>(
  options: Options,
  name: string,
  choices: readonly Choice[],
): Choice {
  const text = String(options[name]);
  const found = choices.find((one) => one === text);
  if (found !== undefined) return found;
  const hint = didYouMean(text, choices) || `: expected ${choices.join(", ")}`;
  throw new ConfigError("bad-value", `--${name}`, `Cannot use "${text}"${hint}`);
}
