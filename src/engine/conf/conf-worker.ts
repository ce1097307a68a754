import { parentPort, workerData } from "node:worker_threads";
import { evaluateConfiguration } from "./configuration.ts";
import type { Verdict } from "./evaluate.ts";

/** Evaluates one conf.lua and says what it wants; the thread that made it bounds its time. */
const { source, fileName } = workerData as { source: string; fileName: string };
const printed: string[] = [];
const { wanted, problems } = evaluateConfiguration(source, fileName, {
  print: (text) => printed.push(text),
});
parentPort?.postMessage({ wanted, problems, printed } satisfies Verdict);
