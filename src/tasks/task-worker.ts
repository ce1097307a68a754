import { parentPort } from "node:worker_threads";
import { convertCaptures } from "../host/pcap-to-ipfix.ts";
import { serveTasks } from "./serve-tasks.ts";

if (parentPort === null) throw new Error("task-worker is the program of a thread");

serveTasks(parentPort, ({ inputs, output }, { onProgress, signal }) =>
  convertCaptures({
    inputs,
    output,
    signal,
    onProgress: ({ totalBytes = 0, ...progress }) => onProgress({ totalBytes, ...progress }),
  }),
);
