import { closeSync, openSync, readSync } from "node:fs";
import { DecodeError, TransportError } from "../errors.ts";
import type { BatchSink } from "../ipfix/batch.ts";
import { createMessageStream } from "../ipfix/message-stream.ts";
import { createTransportSession } from "../ipfix/session.ts";

/** Octets read at a time. */
const blockBytes = 1_048_576;

/** What an IPFIX file held. */
export interface SyncFileResult {
  /** Messages without damage. */
  readonly messages: number;
  readonly damages: number;
  /** The first thing that was wrong, with its offset in the file. */
  readonly damage: DecodeError | undefined;
}

/**
 * Read an IPFIX file (RFC 5655) while the caller waits, for scripts: Lua cannot be suspended.
 * @throws {TransportError} when the file cannot be read.
 */
export function readIpfixFileSync(path: string, onBatch: BatchSink): SyncFileResult {
  const session = createTransportSession({ onBatch });
  const result = { messages: 0, damages: 0, damage: undefined as DecodeError | undefined };
  const onDamage = (error: DecodeError) => {
    result.damages++;
    result.damage ??= error;
  };
  const stream = createMessageStream({
    onDamage,
    onMessage: (bytes, offset) => {
      try {
        session.decodeMessage(bytes);
        result.messages++;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        onDamage(error.shifted(offset));
      }
    },
  });
  readBlocks(path, (block) => stream.push(block));
  stream.end();
  return result;
}

function readBlocks(path: string, visit: (block: Uint8Array) => void): void {
  const file = attempt(`Cannot open ${path}`, () => openSync(path, "r"));
  try {
    const block = new Uint8Array(blockBytes);
    for (;;) {
      const length = attempt(`Cannot read ${path}`, () => readSync(file, block));
      if (length === 0) return;
      visit(block.subarray(0, length));
    }
  } finally {
    closeSync(file);
  }
}

function attempt<T>(action: string, run: () => T): T {
  try {
    return run();
  } catch (error) {
    throw TransportError.from(action, error);
  }
}
