import { parentPort, workerData } from "node:worker_threads";
import { evaluateConfiguration } from "./configuration.ts";
import type { EvaluationMessage } from "./evaluate.ts";

/** Evaluates one conf.lua and says what it wants; the thread that made it bounds its time. */
const { source, fileName } = workerData as { source: string; fileName: string };
const post = (message: EvaluationMessage): void => parentPort?.postMessage(message);
const printed: string[] = [];
const { wanted, problems } = evaluateConfiguration(source, fileName, {
  print: (text) => printed.push(text),
  // At once: a module that does not end must be known, too, so that a better one is noticed.
  onLook: (look) => post({ kind: "look", look }),
});
post({ kind: "done", wanted, problems, printed });
