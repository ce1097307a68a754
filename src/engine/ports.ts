import type { RecordBatch } from "../ipfix/batch.ts";
import type { Rotation } from "../transport/exporting/rotation.ts";

/** Counters a user can see, by name; every record is delivered or in one of them. */
export type Counters = Readonly<Record<string, number>>;

/** Something that brings batches in: a collector or a probe. */
export interface Source {
  /** Bind or open; resolves with the addresses or paths in use, as a person would type them. */
  start(): Promise<readonly string[]>;
  /** Stop and release everything; what arrived before is delivered first. */
  stop(): Promise<void>;
  counters(): Counters;
}

/** Something that takes batches out: an exporter. */
export interface Sink {
  /** Open or connect; resolves with the destination as a person would type it. */
  start(): Promise<string>;
  /** Take a batch before returning; never blocks, drops are counted. */
  write(batch: RecordBatch): void;
  /** Let records that wait for others leave now; absent where none wait. */
  flush?(): void;
  /** Rotate files differently from now on; absent where there are none. */
  rotateBy?(rotation: Rotation | undefined): void;
  /** Describe elements (RFC 5610) from now on, or do no more; absent where that makes no sense. */
  describeElements?(isWanted: boolean): void;
  /** Flush and release everything. */
  stop(): Promise<void>;
  counters(): Counters;
}
