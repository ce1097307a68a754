import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { profiles } from "../../lua/profiles.ts";
import { AsyncFunction, LuaFunction, LuaTable, type LuaValue } from "../../lua/values.ts";
import type { Script } from "./script.ts";

/** A script whose bounds all stand in it. */
export type BoundedScript = Required<Script>;

/**
 * `script` with the bounds of its profile where it has none of its own.
 * @throws {ConfigError} `bad-value` or `wrong-type` for what no script can have.
 */
export function boundScript(script: Script): BoundedScript {
  const { deadlineMs, memoryBytes: memory } = profiles[script.profile];
  const { timeoutMs = deadlineMs, memoryBytes = memory, args = [] } = script;
  if (!(timeoutMs > 0 && timeoutMs <= limits.sandboxTimeoutMs)) {
    const expected = `expected up to ${limits.sandboxTimeoutMs} ms`;
    throw new ConfigError("bad-value", "", `Cannot run a script for ${timeoutMs} ms: ${expected}`);
  }
  const [least, most] = [limits.luaLeastMemoryBytes, limits.luaScriptMemoryBytes];
  if (!(memoryBytes >= least && memoryBytes <= most)) {
    const detail = `Cannot give a script ${memoryBytes} octets: expected ${least} to ${most}`;
    throw new ConfigError("bad-value", "", detail);
  }
  return { ...script, timeoutMs, memoryBytes, args: plainValues(args) };
}

/**
 * `values` when they can go to another thread: a function is bound to its engine, and what is
 * large costs both threads.
 * @throws {ConfigError} `wrong-type`, or `limit` for what is too much or nested too deep.
 */
export function plainValues(values: readonly LuaValue[]): readonly LuaValue[] {
  let left = limits.sandboxValueBytes;
  const check = (value: LuaValue, depth: number): void => {
    if (isFunction(value)) {
      throw new ConfigError("wrong-type", "", "Cannot hand over a function: expected plain data");
    }
    if (typeof value === "string" || value instanceof Uint8Array) left -= value.length;
    if (left < 0) throw tooMuch(`more than ${limits.sandboxValueBytes} octets of text`);
    if (!(value instanceof LuaTable)) return;
    if (depth >= limits.luaValueDepth) {
      throw tooMuch(`tables nested deeper than ${limits.luaValueDepth}`);
    }
    for (const [key, entry] of value.entries) {
      check(key, depth + 1);
      check(entry, depth + 1);
    }
  };
  for (const value of values) check(value, 0);
  return values;
}

const isFunction = (value: LuaValue): boolean =>
  value instanceof LuaFunction || value instanceof AsyncFunction || typeof value === "function";

const tooMuch = (what: string) => new ConfigError("limit", "", `Cannot hand over ${what}`);

/** A value that came from another thread, where tables have lost their class. */
export function reviveValue(value: unknown): LuaValue {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    return value as LuaValue;
  }
  const { entries } = value as LuaTable;
  return new LuaTable(Array.from(entries, ([key, entry]) => [key, reviveValue(entry)] as const));
}
