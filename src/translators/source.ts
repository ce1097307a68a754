import type { RecordBatch } from "../ipfix/batch.ts";
import type { SessionOptions } from "../ipfix/session.ts";
import type { ExporterClock } from "./clock.ts";

/** Receives a batch as its exporter sent it, and how to make absolute times of its up-times. */
export type SourceSink = (batch: RecordBatch, clock: ExporterClock) => void;

/** What to do with what an exporter of NetFlow sends. */
export type SourceOptions = Pick<
  SessionOptions,
  "onTemplate" | "onProblem" | "exporter" | "waitingBudget"
> & {
  readonly onBatch: SourceSink;
};
