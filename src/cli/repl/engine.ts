import { Worker } from "node:worker_threads";
import { controlSlots, type ReplReply, type ReplRequest } from "./messages.ts";

type Answer = Exclude<ReplReply, { kind: "print" }>;

const startedAnew = "The engine was started anew: globals and modules are lost\n";

/** The REPL's Lua engine in a worker of its own, so that nothing in it can hold up the terminal. */
export class ReplEngine {
  readonly #print: (line: string | Uint8Array) => void;
  #control = new Int32Array(new SharedArrayBuffer(8));
  #worker: Worker;
  #waiting: ((answer: Answer) => void) | undefined;

  constructor(print: (line: string | Uint8Array) => void) {
    this.#print = print;
    this.#worker = this.#start();
  }

  /** Whether a script runs now. */
  get busy(): boolean {
    return this.#waiting !== undefined;
  }

  /** Run what was typed; resolves when it ended, or when the engine was replaced. */
  run(source: string): Promise<Extract<ReplReply, { kind: "ran" }>> {
    return this.#execute({ kind: "run", source });
  }

  /** Run a whole file, as `run` does. */
  load(name: string, source: Uint8Array): Promise<Extract<ReplReply, { kind: "ran" }>> {
    return this.#execute({ kind: "load", name, source });
  }

  async #execute(request: ReplRequest): Promise<Extract<ReplReply, { kind: "ran" }>> {
    Atomics.store(this.#control, controlSlots.interrupt, 0);
    const answer = await this.#ask(request);
    return answer.kind === "ran" ? answer : { kind: "ran", complete: true };
  }

  /** What the name at the end of `line` can become, and that name. */
  async complete(line: string): Promise<[candidates: string[], word: string]> {
    if (this.busy) return [[], line];
    const answer = await this.#ask({ kind: "complete", line });
    return answer.kind === "completed" ? [answer.candidates, answer.word] : [[], line];
  }

  /** Ask the script to end; returns false when it was asked before and still runs. */
  interrupt(): boolean {
    return Atomics.exchange(this.#control, controlSlots.interrupt, 1) === 0;
  }

  /** Replace the engine by a fresh one: for loops that nothing ends from within. */
  async restart(): Promise<void> {
    const old = this.#worker;
    old.removeAllListeners();
    this.#control = new Int32Array(new SharedArrayBuffer(8));
    this.#worker = this.#start();
    await old.terminate();
    this.#settle({ kind: "ran", complete: true, error: startedAnew });
  }

  async close(): Promise<void> {
    this.#worker.removeAllListeners();
    await this.#worker.terminate();
  }

  #start(): Worker {
    const url = new URL("../../../dist/cli/repl/worker.js", import.meta.url);
    const worker = new Worker(url, { workerData: this.#control });
    const control = this.#control;
    worker.on("message", (reply: ReplReply) => {
      if (reply.kind !== "print") return this.#settle(reply);
      Atomics.sub(control, controlSlots.lines, 1);
      Atomics.notify(control, controlSlots.lines);
      return this.#print(reply.line);
    });
    worker.on("error", (error: Error) => {
      this.#worker = this.#start();
      const reason = error.stack ?? error.message;
      this.#settle({ kind: "ran", complete: true, error: `${startedAnew}${reason}\n` });
    });
    return worker;
  }

  #ask(request: ReplRequest): Promise<Answer> {
    return new Promise((resolve) => {
      this.#waiting = resolve;
      this.#worker.postMessage(request);
    });
  }

  #settle(answer: Answer): void {
    const resolve = this.#waiting;
    this.#waiting = undefined;
    resolve?.(answer);
  }
}
