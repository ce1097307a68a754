import { ConfigError, TransportError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { Stop } from "./messages.ts";
import { Run, type RunOptions } from "./run.ts";
import { type SandboxThread, startSandboxThread } from "./sandbox-thread.ts";
import type { Script, ScriptResult } from "./script.ts";
import { type SandboxCounters, SandboxTally } from "./tally.ts";
import { boundScript } from "./values.ts";

/** How a pool works; everything has a default. */
export interface SandboxPoolOptions {
  /** Scripts that run at a time, each in a thread of its own. */
  readonly workers?: number;
  /** Scripts that may wait for a thread. */
  readonly queue?: number;
  /** Milliseconds a script may take to end once it is asked to, before its thread is ended. */
  readonly graceMs?: number;
  /** Start another kind of thread, for tests. */
  readonly startThread?: () => SandboxThread;
}

/** Warm threads for scripts that nobody has read; each script gets an engine of its own. */
export interface SandboxPool {
  /**
   * Run a script when a thread is free. Whatever becomes of it, the promise resolves with it.
   * @throws {ConfigError} `limit` when the queue is full; `wrong-type` or `bad-value` for arguments
   *   and bounds that no script can have.
   * @throws {TransportError} `closed` after `close`.
   */
  run(script: Script, options?: RunOptions): Promise<ScriptResult>;
  counters(): SandboxCounters;
  /** Take nothing more, let what was taken end, cancel it after `deadlineMs`; end all threads. */
  close(deadlineMs?: number): Promise<void>;
}

/** Create a pool; its threads start at once. */
export function createSandboxPool(options: SandboxPoolOptions = {}): SandboxPool {
  return new Pool(options);
}

class Pool implements SandboxPool {
  readonly #options: Required<SandboxPoolOptions>;
  readonly #tally = new SandboxTally();
  /** All threads that live. */
  readonly #threads = new Set<SandboxThread>();
  /** Those without a script; the first has had the longest to make its next engine. */
  readonly #idle: SandboxThread[] = [];
  /** Threads that are being ended by force, and why. */
  readonly #killed = new Map<SandboxThread, Stop>();
  readonly #waiting: Run[] = [];
  readonly #running = new Set<Run>();
  #closing: Promise<void> | undefined;

  constructor(options: SandboxPoolOptions) {
    this.#options = {
      workers: limits.sandboxWorkers,
      queue: limits.sandboxQueue,
      graceMs: limits.sandboxGraceMs,
      startThread: () => startSandboxThread(),
      ...options,
    };
    this.#startThreads();
  }

  async run(script: Script, options: RunOptions = {}): Promise<ScriptResult> {
    this.#tally.submitted++;
    const run = this.#admit(script, options);
    this.#waiting.push(run);
    this.#wait(run);
    const result = await run.result;
    this.#tally.end(result.error);
    return result;
  }

  counters(): SandboxCounters {
    return this.#tally.snapshot({
      waiting: this.#waiting.length,
      running: this.#running.size,
      threads: this.#threads.size,
    });
  }

  close(deadlineMs: number = Number.POSITIVE_INFINITY): Promise<void> {
    this.#closing ??= this.#close(deadlineMs);
    return this.#closing;
  }

  #admit(script: Script, options: RunOptions): Run {
    try {
      if (this.#closing !== undefined) {
        throw new TransportError("closed", "Cannot run a script: the program is stopping");
      }
      const { queue, workers } = this.#options;
      if (this.#running.size + this.#waiting.length >= queue + workers) {
        const detail = `Cannot run a script: ${this.#waiting.length} wait already`;
        throw new ConfigError("limit", "", detail);
      }
      return new Run(boundScript(script), options);
    } catch (error) {
      this.#tally.refused++;
      throw error;
    }
  }

  /** Have `run`, which is in the queue, begin when it can. */
  #wait(run: Run): void {
    run.wait(() => this.#waiting.splice(this.#waiting.indexOf(run), 1));
    this.#startThreads();
    this.#startNext();
  }

  #startThreads(): void {
    while (this.#threads.size < this.#options.workers) {
      const thread = this.#options.startThread();
      this.#threads.add(thread);
      void this.#tend(thread);
    }
  }

  /** Use a thread from its start to its end, then have another one in its place. */
  async #tend(thread: SandboxThread): Promise<void> {
    const started = await thread.ready;
    if (started) this.#offer(thread);
    const { kind, message } = await thread.ended;
    this.#threads.delete(thread);
    const place = this.#idle.indexOf(thread);
    if (place >= 0) this.#idle.splice(place, 1);
    const needed = this.#closing === undefined || this.#waiting.length > 0;
    if (this.#closing === undefined || this.#killed.has(thread)) {
      this.#tally.lost[this.#killed.get(thread) ?? (started ? kind : "start")]++;
    }
    this.#killed.delete(thread);
    // What cannot start now would not a moment later: the next script tries again.
    if (started && needed) this.#startThreads();
    else if (this.#threads.size === 0) this.#giveUp(message);
  }

  #giveUp(reason: string): void {
    for (const run of this.#waiting.splice(0)) run.fail(`no sandbox starts: ${reason}`);
  }

  #offer(thread: SandboxThread): void {
    this.#idle.push(thread);
    this.#startNext();
  }

  #startNext(): void {
    while (this.#idle.length > 0 && this.#waiting.length > 0) {
      const thread = this.#idle.shift() as SandboxThread;
      const run = this.#waiting.shift() as Run;
      void this.#execute(run, thread);
    }
  }

  async #execute(run: Run, thread: SandboxThread): Promise<void> {
    this.#running.add(run);
    const fate = await run.runOn(thread, {
      graceMs: this.#options.graceMs,
      onKill: (stop) => this.#killed.set(thread, stop),
    });
    this.#running.delete(run);
    if (fate === "unbegun") {
      this.#waiting.unshift(run);
      this.#wait(run);
    } else if (fate === "lives" && this.#threads.has(thread) && !this.#killed.has(thread)) {
      this.#offer(thread);
    }
  }

  async #close(deadlineMs: number): Promise<void> {
    const runs = [...this.#waiting, ...this.#running];
    const ended = Promise.all(runs.map(({ result }) => result));
    const timer = Number.isFinite(deadlineMs)
      ? setTimeout(() => {
          for (const run of runs) run.cancel();
        }, deadlineMs)
      : undefined;
    await ended;
    clearTimeout(timer);
    await Promise.all([...this.#threads].map((thread) => thread.end()));
  }
}
