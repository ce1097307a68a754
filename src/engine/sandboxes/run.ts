import type { Stop } from "./messages.ts";
import type { SandboxThread } from "./sandbox-thread.ts";
import type { ScriptError, ScriptLine, ScriptResult } from "./script.ts";
import { type BoundedScript, reviveValue } from "./values.ts";

/** Who waits for a script. */
export interface RunOptions {
  /** Ends the script wherever it is, in the queue too. */
  readonly signal?: AbortSignal;
  /** Receives what the script says while it runs. */
  readonly onOutput?: (lines: readonly ScriptLine[]) => void;
}

/** One script from the queue to its result, which comes exactly once. */
export class Run {
  readonly script: BoundedScript;
  readonly result: Promise<ScriptResult>;
  readonly #options: RunOptions;
  readonly #output: ScriptLine[] = [];
  /** Whether a thread ended before it began with it; once may be chance, twice is its fault. */
  #again = false;
  #resolve: (result: ScriptResult) => void = () => undefined;
  /** What a wish to end it does: depends on where it is. */
  #onStop: (stop: Stop) => void = () => undefined;

  constructor(script: BoundedScript, options: RunOptions) {
    this.script = script;
    this.#options = options;
    this.result = new Promise((resolve) => {
      this.#resolve = resolve;
    });
  }

  /** Call `remove` when it is to end before a thread has taken it. */
  wait(remove: () => void): void {
    this.#onStop = () => {
      remove();
      this.#settle({ values: [], error: this.#error("cancelled", "cancelled"), ...nothingUsed });
    };
    this.#options.signal?.addEventListener("abort", this.#abort, { once: true });
    if (this.#options.signal?.aborted === true) this.cancel();
  }

  /** End it: in the queue at once, in a thread within the grace. */
  cancel(): void {
    this.#onStop("cancelled");
  }

  /** No thread will ever take it. */
  fail(reason: string): void {
    this.#settle({ values: [], error: this.#error("crashed", reason), ...nothingUsed });
  }

  /**
   * Run it on `thread`, and settle it. A thread that does not end it `graceMs` after it was asked
   * to is ended by force; `onKill` is told before. Resolves with what became of the thread; after
   * `unbegun` it is not settled, and another thread may take it.
   */
  async runOn(
    thread: SandboxThread,
    { graceMs, onKill }: { graceMs: number; onKill: (stop: Stop) => void },
  ): Promise<"lives" | "gone" | "unbegun"> {
    const { script } = this;
    let stopped: Stop | undefined;
    let force: NodeJS.Timeout | undefined;
    this.#onStop = (stop) => {
      if (stopped !== undefined) return;
      stopped = stop;
      thread.interrupt(stop);
      force = setTimeout(() => {
        onKill(stop);
        void thread.end();
      }, graceMs);
    };
    const deadline = setTimeout(() => this.#onStop("deadline"), script.timeoutMs);
    const startMs = performance.now();
    const end = await thread.run(script, (lines) => this.#say(lines));
    clearTimeout(deadline);
    clearTimeout(force);
    if (end !== undefined) {
      this.#settle({ ...end, values: end.values.map(reviveValue) });
      return "lives";
    }
    if (!thread.begun && stopped === undefined && !this.#again) {
      this.#again = true;
      return "unbegun";
    }
    const used = { ...thread.usage(), ms: performance.now() - startMs };
    this.#settle({ values: [], error: await this.#lost(thread, stopped), used });
    return "gone";
  }

  /** The thread ended, and the script with it. */
  async #lost(thread: SandboxThread, stopped: Stop | undefined): Promise<ScriptError> {
    const { kind, message } = await thread.ended;
    if (stopped === "cancelled") return this.#error("cancelled", "cancelled, and ended by force");
    if (stopped === "deadline") {
      const { timeoutMs } = this.script;
      const detail = `still runs after ${timeoutMs} ms, and was ended by force`;
      return { ...this.#error("limit", detail), bound: "deadline" };
    }
    if (kind === "memory") return { ...this.#error("limit", message), bound: "memory" };
    return this.#error("crashed", message);
  }

  #say(lines: readonly ScriptLine[]): void {
    for (const line of lines) this.#output.push(line);
    this.#options.onOutput?.(lines);
  }

  readonly #abort = (): void => this.cancel();

  #error(code: ScriptError["code"], message: string): ScriptError {
    return { code, where: this.script.name, message, traceback: "" };
  }

  #settle(end: Omit<ScriptResult, "output">): void {
    this.#onStop = () => undefined;
    this.#options.signal?.removeEventListener("abort", this.#abort);
    this.#resolve({ ...end, output: this.#output });
  }
}

const nothingUsed = { used: { instructions: 0, memoryBytes: 0, ms: 0 } };
