import type { Readable } from "node:stream";
import { DecodeError, TransportError } from "../../errors.ts";
import { createMessageStream } from "../../ipfix/message-stream.ts";
import { type Blocks, readInput } from "./input.ts";

/** Who gets what is in an IPFIX file. */
export interface IpfixFileOptions {
  /** Decodes each Message, which stands at `offset` in the file. */
  readonly session: { decodeMessage(bytes: Uint8Array, offset: number): void };
  /**
   * Gets each damage, with its offset in the file, and how many octets from there on are lost;
   * reading goes on with the next Message.
   */
  readonly onDamage?: (error: DecodeError, lostBytes: number) => void;
  /** Gets the octets read so far after each block; reading waits for what it returns. */
  readonly onProgress?: (bytes: number) => void | Promise<void>;
  readonly signal?: AbortSignal;
  /** Where the blocks begin in the file, for all offsets; 0 by default. */
  readonly from?: number;
  /** Looked at after each block: whether the rest of the file is of no interest. */
  readonly isDone?: () => boolean;
}

/** What an IPFIX file held. */
export interface IpfixFileResult {
  /** Messages without damage. */
  readonly messages: number;
  /** Octets of the file, or of what it was before it was compressed. */
  readonly bytes: number;
  /** Octets that belong to no Message. */
  readonly skippedBytes: number;
  /** Octets that damage cost: those of no Message, and those behind the damage in one. */
  readonly lostBytes: number;
  /** How many times something was wrong. */
  readonly damages: number;
  /** The first thing that was wrong, with its offset in the file; whatever was whole was read. */
  readonly damage: DecodeError | undefined;
}

/**
 * Read an IPFIX file (RFC 5655) from a path, a stream or blocks: a path or stream may be compressed
 * with gzip or Zstandard. A damaged
 * Message costs itself only: its records before the damage and all Messages after it are delivered.
 * @throws {TransportError} when the file cannot be read; what came before was delivered.
 */
export async function readIpfixFile(
  input: string | Readable | Blocks,
  options: IpfixFileOptions,
): Promise<IpfixFileResult> {
  const counts = { messages: 0, bytes: 0, skippedBytes: 0, lostBytes: 0, damages: 0 };
  const result = { ...counts, damage: none() };
  const { from = 0, isDone } = options;
  const onDamage = (error: DecodeError, lostBytes: number) => {
    result.damages++;
    result.damage ??= error;
    result.lostBytes += lostBytes;
    options.onDamage?.(error, lostBytes);
  };
  const stream = createMessageStream({
    onDamage: (error, lostBytes) => onDamage(error.shifted(from), lostBytes),
    onMessage: (bytes, streamOffset) => {
      const offset = from + streamOffset;
      try {
        options.session.decodeMessage(bytes, offset);
        result.messages++;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        onDamage(error.shifted(offset), Math.max(0, bytes.length - error.offset));
      }
    },
  });
  const blocks = isBlocks(input) ? input : readInput(input);
  try {
    for await (const block of blocks) {
      options.signal?.throwIfAborted();
      result.bytes += block.length;
      stream.push(block);
      await options.onProgress?.(result.bytes);
      if (isDone?.()) break;
    }
  } catch (error) {
    if (error instanceof TransportError) stream.end(); // what waits is the last that came
    throw error;
  }
  if (!isDone?.()) stream.end();
  result.skippedBytes = stream.skippedBytes;
  return result;
}

function isBlocks(input: string | Readable | Blocks): input is Blocks {
  return typeof input !== "string" && "next" in input;
}

function none(): DecodeError | undefined {
  return undefined;
}
