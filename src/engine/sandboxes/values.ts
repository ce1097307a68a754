import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { profiles } from "../../lua/profiles.ts";
import { LuaFunction, LuaTable, type LuaValue } from "../../lua/values.ts";
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
  return { ...script, timeoutMs, memoryBytes, args: args.map((arg) => plainValue(arg)) };
}

/**
 * `value` when it can go to another thread: a function is bound to its engine.
 * @throws {ConfigError} `wrong-type`, or `limit` for what is nested too deep.
 */
export function plainValue(value: LuaValue, depth = 0): LuaValue {
  if (value instanceof LuaFunction || typeof value === "function") {
    throw new ConfigError("wrong-type", "", "Cannot hand over a function: expected plain data");
  }
  if (!(value instanceof LuaTable)) return value;
  if (depth >= limits.luaValueDepth) {
    const detail = `Cannot hand over tables nested deeper than ${limits.luaValueDepth}`;
    throw new ConfigError("limit", "", detail);
  }
  for (const entry of value.entries.values()) plainValue(entry, depth + 1);
  return value;
}

/** A value that came from another thread, where tables have lost their class. */
export function reviveValue(value: unknown): LuaValue {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) {
    return value as LuaValue;
  }
  const { entries } = value as LuaTable;
  return new LuaTable(Array.from(entries, ([key, entry]) => [key, reviveValue(entry)] as const));
}
