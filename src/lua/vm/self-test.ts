import type { RunBounds } from "../guard.ts";

/** As much of an engine as the test needs. */
interface TestedEngine {
  run(source: string, chunkName: string): unknown[];
}

/** Bounds of the engine that is tested: small, so that the test takes some milliseconds. */
export const testBounds = {
  memoryBytes: 4 * 1024 * 1024,
  run: { instructions: 20_000, deadlineMs: 10_000, outputBytes: 1_000 } satisfies RunBounds,
} as const;

interface Check {
  /** What holds, as the failure names it. */
  readonly holds: string;
  readonly source: string;
  /** What the source returns, or how it ends: the reason and the place. */
  readonly expected: unknown;
}

const checks: readonly Check[] = [
  { holds: "10 / 2 prints as 5", source: "return tostring(10 / 2) .. 10 / 2", expected: "55" },
  {
    holds: "strings carry any octets",
    source: "return #'\\0\\255' + ('\\0\\255'):byte(2)",
    expected: 257,
  },
  { holds: "integers are exact", source: "return math.maxinteger", expected: 2n ** 63n - 1n },
  { holds: "bytecode is refused", source: "return load('\\27Lua')", expected: undefined },
  {
    holds: "the stack has its bound",
    source: "return (pcall(unpack, {}, 1, 70000))",
    expected: false,
  },
  { holds: "memory has its bound", source: "\nkeep = ('x'):rep(5e6)", expected: "memory test:2" },
  {
    holds: "a loop ends when its instructions do",
    source: "while true do pcall(function() while true do end end) end",
    expected: "instructions test:1",
  },
  {
    holds: "output has its bound",
    source: "while true do pcall(print, ('x'):rep(100)) end",
    expected: "output test:1",
  },
];

/**
 * Show that the VM is the one we know, with its changes and bounds in force, before the first
 * script relies on it. @throws {Error} that names what does not hold.
 */
export function testEngine(engine: TestedEngine): void {
  for (const { holds, source, expected } of checks) {
    const found = attempt(engine, source);
    if (found === expected) continue;
    const detail = `"${holds}" does not hold, got ${String(found)}, expected ${String(expected)}`;
    throw new Error(`Cannot trust the Lua engine: ${detail}; reinstall with npm ci`);
  }
}

function attempt(engine: TestedEngine, source: string): unknown {
  try {
    return engine.run(source, "test")[0];
  } catch (error) {
    const { reason, where, message } = error as Partial<Record<string, unknown>>;
    return reason === undefined ? message : `${reason} ${where}`;
  }
}
