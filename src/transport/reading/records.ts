import type { Readable } from "node:stream";
import { DecodeError } from "../../errors.ts";
import type { BatchSink } from "../../ipfix/batch.ts";
import { createTransportSession } from "../../ipfix/session.ts";
import { limits } from "../../limits.ts";
import { createExporterSession } from "../../translators/exporter-session.ts";
import { PeerTable } from "../collecting/peer-table.ts";
import { isCapture, magicBytes, readExportCapture } from "./export-capture.ts";
import { type Blocks, peek, readInput } from "./input.ts";
import { readIpfixFile } from "./ipfix-file.ts";

/** What to do with the records of a file. */
export interface RecordsOptions {
  readonly onBatch: BatchSink;
  /** Called after each block; reading waits for what it returns. */
  readonly onProgress?: () => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** What a file held. */
export interface RecordsResult {
  readonly counters: Readonly<Record<string, number>>;
  /** The first thing that was wrong, and how many there were. */
  readonly damage: DecodeError | undefined;
  readonly damages: number;
}

/**
 * Read the records of an IPFIX file, or of a capture of IPFIX, NetFlow or sFlow, as IPFIX.
 * @throws {TransportError} when it cannot be read; what came before was delivered.
 */
export async function readRecords(
  input: string | Readable,
  options: RecordsOptions,
): Promise<RecordsResult> {
  const { head, blocks } = await peek(readInput(input), magicBytes);
  return isCapture(head) ? readCaptured(blocks, options) : readMessages(blocks, options);
}

async function readMessages(
  blocks: Blocks,
  { onBatch, onProgress, signal }: RecordsOptions,
): Promise<RecordsResult> {
  const session = createTransportSession({ onBatch, learnElements: true, layout: true });
  const { damage, damages } = await readIpfixFile(blocks, {
    session,
    ...(onProgress && { onProgress: () => onProgress() }),
    ...(signal && { signal }),
  });
  return { counters: session.counters(), damage, damages };
}

async function readCaptured(
  blocks: Blocks,
  { onBatch, onProgress, signal }: RecordsOptions,
): Promise<RecordsResult> {
  let nowMs = 0;
  let first: DecodeError | undefined;
  let damages = 0;
  const note = (error: DecodeError) => {
    first ??= error;
    damages++;
  };
  const peers = new PeerTable({
    open: (exporter) =>
      createExporterSession({
        onBatch,
        exporter,
        learnElements: true,
        layout: true,
        now: () => nowMs,
      }),
    maximum: limits.collectorPeers,
    onForget: () => undefined, // counted as `peersForgotten`
    now: () => nowMs,
  });
  const { damage, ...counts } = await readExportCapture(blocks, {
    visit({ exporter, payload, capturedMs }) {
      nowMs = capturedMs;
      try {
        peers.select(exporter).session.decodeDatagram(payload);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        note(error);
      }
      peers.settle();
    },
    ...(onProgress && { onProgress: () => onProgress() }),
    ...(signal && { signal }),
  });
  if (damage) note(damage);
  return { counters: { ...peers.counters(), ...counts }, damage: first, damages };
}
