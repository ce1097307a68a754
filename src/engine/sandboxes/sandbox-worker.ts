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

async function serve({ script }: SandboxCall): Promise<void> {
  post({ kind: "end", end: await runner.run(script) });
  setImmediate(() => runner.prepare());
}

// A bug must end the thread: the rejection is left unhandled.
parentPort?.on("message", (call: SandboxCall) => void serve(call));
