import type { RecordBatch } from "../../ipfix/batch.ts";
import type { Rotation } from "./rotation.ts";

/** What every exporter needs to know. */
export interface ExporterOptions {
  /** Gets a sentence for each thing that goes wrong, each at most once a minute. */
  readonly onProblem: (message: string) => void;
  /** Describe elements that are neither IANA's nor CERT's (RFC 5610). Default false. */
  readonly describeElements?: boolean;
}

/** Sends Messages somewhere: a `Sink` of the engine. */
export interface Exporter {
  /**
   * Open; resolves with the destination.
   * @throws {TransportError} when it cannot be opened and trying again is not part of its work.
   */
  start(): Promise<string>;
  /** Take a batch before returning; what cannot be kept is dropped and counted. */
  write(batch: RecordBatch): void;
  /** Let records that wait for others leave now; absent where none wait. */
  flush?(): void;
  /** Rotate differently from the next record on, if it writes files. */
  rotateBy?(rotation: Rotation | undefined): void;
  /** Describe elements from now on, or do no more. */
  describeElements(isWanted: boolean): void;
  /** Let what is queued leave as far as it can, then release everything. */
  stop(): Promise<void>;
  /** Among others `records` = `delivered` + `queued` + everything named `dropped…`. */
  counters(): Readonly<Record<string, number>>;
}

/** Octets of a batch as it waits in memory, with what surrounds them. */
export function batchBytes({ offsets, count }: RecordBatch): number {
  return (offsets[count] as number) - (offsets[0] as number) + 4 * count + batchOverheadBytes;
}

const batchOverheadBytes = 512;
