import { Worker } from "node:worker_threads";
import { limits } from "../limits.ts";
import type { ModuleFile } from "../lua/modules/finder.ts";
import { compileGlue } from "../lua/vm/glue.ts";
import type { Outcome, PartCounters } from "./lane.ts";
import type { ProbeReport } from "./probe.ts";

/** What the thread of a lane is started with. */
export interface LaneData {
  /** Relative paths in conf.lua start here. */
  readonly folder: string;
  /** Milliseconds without a sign of life after which a lane is ended; `limits.laneSilenceMs`. */
  readonly silenceMs?: number;
}

/** Modules by name as they were when conf.lua was checked. */
export type Modules = ReadonlyMap<string, ModuleFile>;

/** What the main thread asks of a lane. */
export type LaneCall =
  | {
      readonly id: number;
      readonly kind: "apply";
      readonly source: string;
      readonly fileName: string;
      readonly modules: Modules;
    }
  | { readonly id: number; readonly kind: "counters" }
  | { readonly id: number; readonly kind: "stop" };

/** Answered at once, whatever else the lane has to do: it tells that the lane is not stuck. */
export interface LanePing {
  readonly kind: "ping";
}

/** Something a lane has to say to people. */
export type LaneEvent =
  | {
      readonly kind: "log";
      readonly level: "info" | "warn" | "error";
      readonly message: string;
      readonly fields: Readonly<Record<string, unknown>>;
    }
  | { readonly kind: "probe"; readonly report: ProbeReport };

export type LaneMessage =
  | { readonly kind: "pong" }
  | { readonly kind: "answer"; readonly id: number; readonly value: unknown }
  | LaneEvent;

/** A lane in a thread of its own, as the main thread sees it. */
export interface LaneThread {
  apply(source: string, fileName: string, modules?: Modules): Promise<Outcome>;
  counters(): Promise<readonly PartCounters[]>;
  /** Deliver what was received and end the thread, by force after `deadlineMs`. */
  stop(deadlineMs: number): Promise<void>;
}

type CallBody = LaneCall extends infer C ? (C extends LaneCall ? Omit<C, "id"> : never) : never;

/** Start the thread of a lane. `onEnd` is told when it ends without having been asked to. */
export function startLane(
  data: LaneData,
  onEvent: (event: LaneEvent) => void,
  onEnd: (reason: string) => void,
): LaneThread {
  // Compiled here, it serves this thread's workers, one after the other.
  compileGlue();
  const worker = new Worker(new URL("../../dist/engine/lane-worker.js", import.meta.url), {
    workerData: data,
    env: {},
  });
  const waiting = new Map<number, { resolve(value: unknown): void; reject(error: Error): void }>();
  let lastId = 0;
  let reason = "its thread ended";
  let stopping = false;
  let ended = false;

  const silenceMs = data.silenceMs ?? limits.laneSilenceMs;
  const stopListening = listen(worker, silenceMs, () => {
    reason = `it has not answered for ${silenceMs} ms: something in it does not end`;
    void worker.terminate();
  });
  worker.on("message", (message: LaneMessage) => {
    if (message.kind === "pong") return;
    if (message.kind !== "answer") return onEvent(message);
    waiting.get(message.id)?.resolve(message.value);
    waiting.delete(message.id);
  });
  worker.on("error", (error) => {
    reason = error instanceof Error ? (error.stack ?? error.message) : String(error);
  });
  worker.on("exit", () => {
    ended = true;
    stopListening();
    for (const { reject } of waiting.values()) reject(new Error(reason));
    waiting.clear();
    if (!stopping) onEnd(reason);
  });

  function call<T>(body: CallBody): Promise<T> {
    // Nobody would ever answer.
    if (ended) return Promise.reject(new Error(reason));
    const id = ++lastId;
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject });
      worker.postMessage({ ...body, id });
    });
  }

  async function stop(deadlineMs: number): Promise<void> {
    stopping = true;
    if (ended) return;
    const exited = new Promise((resolve) => worker.once("exit", resolve));
    const timer = setTimeout(() => void worker.terminate(), deadlineMs);
    call({ kind: "stop" }).catch(() => undefined);
    await exited;
    clearTimeout(timer);
  }

  return {
    apply: (source, fileName, modules = new Map()) =>
      call<Outcome>({ kind: "apply", source, fileName, modules }),
    counters: () => call<readonly PartCounters[]>({ kind: "counters" }),
    stop,
  };
}

/** Pings that must stay unanswered, one after the other, before a lane counts as stuck. */
const missedPings = 4;

/**
 * Ask `worker` for signs of life and call `onSilence` when none comes for about `silenceMs`. What
 * counts are pings, not time: a machine that slept is not a lane that hangs. Returns how to end it.
 */
function listen(worker: Worker, silenceMs: number, onSilence: () => void): () => void {
  let unanswered = 0;
  worker.on("message", () => {
    unanswered = 0;
  });
  const timer = setInterval(() => {
    if (unanswered >= missedPings) {
      clearInterval(timer);
      onSilence();
      return;
    }
    unanswered++;
    worker.postMessage({ kind: "ping" } satisfies LanePing);
  }, silenceMs / missedPings);
  return () => clearInterval(timer);
}
