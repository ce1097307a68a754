import { ConfigError } from "../../errors.ts";
import { createRecordFilter } from "../../ipfix/where/filter.ts";
import { LuaFunction, LuaTable, type LuaValue } from "../../lua/values.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { parseDuration } from "../../text/duration.ts";
import { parseRotation, type Rotation } from "../../transport/exporting/rotation.ts";
import type { FunctionMark, OptionSpec, OptionType } from "./words.ts";

/** Values of one declaration and what is wrong with them. */
interface CheckedOptions {
  readonly values: Readonly<Record<string, unknown>>;
  readonly faults: readonly (readonly [code: string, message: string])[];
}

/** Thrown inside this file only: a value is not what its option takes. */
class Unfit extends Error {}

/**
 * Check the options a user wrote against their table and fill in the defaults.
 * `mark` turns a Lua function into its mark.
 */
export function checkOptions(
  specs: Readonly<Record<string, OptionSpec>>,
  written: LuaValue,
  mark: (fn: LuaFunction) => FunctionMark,
): CheckedOptions {
  if (!(written instanceof LuaTable)) {
    const options = Object.keys(specs).join(", ");
    return {
      values: {},
      faults: [["wrong-type", `${describe(written)} given, expected a table of ${options}`]],
    };
  }
  const { faults, meant } = unknownOptions(specs, written);
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(specs)) {
    const value = written.entries.get(name) ?? spec.default;
    if (value === undefined) {
      if (spec.required && !meant.has(name)) {
        faults.push(["missing", `option "${name}" is missing: ${spec.describe}`]);
      }
      continue;
    }
    try {
      values[name] = convert(spec.type, value, mark);
    } catch (error) {
      if (!(error instanceof Unfit)) throw error;
      faults.push(["wrong-type", `option "${name}": ${error.message}`]);
    }
  }
  return { values, faults };
}

/** Options nobody knows, and the options that they were meant to be. */
function unknownOptions(specs: Readonly<Record<string, OptionSpec>>, written: LuaTable) {
  const known = Object.keys(specs);
  const faults: [string, string][] = [];
  /** Not told to be missing, too. */
  const meant = new Set<string>();
  for (const key of written.entries.keys()) {
    if (typeof key === "string" && Object.hasOwn(specs, key)) continue;
    const hint = typeof key === "string" ? didYouMean(key, known) : "";
    for (const name of known) if (hint.includes(`"${name}"`)) meant.add(name);
    const expected = hint === "" ? `, expected ${known.join(", ")}` : hint;
    faults.push(["unknown-option", `unknown option "${String(key)}"${expected}`]);
  }
  return { faults, meant };
}

function convert(
  type: OptionType,
  value: LuaValue,
  mark: (fn: LuaFunction) => FunctionMark,
): unknown {
  if (typeof type !== "string") return oneOf(type, value);
  switch (type) {
    case "string":
      return expectText(value, "a string");
    case "strings":
      return strings(value);
    case "where":
      return expression(expectText(value, "an expression in quotes"));
    case "boolean":
      if (typeof value === "boolean") return value;
      throw new Unfit(`${describe(value)} given, expected true or false`);
    case "integer":
      if (Number.isSafeInteger(value) && Number(value) > 0) return value;
      throw new Unfit(`${describe(value)} given, expected a whole number above 0`);
    case "duration":
      return durationMs(value);
    case "rotation":
      return rotation(value);
    case "function":
      if (value instanceof LuaFunction) return mark(value);
      throw new Unfit(`${describe(value)} given, expected a function`);
  }
}

function oneOf(choices: readonly string[], value: LuaValue): string {
  if (typeof value === "string" && choices.includes(value)) return value;
  const hint = typeof value === "string" ? didYouMean(value, choices) : "";
  const expected = hint === "" ? `, expected one of ${choices.join(", ")}` : hint;
  throw new Unfit(`${describe(value)} given${expected}`);
}

function expectText(value: LuaValue, expected: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new Unfit(`${describe(value)} given, expected ${expected}`);
}

function strings(value: LuaValue): readonly string[] {
  const expected = "a string or a list of strings";
  if (!(value instanceof LuaTable)) return [expectText(value, expected)];
  const count = value.entries.size;
  if (count === 0) throw new Unfit(`an empty table given, expected ${expected}`);
  return Array.from({ length: count }, (_, i) => expectText(value.entries.get(i + 1), expected));
}

function expression(text: string): string {
  try {
    createRecordFilter(text);
    return text;
  } catch (error) {
    if (error instanceof ConfigError) throw new Unfit(error.detail);
    throw error;
  }
}

function rotation(value: LuaValue): Rotation {
  try {
    return parseRotation(strings(value));
  } catch (error) {
    if (error instanceof ConfigError) throw new Unfit(error.detail);
    throw error;
  }
}

/** Milliseconds of `"300 s"`, `"5 m"`, `"1h 30m"`, or of a number of seconds. */
function durationMs(value: LuaValue): number {
  const text = typeof value === "number" ? `${value}s` : String(value);
  const ms = parseDuration(text) ?? Number.NaN;
  if (ms > 0 && ms <= Number.MAX_SAFE_INTEGER) return Math.round(ms);
  throw new Unfit(`${describe(value)} given, expected a duration such as "300 s", "5 m" or "1 h"`);
}

/** What a value is, in a Lua user's words. */
function describe(value: LuaValue): string {
  if (value === undefined) return "nil";
  if (value instanceof LuaTable) return "a table";
  if (value instanceof LuaFunction) return "a function";
  if (typeof value === "string") return `"${value}"`;
  if (value instanceof Uint8Array) return "a binary string";
  return String(value);
}
