import type { ScriptEnd, Stop } from "../../src/engine/sandboxes/messages.ts";
import {
  createSandboxPool,
  type SandboxPool,
  type SandboxPoolOptions,
} from "../../src/engine/sandboxes/pool.ts";
import type { SandboxThread, ThreadEnd } from "../../src/engine/sandboxes/sandbox-thread.ts";
import type { Script } from "../../src/engine/sandboxes/script.ts";

/** What a script took that ended at once. */
export const nothingUsed = { instructions: 0, memoryBytes: 0, ms: 0 };

/** A sandbox's thread whose life the test decides. */
export class FakeSandboxThread implements SandboxThread {
  readonly ready: Promise<boolean>;
  readonly ended: Promise<ThreadEnd>;
  /** The script that runs now. */
  script: Script | undefined;
  interrupted: Stop | undefined;
  begun = true;
  state: "starting" | "alive" | "gone" = "starting";
  #resolveReady: (ready: boolean) => void = () => undefined;
  #resolveEnded: (end: ThreadEnd) => void = () => undefined;
  #resolveRun: (end: ScriptEnd | undefined) => void = () => undefined;

  constructor() {
    this.ready = new Promise((resolve) => {
      this.#resolveReady = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#resolveEnded = resolve;
    });
  }

  start(): void {
    if (this.state === "starting") this.state = "alive";
    this.#resolveReady(true);
  }

  run(script: Script): Promise<ScriptEnd | undefined> {
    if (this.script !== undefined) throw new Error("A thread runs one script at a time");
    if (this.state === "gone") return Promise.resolve(undefined);
    this.script = script;
    this.interrupted = undefined;
    return new Promise((resolve) => {
      this.#resolveRun = resolve;
    });
  }

  /** Its script ends. */
  finish(end: Partial<ScriptEnd> = {}): void {
    this.script = undefined;
    this.#resolveRun({ values: [], error: undefined, used: nothingUsed, ...end });
  }

  interrupt(stop: Stop): void {
    this.interrupted = stop;
  }

  usage() {
    return { instructions: 7, memoryBytes: 8 };
  }

  async end(): Promise<void> {
    this.crash("crashed");
  }

  /** It ends, as threads do that ran out of memory or were ended. */
  crash(kind: ThreadEnd["kind"], message = "gone"): void {
    this.state = "gone";
    this.script = undefined;
    this.#resolveReady(false);
    this.#resolveRun(undefined);
    this.#resolveEnded({ kind, message });
  }
}

/** A pool on fake threads, in the order in which they were started. */
export function fakeSandboxes(options: Omit<SandboxPoolOptions, "startThread"> = {}): {
  readonly pool: SandboxPool;
  readonly threads: FakeSandboxThread[];
} {
  const threads: FakeSandboxThread[] = [];
  const startThread = () => {
    const thread = new FakeSandboxThread();
    threads.push(thread);
    return thread;
  };
  return { pool: createSandboxPool({ ...options, startThread }), threads };
}

/** A script of an agent. */
export function agentScript(source: string, more: Partial<Script> = {}): Script {
  return { source, name: "agent.lua", profile: "agent", ...more };
}
