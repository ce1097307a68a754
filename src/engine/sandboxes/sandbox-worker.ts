import { parentPort, workerData } from "node:worker_threads";
import { compiledModules } from "../../lua/vm/modules.ts";
import type { SandboxCall, SandboxMessage } from "./messages.ts";
import { ScriptRunner } from "./runner.ts";
import { yieldToOthers } from "./yield-to-others.ts";

/** The thread of a sandbox: one script at a time, each in a fresh engine made beforehand. */
const control = workerData as Int32Array;
const post = (message: SandboxMessage): void => parentPort?.postMessage(message);

yieldToOthers();
const runner = new ScriptRunner(control, (lines) => post({ kind: "output", lines }));
runner.prepare();
post({ kind: "ready", modules: compiledModules() });

parentPort?.on("message", ({ script }: SandboxCall) => {
  post({ kind: "end", end: runner.run(script) });
  setImmediate(() => runner.prepare());
});
