import { createTaskPool, type TaskPool, type TaskPoolOptions } from "../../src/tasks/pool.ts";
import type { TaskEnd, TaskInput, TaskProgress } from "../../src/tasks/task.ts";
import type { TaskThread } from "../../src/tasks/task-thread.ts";

/** A thread whose task ends when the test says so. */
export class FakeThread implements TaskThread {
  alive = true;
  input: TaskInput | undefined;
  report: (progress: TaskProgress) => void = () => undefined;
  finish: (end: TaskEnd) => void = () => undefined;

  run(input: TaskInput, onProgress: (progress: TaskProgress) => void): Promise<TaskEnd> {
    this.input = input;
    this.report = onProgress;
    return new Promise((resolve) => {
      this.finish = resolve;
    });
  }

  cancel(): void {
    this.finish({ state: "cancelled" });
  }

  /** What a thread does that ends by itself. */
  crash(): void {
    this.alive = false;
    this.finish({ state: "failed", error: { code: "crashed", message: "Cannot finish: crash" } });
  }

  async end(): Promise<void> {
    this.alive = false;
  }
}

/** A pool on fake threads, in the order in which they were started. */
export function fakePool(options: Omit<TaskPoolOptions, "startThread"> = {}): {
  readonly pool: TaskPool;
  readonly threads: FakeThread[];
} {
  const threads: FakeThread[] = [];
  const startThread = () => {
    const thread = new FakeThread();
    threads.push(thread);
    return thread;
  };
  return { pool: createTaskPool({ ...options, startThread }), threads };
}

/** How a conversion ends well. */
export function success(output: string): TaskEnd {
  return {
    state: "succeeded",
    result: { output, outputBytes: 99, packets: 4, octets: 400, flows: 2, damage: [] },
  };
}

/** A turn of the event loop, after which all promises that could settle have settled. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
