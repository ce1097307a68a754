import { workerData } from "node:worker_threads";
import { answerBlocking, type BlockingData } from "./blocking.ts";
import type { ConversionOptions, ConversionResult } from "./pcap-to-ipfix.ts";

/** The part of a conversion's options that can cross threads. */
export type ConversionRequest = Pick<
  ConversionOptions,
  "inputs" | "output" | "idleTimeoutMs" | "activeTimeoutMs"
>;

// Loaded late, so that a failure to load is an answer too.
await answerBlocking<ConversionRequest, ConversionResult>(
  workerData as BlockingData<ConversionRequest>,
  async (request) => {
    const { convertCaptures } = await import("./pcap-to-ipfix.ts");
    return convertCaptures(request);
  },
);
