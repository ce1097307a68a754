import {
  MessageChannel,
  type MessagePort,
  receiveMessageOnPort,
  Worker,
} from "node:worker_threads";
import { ConfigError, DecodeError, TransportError } from "../errors.ts";

/** What a blocking worker gets: answer on `port`, then set and notify `done`. */
export interface BlockingData<Request> {
  readonly request: Request;
  readonly port: MessagePort;
  readonly done: Int32Array;
}

/** The answer of a blocking worker; errors cross threads as data, to be made anew. */
export type BlockingReply<Result> =
  | { readonly result: Result }
  | { readonly kind: "config"; readonly code: ConfigError["code"]; readonly message: string }
  | { readonly kind: "transport"; readonly code: TransportError["code"]; readonly message: string }
  | {
      readonly kind: "decode";
      readonly code: DecodeError["code"];
      readonly offset: number;
      readonly message: string;
    }
  | { readonly kind: "bug"; readonly message: string };

/**
 * Do asynchronous work in a worker while the caller waits, since Lua cannot be suspended. The
 * thread does nothing else meanwhile: for scripts, never for the daemon.
 * @throws {ConfigError | DecodeError | TransportError} what the work failed with.
 */
export function runBlocking<Request, Result>(url: URL, request: Request): Result {
  const done = new Int32Array(new SharedArrayBuffer(4));
  const { port1, port2 } = new MessageChannel();
  const workerData: BlockingData<Request> = { request, port: port2, done };
  const worker = new Worker(url, { workerData, transferList: [port2] });
  worker.unref();
  Atomics.wait(done, 0, 0);
  const reply = receiveMessageOnPort(port1)?.message as BlockingReply<Result>;
  port1.close();
  if ("result" in reply) return reply.result;
  if (reply.kind === "config") throw new ConfigError(reply.code, "", reply.message);
  if (reply.kind === "transport") throw new TransportError(reply.code, reply.message);
  if (reply.kind === "decode") {
    const detail = reply.message.replace(/^Cannot decode at byte \d+: /, "");
    throw new DecodeError(reply.code, reply.offset, detail);
  }
  throw new Error(reply.message);
}

/** The worker's half: do `work` and answer, whatever happens. */
export async function answerBlocking<Request, Result>(
  data: BlockingData<Request>,
  work: (request: Request) => Promise<Result>,
): Promise<void> {
  const answer = (reply: BlockingReply<Result>): void => {
    data.port.postMessage(reply);
    Atomics.store(data.done, 0, 1);
    Atomics.notify(data.done, 0);
  };
  process.once("uncaughtException", (error) => answer(describe(error)));
  try {
    answer({ result: await work(data.request) });
  } catch (error) {
    answer(describe(error));
  }
  data.port.close();
}

function describe(error: unknown): Exclude<BlockingReply<never>, { result: never }> {
  if (error instanceof ConfigError) {
    return { kind: "config", code: error.code, message: error.message };
  }
  if (error instanceof TransportError) {
    return { kind: "transport", code: error.code, message: error.message };
  }
  if (error instanceof DecodeError) {
    const { code, offset, message } = error;
    return { kind: "decode", code, offset, message };
  }
  return { kind: "bug", message: error instanceof Error ? String(error.stack) : String(error) };
}
