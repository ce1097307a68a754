import { Worker } from "node:worker_threads";
import { limits } from "../../limits.ts";
import { compileGlue } from "../../lua/vm/glue.ts";
import { type Problem, type Wanted, wantNothing } from "./words.ts";

/** What a conf.lua wants, as plain data, and what keeps it from going live. */
export interface Verdict {
  readonly wanted: Wanted;
  readonly problems: readonly Problem[];
  /** What the file printed. */
  readonly printed: readonly string[];
}

/** How long a thread may take to start and to stop by itself, in milliseconds. */
const graceMs = 2_000;
const workerFile = new URL("../../../dist/engine/conf/conf-worker.js", import.meta.url);

/**
 * Evaluate `source` in a thread of its own, which is ended when it outlives its own time budget,
 * as pattern matching can: an endless loop in conf.lua is refused like any other mistake.
 */
export function evaluateApart(source: string, fileName: string): Promise<Verdict> {
  return new Promise((resolve) => {
    // Compiled here, it serves this thread's workers, one after the other.
    compileGlue();
    const worker = new Worker(workerFile, { workerData: { source, fileName }, env: {} });
    const refuse = (code: string, message: string): void => {
      finish({
        wanted: wantNothing(),
        problems: [{ where: fileName, code, message }],
        printed: [],
      });
    };
    const timer = setTimeout(() => {
      const seconds = limits.configurationMs / 1_000;
      refuse(
        "limit",
        `Cannot evaluate it: it still runs after ${seconds} s, expected declarations`,
      );
    }, limits.configurationMs + graceMs);
    function finish(verdict: Verdict): void {
      clearTimeout(timer);
      void worker.terminate();
      resolve(verdict);
    }
    worker.once("message", finish);
    worker.once("error", (error) => refuse("runtime", `Cannot evaluate it: ${String(error)}`));
    worker.once("exit", () => refuse("runtime", "Cannot evaluate it: its thread ended early"));
  });
}
