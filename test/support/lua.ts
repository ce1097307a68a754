import { createLuaEngine, type LuaEngine } from "../../src/lua/engine.ts";
import { LuaError } from "../../src/lua/errors.ts";
import type { LuaValue } from "../../src/lua/values.ts";
import type { AsyncOptions } from "../../src/lua/wait/tasks.ts";

/** An engine of the trusted profile and the lines it printed. */
export function startEngine(memoryBytes?: number): { engine: LuaEngine; printed: unknown[] } {
  const printed: unknown[] = [];
  const bound = memoryBytes === undefined ? {} : { memoryBytes };
  const engine = createLuaEngine({
    profile: "trusted",
    print: (line) => printed.push(line),
    ...bound,
  });
  return { engine, printed };
}

/** What `source` returns in a fresh engine. */
export function runLua(source: string, ...args: LuaValue[]): LuaValue[] {
  return startEngine().engine.run(source, "test.lua", args);
}

/** The error that `source` ends with. */
export function failLua(source: string, engine = startEngine().engine): LuaError {
  try {
    engine.run(source, "test.lua");
  } catch (error) {
    if (error instanceof LuaError) return error;
    throw error;
  }
  throw new Error(`Lua did not fail: ${source}`);
}

/** The error that `source`, which may wait, ends with. */
export async function failAsync(
  source: string,
  engine: LuaEngine,
  options: AsyncOptions = {},
): Promise<LuaError> {
  try {
    await engine.runAsync(source, "test.lua", [], options);
  } catch (error) {
    if (error instanceof LuaError) return error;
    throw error;
  }
  throw new Error(`Lua did not fail: ${source}`);
}

/**
 * Statements that nothing ends from within: a short list is sorted in C, where each comparison of
 * long strings takes milliseconds, and there are thousands.
 */
export const unstoppable = `
  local list, text = {}, ("x"):rep(1e7)
  local odd, even = text .. "a", text .. "b"
  for i = 1, 1000 do list[i] = i % 2 == 0 and even or odd end
  table.sort(list)`;
