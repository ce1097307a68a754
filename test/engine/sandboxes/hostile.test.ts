import { existsSync } from "node:fs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSandboxPool, type SandboxPool } from "../../../src/engine/sandboxes/pool.ts";
import type { ScriptResult } from "../../../src/engine/sandboxes/script.ts";
import type { LimitReason } from "../../../src/lua/errors.ts";
import { agentScript } from "../../support/sandboxes.ts";

type Hostile = readonly [source: string, end: LimitReason | "work" | RegExp];

/** The suite that the engine is held to; it stands beside the engine's own tests. */
const suite = new URL("../../lua/hostile/scripts.ts", import.meta.url);
const hasSuite = existsSync(suite);
if (!hasSuite) console.warn("test/lua/hostile is not there: its scripts do not run in the pool");
const { hostileScripts } = (hasSuite ? await import(suite.href) : { hostileScripts: [] }) as {
  hostileScripts: readonly Hostile[];
};

const memoryBytes = 8_388_608;
const roomForErrors = 65_536;

let pool: SandboxPool;
beforeAll(() => {
  // Long enough for a busy machine: a script that has to be ended by force is a fault here.
  pool = createSandboxPool({ workers: 2, queue: hostileScripts.length, graceMs: 10_000 });
});
afterAll(() => pool.close());

/** An agent has more instructions than a test has time: loops end at the deadline here. */
function isEndless([, end]: Hostile): boolean {
  return end === "work" || end === "instructions" || String(end).includes("still runs");
}

function attack(script: Hostile): Promise<ScriptResult> {
  const timeoutMs = isEndless(script) ? 150 : 60_000;
  return pool.run(agentScript(script[0], { memoryBytes, timeoutMs }));
}

/**
 * What is wrong with how a script ended; empty when all is well. The words of errors are for the
 * engine's own test of the suite.
 */
function complaint(script: Hostile, { error, used }: ScriptResult): string {
  const [source, end] = script;
  const told = `${source.slice(0, 200)} → ${error?.code} ${error?.bound} ${error?.message}`;
  if (error?.code === "crashed" || error?.code === "cancelled") return told;
  if (used.memoryBytes > memoryBytes + roomForErrors) return `${told}: ${used.memoryBytes} octets`;
  // An agent may print more than a test wants to read.
  if (typeof end !== "string" || (error === undefined && end === "output")) return "";
  return error?.bound === (isEndless(script) ? "deadline" : end) ? "" : told;
}

test.skipIf(!hasSuite)(
  "run() ends every hostile script as its bounds say, and no thread with it",
  async () => {
    const ends = await Promise.all(
      hostileScripts.map(async (script) => complaint(script, await attack(script))),
    );
    expect(ends.filter((text) => text !== "")).toEqual([]);
    const { values } = await pool.run(agentScript("return 1 + 1"));
    expect(values).toEqual([2]);
    expect(pool.counters()).toMatchObject({ threads: 2, waiting: 0, running: 0 });
    expect(Object.values(pool.counters().lost)).toEqual([0, 0, 0, 0, 0]);
  },
  120_000,
);
