import { Worker } from "node:worker_threads";
import { limits } from "../../limits.ts";
import type { ModuleLook } from "../../lua/modules/finder.ts";
import { compileGlue } from "../../lua/vm/glue.ts";
import { type Problem, type Wanted, wantNothing } from "./words.ts";

/** What the thread of an evaluation says: looks as they happen, then the rest. */
export type EvaluationMessage =
  | { readonly kind: "look"; readonly look: ModuleLook }
  | ({ readonly kind: "done" } & Omit<Verdict, "looks">);

/** What a conf.lua wants, as plain data, and what keeps it from going live. */
export interface Verdict {
  readonly wanted: Wanted;
  readonly problems: readonly Problem[];
  /** What the file printed. */
  readonly printed: readonly string[];
  /** Every look for a module: what was found, and where something could be. */
  readonly looks: readonly ModuleLook[];
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
    const looks: ModuleLook[] = [];
    const refuse = (code: string, message: string): void => {
      const problems = [{ where: fileName, code, message }];
      finish({ wanted: wantNothing(), problems, printed: [], looks });
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
    worker.on("message", (message: EvaluationMessage) => {
      if (message.kind === "look") looks.push(message.look);
      else finish({ ...message, looks });
    });
    worker.once("error", (error) => refuse("runtime", `Cannot evaluate it: ${String(error)}`));
    worker.once("exit", () => refuse("runtime", "Cannot evaluate it: its thread ended early"));
  });
}
