import { parentPort, workerData } from "node:worker_threads";
import { Lane } from "./lane.ts";
import type { LaneCall, LaneData, LaneMessage, LanePing } from "./lane-thread.ts";
import { createParts } from "./parts.ts";

/** The thread of a lane: takes calls from the main thread, one after the other. */
const post = (message: LaneMessage): void => parentPort?.postMessage(message);
const { folder } = workerData as LaneData;
const lane = new Lane(createParts(folder, post));

let queue: Promise<void> = Promise.resolve();

async function answer(call: LaneCall): Promise<void> {
  const { id } = call;
  if (call.kind === "apply") {
    const { source, fileName, modules } = call;
    post({ kind: "answer", id, value: await lane.apply(source, fileName, modules) });
  } else if (call.kind === "counters") {
    post({ kind: "answer", id, value: lane.counters() });
  } else {
    await lane.stop();
    post({ kind: "answer", id, value: undefined });
    parentPort?.close();
  }
}

parentPort?.on("message", (call: LaneCall | LanePing) => {
  if (call.kind === "ping") return post({ kind: "pong" });
  // A bug inside a call must end the thread, not the queue: the rejection is left unhandled.
  queue = queue.then(() => answer(call));
});
