import fc from "fast-check";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { ScriptResult } from "../../../src/engine/sandboxes/script.ts";
import { agentScript, type FakeSandboxThread, fakeSandboxes } from "../../support/sandboxes.ts";
import { turn } from "../../support/tasks.ts";

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** What can happen next: to the nth script, to the nth thread that lives, or to the clock. */
const event = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("submit"), n: fc.nat(40) }) },
  {
    weight: 9,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "cancel",
        "start",
        "finish",
        "fail",
        "crash",
        "exhaust",
        "lose",
        "wait",
      ),
      n: fc.nat(40),
    }),
  },
);
type Event = { readonly kind: string; readonly n: number };

const failure = { code: "runtime", where: "x.lua:1", message: "no", traceback: "" } as const;

/** One pool and what was asked of it. */
class Scene {
  readonly sandboxes = fakeSandboxes({ workers: 2, queue: 3, graceMs: 20 });
  readonly aborts: AbortController[] = [];
  readonly settled: (ScriptResult | Error)[] = [];
  asked = 0;

  happen({ kind, n }: Event): void {
    if (kind === "submit") this.submit(n);
    else if (kind === "cancel") this.aborts[n % Math.max(1, this.aborts.length)]?.abort();
    else if (kind === "wait") vi.advanceTimersByTime(n);
    else this.happenTo(kind, n);
  }

  submit(n: number): void {
    const abort = new AbortController();
    this.aborts.push(abort);
    this.asked++;
    this.sandboxes.pool
      .run(agentScript("", { timeoutMs: n + 1 }), { signal: abort.signal })
      .then((result) => this.settled.push(result))
      .catch((error: Error) => this.settled.push(error));
  }

  happenTo(kind: string, n: number): void {
    const live = this.sandboxes.threads.filter(({ state }) => state !== "gone");
    const thread = live[n % Math.max(1, live.length)] as FakeSandboxThread | undefined;
    if (thread === undefined) return;
    if (kind === "start") thread.start();
    else if (kind === "crash") thread.crash("crashed");
    else if (kind === "exhaust") thread.crash("memory");
    else if (kind === "lose") {
      thread.begun = false;
      thread.crash("crashed");
    } else if (thread.script !== undefined) {
      thread.finish(kind === "fail" ? { error: failure } : {});
    }
  }

  /** Every script is in one place, and no thread that lives is unknown to the pool. */
  check(): void {
    const { pool, threads } = this.sandboxes;
    const { submitted, refused, waiting, running, ended, threads: known } = pool.counters();
    const over = Object.values(ended).reduce((sum, count) => sum + count, 0);
    expect(submitted).toBe(this.asked);
    expect(refused + waiting + running + over).toBe(submitted);
    expect(this.settled.length).toBe(refused + over);
    expect(waiting).toBeLessThanOrEqual(3 + 2);
    expect(known).toBe(threads.filter(({ state }) => state !== "gone").length);
    expect(known).toBeLessThanOrEqual(2);
    const busy = threads.filter(({ script }) => script !== undefined).length;
    expect(busy).toBe(running);
  }
}

test("a pool loses no script and leaks no thread, whatever happens in which order", async () => {
  const random = fc.array(event, { maxLength: 60 });
  const property = fc.asyncProperty(random, fc.nat(30), async (events, deadlineMs) => {
    const scene = new Scene();
    for (const next of events) {
      scene.happen(next);
      await turn();
      scene.check();
    }
    const closed = scene.sandboxes.pool.close(deadlineMs);
    // Every script has a deadline, every thread a grace: the clock alone ends them all.
    for (let i = 0; i < 40; i++) {
      for (const thread of scene.sandboxes.threads) thread.start();
      vi.advanceTimersByTime(20);
      await turn();
    }
    await closed;
    scene.check();
    expect(scene.settled).toHaveLength(scene.asked);
    expect(scene.sandboxes.threads.filter(({ state }) => state !== "gone")).toEqual([]);
    expect(vi.getTimerCount()).toBe(0);
  });
  await fc.assert(property, { numRuns: 200 });
});
