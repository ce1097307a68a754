import fc from "fast-check";
import { expect, test } from "vitest";
import { createSandboxPool } from "../../../src/engine/sandboxes/pool.ts";
import {
  type SandboxThread,
  startSandboxThread,
} from "../../../src/engine/sandboxes/sandbox-thread.ts";
import { agentScript } from "../../support/sandboxes.ts";

/** Scripts, and the codes that they may end with when nobody cancels them. */
const kinds = {
  well: ["return 1", [undefined]],
  mistake: ["error('x')", ["runtime"]],
  loop: ["while true do pcall(function() while true do end end) end", ["limit"]],
  greedy: ["local t = {} while true do t[#t + 1] = {} end", ["limit"]],
  loud: ["while true do pcall(print, ('x'):rep(10000)) end", ["limit"]],
} as const;

const job = fc.record({
  kind: fc.constantFrom(...(Object.keys(kinds) as (keyof typeof kinds)[])),
  /** Cancelled once so many others have ended; mostly not. */
  cancelAfter: fc.option(fc.nat(12), { freq: 3 }),
  /** Its thread is ended from outside instead. */
  crash: fc.boolean(),
});

test("a pool of real threads loses no script and leaks no thread", async () => {
  const property = fc.asyncProperty(
    fc.array(job, { minLength: 8, maxLength: 16 }),
    async (jobs) => {
      const threads: SandboxThread[] = [];
      const startThread = () => {
        const thread = startSandboxThread();
        threads.push(thread);
        return thread;
      };
      const pool = createSandboxPool({ workers: 2, graceMs: 200, startThread });
      const crashes: Promise<void>[] = [];
      let over = 0;
      const aborts = jobs.map(() => new AbortController());
      const cancelDue = () => {
        over++;
        jobs.forEach(({ cancelAfter, crash }, i) => {
          if (cancelAfter !== over) return;
          if (crash) crashes.push((threads[i % threads.length] as SandboxThread).end());
          else aborts[i]?.abort();
        });
      };
      const results = jobs.map(async ({ kind }, i) => {
        const timeoutMs = kind === "loop" ? 100 : 60_000;
        const script = agentScript(kinds[kind][0], { timeoutMs, memoryBytes: 2_000_000 });
        const { error } = await pool.run(script, { signal: (aborts[i] as AbortController).signal });
        cancelDue();
        const codes: readonly (string | undefined)[] = kinds[kind][1];
        expect([...codes, "cancelled", "crashed"]).toContain(error?.code);
      });
      await Promise.all(results);
      await Promise.all(crashes);
      const { submitted, refused, waiting, running, ended } = pool.counters();
      const settled = Object.values(ended).reduce((sum, count) => sum + count, 0);
      expect([submitted, refused, waiting, running]).toEqual([jobs.length, 0, 0, 0]);
      expect(settled).toBe(jobs.length);
      expect((await pool.run(agentScript("return 'alive'"))).values).toEqual(["alive"]);
      await pool.close();
      expect(pool.counters().threads).toBe(0);
      await Promise.all(threads.map(({ ended: end }) => end));
    },
  );
  await fc.assert(property, { numRuns: 2, endOnFailure: true });
}, 180_000);
