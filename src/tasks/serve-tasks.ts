import { constants } from "node:fs";
import { mkdir, open, realpath } from "node:fs/promises";
import { dirname } from "node:path";
import type { MessagePort } from "node:worker_threads";
import { ConfigError, DecodeError, TransportError } from "../errors.ts";
import { createCaptureDecoder } from "../pcap/decoder.ts";
import type {
  TaskCall,
  TaskEnd,
  TaskInput,
  TaskMessage,
  TaskProgress,
  TaskResult,
} from "./task.ts";

/** What does the work of a task. */
export type Convert = (
  input: TaskInput,
  control: { readonly onProgress: (progress: TaskProgress) => void; readonly signal: AbortSignal },
) => Promise<Omit<TaskResult, "output">>;

/** Milliseconds between two reports of progress: as often as a person can read them. */
const progressEveryMs = 100;

/**
 * Do the tasks that come over `port`, one at a time. A bug in `convert` is not caught: it ends the
 * thread, which fails this task and no other.
 */
export function serveTasks(port: MessagePort, convert: Convert): void {
  let abort = new AbortController();
  const tell = (message: TaskMessage) => port.postMessage(message);
  port.on("message", (call: TaskCall) => {
    if (call.kind === "cancel") {
      abort.abort();
      return;
    }
    abort = new AbortController();
    void run(call.input, abort.signal, { convert, tell });
  });
}

interface Means {
  readonly convert: Convert;
  readonly tell: (message: TaskMessage) => void;
}

async function run(input: TaskInput, signal: AbortSignal, { convert, tell }: Means): Promise<void> {
  const report = createReport(tell);
  const end = await endOf(signal, async () => {
    for (const path of input.inputs) await confirmInput(path);
    await makeFolder(dirname(input.output));
    const { onProgress } = report;
    const { outputBytes, packets, octets, flows, damage } = await convert(input, {
      onProgress,
      signal,
    });
    return { output: input.output, outputBytes, packets, octets, flows, damage };
  });
  report.flush();
  tell({ kind: "end", end });
}

async function endOf(signal: AbortSignal, work: () => Promise<TaskResult>): Promise<TaskEnd> {
  try {
    return { state: "succeeded", result: await work() };
  } catch (error) {
    if (signal.aborted) return { state: "cancelled" };
    if (!isExpected(error)) throw error;
    return { state: "failed", error: { code: error.code, message: error.message } };
  }
}

function isExpected(error: unknown): error is DecodeError | ConfigError | TransportError {
  return [DecodeError, ConfigError, TransportError].some((kind) => error instanceof kind);
}

/** Reports of progress, not too many, and the last one in any case. */
function createReport(tell: Means["tell"]) {
  let last: TaskProgress | undefined;
  let toldMs = 0;
  function flush(): void {
    if (last === undefined) return;
    tell({ kind: "progress", progress: last });
    last = undefined;
    toldMs = Date.now();
  }
  return {
    flush,
    onProgress(progress: TaskProgress): void {
      last = progress;
      if (Date.now() - toldMs >= progressEveryMs) flush();
    },
  };
}

/** Enough to tell a capture from other files. */
const headBytes = 4_096;

/**
 * A task may have waited long: check again that the capture is what it was when it was accepted,
 * and that it is a capture at all, before an older output is replaced.
 * @throws {TransportError} `not-found` or `not-permitted`
 * @throws {DecodeError} such as `bad-magic`
 */
async function confirmInput(path: string): Promise<void> {
  const action = `Cannot read ${path}`;
  const replaced = `${action}: something else has taken its place`;
  if ((await attempt(action, () => realpath(path))) !== path) {
    throw new TransportError("not-permitted", replaced);
  }
  const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;
  const file = await attempt(action, () => open(path, flags));
  try {
    const stats = await attempt(action, () => file.stat());
    if (!stats.isFile()) throw new TransportError("not-permitted", replaced);
    const head = new Uint8Array(headBytes);
    const { bytesRead } = await attempt(action, () => file.read(head));
    confirmCapture(path, head.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}

/** @throws {DecodeError} `bad-magic` under the name of the file; other damage shows later. */
function confirmCapture(path: string, head: Uint8Array): void {
  try {
    createCaptureDecoder(() => undefined).push(head);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    if (error.code === "bad-magic") {
      throw new DecodeError(error.code, error.offset, `${path}: ${error.detail}`);
    }
  }
}

/** @throws {TransportError} also when a part of the path became a symbolic link meanwhile. */
async function makeFolder(path: string): Promise<void> {
  const action = `Cannot create the folder ${path}`;
  await attempt(action, () => mkdir(path, { recursive: true }));
  if ((await attempt(action, () => realpath(path))) !== path) {
    throw new TransportError("not-permitted", `${action}: a symbolic link has taken its place`);
  }
}

async function attempt<Result>(action: string, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (cause) {
    throw TransportError.from(action, cause);
  }
}
