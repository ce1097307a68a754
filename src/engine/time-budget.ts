import { LimitError } from "../lua/errors.ts";

/**
 * Bounds how long Lua may run at a stretch: `poll` is what the Lua engine asks, and it has a reason
 * to end the script once the time given to `run` is over.
 */
export class TimeBudget {
  #deadlineMs = Number.POSITIVE_INFINITY;
  #budgetMs = 0;

  /** Run `body` with `budgetMs` milliseconds for all the Lua in it; runs may be nested. */
  run<T>(budgetMs: number, body: () => T): T {
    const before = this.#deadlineMs;
    this.#budgetMs = budgetMs;
    this.#deadlineMs = performance.now() + budgetMs;
    try {
      return body();
    } finally {
      this.#deadlineMs = before;
    }
  }

  readonly poll = (): LimitError | undefined =>
    performance.now() > this.#deadlineMs
      ? new LimitError("deadline", `still runs after ${this.#budgetMs} ms`)
      : undefined;
}
