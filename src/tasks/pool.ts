import { randomUUID } from "node:crypto";
import { ConfigError, TransportError } from "../errors.ts";
import { limits } from "../limits.ts";
import { removeLeftovers } from "./leftovers.ts";
import type { Task, TaskEnd, TaskInput, TaskKind } from "./task.ts";
import { startTaskThread, type TaskThread } from "./task-thread.ts";

/** How a pool works; everything has a default. */
export interface TaskPoolOptions {
  /** Tasks that run at a time, each in a thread of its own. */
  readonly workers?: number;
  /** Tasks that may wait. */
  readonly queue?: number;
  /** Ended tasks that are remembered. */
  readonly history?: number;
  /** Hears when tasks start and end, and what went wrong with threads. */
  readonly onLog?: (level: "info" | "warn" | "error", message: string, fields: object) => void;
  /** Start another kind of thread, for tests. */
  readonly startThread?: () => TaskThread;
  /** Milliseconds since the epoch, for tests. */
  readonly now?: () => number;
}

/** Tasks of one process: those that wait, run and have ended. */
export interface TaskPool {
  /**
   * Take a task on; it runs as soon as a thread is free. The input is trusted: callers check it.
   * @throws {ConfigError} `duplicate` when `id` is known, `limit` when the queue is full.
   * @throws {TransportError} `in-use` when a task writes that output, `closed` after `stop`.
   */
  submit(kind: TaskKind, input: TaskInput, id?: string): Task;
  get(id: string): Task | undefined;
  /** All known tasks, newest first. */
  list(): readonly Task[];
  /** Cancel a task that waits or runs; false when there is none of that id. */
  cancel(id: string): boolean;
  /** Seconds after which a place in the queue is likely, from the progress of what runs. */
  retryAfterSeconds(): number;
  /** Cancel everything, take nothing more, and end all threads, by force after `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

interface Entry {
  readonly task: Mutable<Task>;
  /** Set while the task runs. */
  thread?: TaskThread;
}

/** Create a pool; threads start with the first tasks. */
export function createTaskPool(options: TaskPoolOptions): TaskPool {
  return new Pool(options);
}

class Pool implements TaskPool {
  readonly #options: Required<TaskPoolOptions>;
  /** By id, oldest first. */
  readonly #entries = new Map<string, Entry>();
  readonly #waiting: Entry[] = [];
  /** Threads without a task; all of them live. */
  readonly #idle: TaskThread[] = [];
  readonly #running = new Map<Entry, Promise<void>>();
  #stopping = false;

  constructor(options: TaskPoolOptions) {
    this.#options = {
      workers: limits.taskWorkers,
      queue: limits.taskQueue,
      history: limits.taskHistory,
      onLog: () => undefined,
      startThread: () => startTaskThread(),
      now: Date.now,
      ...options,
    };
  }

  submit(kind: TaskKind, input: TaskInput, id: string = randomUUID()): Task {
    this.#admit(id, input);
    const progress = { bytes: 0, totalBytes: 0, packets: 0, flows: 0 };
    const createdMs = this.#options.now();
    const entry: Entry = { task: { id, kind, state: "queued", input, progress, createdMs } };
    this.#entries.set(id, entry);
    this.#waiting.push(entry);
    this.#startNext();
    return { ...entry.task };
  }

  get(id: string): Task | undefined {
    const entry = this.#entries.get(id);
    return entry && { ...entry.task };
  }

  list(): readonly Task[] {
    return Array.from(this.#entries.values(), ({ task }) => ({ ...task })).reverse();
  }

  cancel(id: string): boolean {
    const entry = this.#entries.get(id);
    if (entry === undefined || entry.task.endedMs !== undefined) return false;
    this.#cancel(entry, limits.taskCancelMs);
    return true;
  }

  retryAfterSeconds(): number {
    const now = this.#options.now();
    const leftMs = Array.from(this.#running.keys(), ({ task }) => {
      const { bytes, totalBytes } = task.progress;
      if (bytes === 0 || task.startedMs === undefined) return Number.POSITIVE_INFINITY;
      return ((now - task.startedMs) * (totalBytes - bytes)) / bytes;
    });
    const known = leftMs.filter(Number.isFinite);
    const seconds = known.length === 0 ? 1 : Math.ceil(Math.min(...known) / 1_000);
    return Math.min(Math.max(seconds, 1), limits.taskRetrySeconds);
  }

  async stop(deadlineMs: number): Promise<void> {
    this.#stopping = true;
    const idle = this.#idle.splice(0).map((thread) => thread.end());
    const unended = [...this.#waiting, ...this.#running.keys()];
    for (const entry of unended) this.#cancel(entry, deadlineMs);
    await Promise.all([...idle, ...this.#running.values()]);
  }

  #admit(id: string, { output }: TaskInput): void {
    if (this.#stopping) {
      throw new TransportError("closed", "Cannot take a task on: the program is stopping");
    }
    if (this.#entries.has(id)) {
      const detail = `Cannot take task "${id}" on: a task of that id exists`;
      throw new ConfigError("duplicate", "", detail);
    }
    const writers = [...this.#waiting, ...this.#running.keys()];
    const writer = writers.find(({ task }) => task.input.output === output);
    if (writer !== undefined) {
      const detail = `Cannot write ${output}: task "${writer.task.id}" is about to write it`;
      throw new TransportError("in-use", detail);
    }
    const { queue, workers } = this.#options;
    if (this.#waiting.length >= queue && this.#running.size >= workers) {
      const detail = `Cannot take a task on: ${this.#waiting.length} tasks wait already`;
      throw new ConfigError("limit", "", detail);
    }
  }

  #startNext(): void {
    while (!this.#stopping && this.#running.size < this.#options.workers) {
      const entry = this.#waiting.shift();
      if (entry === undefined) return;
      this.#running.set(entry, this.#run(entry));
    }
  }

  async #run(entry: Entry): Promise<void> {
    const { task } = entry;
    const { onLog, now, startThread } = this.#options;
    const thread = this.#idle.pop() ?? startThread();
    entry.thread = thread;
    task.state = "running";
    task.startedMs = now();
    onLog("info", `task ${task.id} started`, { task: task.id, kind: task.kind });
    const end = await thread.run(task.input, (progress) => {
      task.progress = progress;
    });
    await this.#release(entry, thread);
    this.#running.delete(entry);
    this.#finish(entry, end);
    this.#startNext();
  }

  /** Keep a thread that lives for the next task; clean up after one that ended. */
  async #release(entry: Entry, thread: TaskThread): Promise<void> {
    delete entry.thread;
    if (thread.alive && !this.#stopping) {
      this.#idle.push(thread);
      return;
    }
    const { id, input } = entry.task;
    await thread.end();
    await removeLeftovers(input.output).catch((error: unknown) => {
      if (!(error instanceof TransportError)) throw error;
      this.#options.onLog("warn", error.message, { task: id });
    });
  }

  #cancel(entry: Entry, graceMs: number): void {
    if (entry.thread !== undefined) {
      entry.thread.cancel(graceMs);
      return;
    }
    this.#waiting.splice(this.#waiting.indexOf(entry), 1);
    this.#finish(entry, { state: "cancelled" });
  }

  #finish({ task }: Entry, end: TaskEnd): void {
    task.endedMs = this.#options.now();
    Object.assign(task, end);
    if (end.state === "succeeded") {
      const { packets, flows } = end.result; // the last flows come after the last report
      task.progress = { ...task.progress, packets, flows };
    }
    const level = end.state === "failed" ? "error" : "info";
    const error = end.state === "failed" ? `: ${end.error.message}` : "";
    this.#options.onLog(level, `task ${task.id} ${end.state}${error}`, { task: task.id, ...end });
    this.#forget();
  }

  #forget(): void {
    const ended = Array.from(this.#entries.values()).filter(({ task }) => "endedMs" in task);
    const surplus = ended.length - this.#options.history;
    if (surplus <= 0) return;
    ended.sort((a, b) => (a.task.endedMs ?? 0) - (b.task.endedMs ?? 0));
    for (const { task } of ended.slice(0, surplus)) this.#entries.delete(task.id);
  }
}
