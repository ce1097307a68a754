import { Worker } from "node:worker_threads";
import { limits } from "../limits.ts";
import type { TaskCall, TaskEnd, TaskInput, TaskMessage, TaskProgress } from "./task.ts";

/** A thread that runs one task at a time. */
export interface TaskThread {
  /** False once the thread has ended: another one must take its place. */
  readonly alive: boolean;
  /** Run a task; never rejects, a thread that ends has failed the task as `crashed`. */
  run(input: TaskInput, onProgress: (progress: TaskProgress) => void): Promise<TaskEnd>;
  /** Ask the running task to clean up and end; after `graceMs` the thread is ended by force. */
  cancel(graceMs: number): void;
  /** End the thread by force. */
  end(): Promise<void>;
}

interface Running {
  readonly onProgress: (progress: TaskProgress) => void;
  readonly resolve: (end: TaskEnd) => void;
}

const workerUrl = new URL("../../dist/tasks/task-worker.js", import.meta.url);

/**
 * Start a thread for tasks that may take `heapBytes` of JavaScript memory; `url` is another program
 * that speaks the same messages, for tests.
 */
export function startTaskThread(
  url: URL = workerUrl,
  { heapBytes = limits.taskHeapBytes }: { heapBytes?: number } = {},
): TaskThread {
  return new Thread(url, heapBytes);
}

class Thread implements TaskThread {
  readonly #worker: Worker;
  #alive = true;
  #reason = "its thread ended";
  #running: Running | undefined;
  #force: NodeJS.Timeout | undefined;
  #cancelled = false;

  constructor(url: URL, heapBytes: number) {
    const maxOldGenerationSizeMb = heapBytes / 1_048_576;
    this.#worker = new Worker(url, { env: {}, resourceLimits: { maxOldGenerationSizeMb } });
    this.#worker.on("message", (message: TaskMessage) => this.#hear(message));
    this.#worker.on("error", (error) => {
      this.#alive = false;
      this.#reason = error instanceof Error ? error.message : String(error);
    });
    this.#worker.on("exit", (code) => this.#gone(code));
  }

  get alive(): boolean {
    return this.#alive;
  }

  run(input: TaskInput, onProgress: (progress: TaskProgress) => void): Promise<TaskEnd> {
    return new Promise((resolve) => {
      this.#running = { onProgress, resolve };
      this.#cancelled = false;
      this.#tell({ kind: "run", input });
    });
  }

  cancel(graceMs: number): void {
    if (this.#running === undefined || this.#cancelled) return;
    this.#cancelled = true;
    this.#tell({ kind: "cancel" });
    this.#force = setTimeout(() => void this.#worker.terminate(), graceMs);
  }

  async end(): Promise<void> {
    this.#alive = false;
    await this.#worker.terminate();
  }

  #tell(call: TaskCall): void {
    this.#worker.postMessage(call);
  }

  #hear(message: TaskMessage): void {
    if (message.kind === "end") this.#settle(message.end);
    else this.#running?.onProgress(message.progress);
  }

  #gone(exitCode: number): void {
    this.#alive = false;
    const message = `Cannot finish the task: ${this.#reason} (exit code ${exitCode})`;
    this.#settle(
      this.#cancelled
        ? { state: "cancelled" }
        : { state: "failed", error: { code: "crashed", message } },
    );
  }

  #settle(end: TaskEnd): void {
    clearTimeout(this.#force);
    const running = this.#running;
    this.#running = undefined;
    running?.resolve(end);
  }
}
