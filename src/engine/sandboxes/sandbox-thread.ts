import { Worker } from "node:worker_threads";
import { limits } from "../../limits.ts";
import { compileGlue } from "../../lua/vm/glue.ts";
import { adoptModules } from "../../lua/vm/modules.ts";
import {
  controlSlots,
  type SandboxCall,
  type SandboxMessage,
  type ScriptEnd,
  type Stop,
  stops,
} from "./messages.ts";
import type { Script, ScriptLine, ScriptUsage } from "./script.ts";

/** A thread that runs one script at a time, as the pool sees it. */
export interface SandboxThread {
  /** Resolves once it can run scripts, or has ended without having been able to: then false. */
  readonly ready: Promise<boolean>;
  /** Resolves when the thread has ended, with why. */
  readonly ended: Promise<ThreadEnd>;
  /** Run a script; undefined when the thread ended first. Never rejects. */
  run(
    script: Script,
    onLines: (lines: readonly ScriptLine[]) => void,
  ): Promise<ScriptEnd | undefined>;
  /** Whether it has begun with the script that it was given last. */
  readonly begun: boolean;
  /** Ask the script to end from within. */
  interrupt(stop: Stop): void;
  /** What the script had taken when it was last asked; `ms` is the pool's to know. */
  usage(): Omit<ScriptUsage, "ms">;
  /** End the thread by force. */
  end(): Promise<void>;
}

/** Why a thread ended that was not told to. */
export interface ThreadEnd {
  readonly kind: "memory" | "crashed";
  readonly message: string;
}

const workerUrl = new URL("../../../dist/engine/sandboxes/sandbox-worker.js", import.meta.url);
const mebibyte = 1_048_576;

/** Start a thread; `url` is another program that speaks the same messages, for tests. */
export function startSandboxThread(url: URL = workerUrl): SandboxThread {
  return new Thread(url);
}

class Thread implements SandboxThread {
  readonly ready: Promise<boolean>;
  readonly ended: Promise<ThreadEnd>;
  readonly #control = new Int32Array(new SharedArrayBuffer(4 * controlSlots.count));
  readonly #worker: Worker;
  #onReady: (ready: boolean) => void = () => undefined;
  #onLines: (lines: readonly ScriptLine[]) => void = () => undefined;
  #onEnd: (end: ScriptEnd | undefined) => void = () => undefined;
  #error: unknown;
  #gone = false;

  constructor(url: URL) {
    compileGlue();
    this.#worker = new Worker(url, {
      workerData: this.#control,
      env: {},
      resourceLimits: { maxOldGenerationSizeMb: limits.sandboxHeapBytes / mebibyte },
    });
    this.ready = new Promise((resolve) => {
      this.#onReady = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#worker.once("exit", (code) => {
        this.#gone = true;
        this.#onReady(false);
        this.#onEnd(undefined);
        resolve(describeEnd(this.#error, code));
      });
    });
    this.#worker.on("message", (message: SandboxMessage) => this.#hear(message));
    this.#worker.on("error", (error) => {
      this.#error = error;
    });
  }

  run(
    script: Script,
    onLines: (lines: readonly ScriptLine[]) => void,
  ): Promise<ScriptEnd | undefined> {
    this.#control.fill(0);
    if (this.#gone) return Promise.resolve(undefined);
    this.#onLines = onLines;
    return new Promise((resolve) => {
      this.#onEnd = resolve;
      this.#worker.postMessage({ kind: "run", script } satisfies SandboxCall);
    });
  }

  get begun(): boolean {
    return Atomics.load(this.#control, controlSlots.begun) !== 0;
  }

  interrupt(stop: Stop): void {
    Atomics.store(this.#control, controlSlots.stop, stops[stop]);
  }

  usage(): Omit<ScriptUsage, "ms"> {
    const read = (slot: number) => Atomics.load(this.#control, slot);
    return {
      instructions: read(controlSlots.thousands) * 1_000,
      memoryBytes: read(controlSlots.memoryKib) * 1_024,
    };
  }

  async end(): Promise<void> {
    await this.#worker.terminate();
  }

  #hear(message: SandboxMessage): void {
    if (message.kind === "output") this.#onLines(message.lines);
    else if (message.kind === "end") this.#onEnd(message.end);
    else {
      adoptModules(message.modules);
      this.#onReady(true);
    }
  }
}

function describeEnd(error: unknown, code: number): ThreadEnd {
  const { code: errorCode } = (error ?? {}) as NodeJS.ErrnoException;
  const reason = error instanceof Error ? error.message : "its thread ended";
  return {
    kind: errorCode === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : "crashed",
    message: `${reason} (exit code ${code})`,
  };
}
