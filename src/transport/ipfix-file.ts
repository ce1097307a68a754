import { open } from "node:fs/promises";
import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { DecodeError, TransportError } from "../errors.ts";
import { createMessageStream } from "../ipfix/message-stream.ts";

/** Octets read at a time: the text made of a block must not pile up, as with 1 MiB it does. */
const blockBytes = 131_072;

/** Who gets what is in an IPFIX file. */
export interface IpfixFileOptions {
  /** Decodes each Message, which stands at `offset` in the file. */
  readonly session: { decodeMessage(bytes: Uint8Array, offset: number): void };
  /** Gets each damage, with its offset in the file; reading goes on with the next Message. */
  readonly onDamage?: (error: DecodeError) => void;
  /** Gets the octets read so far after each block; reading waits for what it returns. */
  readonly onProgress?: (bytes: number) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** What an IPFIX file held. */
export interface IpfixFileResult {
  /** Messages without damage. */
  readonly messages: number;
  /** Octets of the file, or of what it was before it was compressed. */
  readonly bytes: number;
  /** Octets that belong to no Message. */
  readonly skippedBytes: number;
  /** How many times something was wrong. */
  readonly damages: number;
  /** The first thing that was wrong, with its offset in the file; whatever was whole was read. */
  readonly damage: DecodeError | undefined;
}

/**
 * Read an IPFIX file (RFC 5655), compressed with gzip or not, from a path or a stream. A damaged
 * Message costs itself only: its records before the damage and all Messages after it are delivered.
 * @throws {TransportError} when the file cannot be read; what came before was delivered.
 */
export async function readIpfixFile(
  input: string | Readable,
  options: IpfixFileOptions,
): Promise<IpfixFileResult> {
  const result = { messages: 0, bytes: 0, skippedBytes: 0, damages: 0, damage: none() };
  const onDamage = (error: DecodeError) => {
    result.damages++;
    result.damage ??= error;
    options.onDamage?.(error);
  };
  const stream = createMessageStream({
    onDamage,
    onMessage: (bytes, offset) => {
      try {
        options.session.decodeMessage(bytes, offset);
        result.messages++;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        onDamage(error.shifted(offset));
      }
    },
  });
  const blocks = typeof input === "string" ? readBlocks(input) : readStream(input);
  for await (const block of inflated(blocks)) {
    options.signal?.throwIfAborted();
    result.bytes += block.length;
    stream.push(block);
    await options.onProgress?.(result.bytes);
  }
  stream.end();
  result.skippedBytes = stream.skippedBytes;
  return result;
}

function none(): DecodeError | undefined {
  return undefined;
}

/** The blocks as they are or, when they begin like a gzip file, decompressed. */
async function* inflated(blocks: AsyncGenerator<Uint8Array>): AsyncGenerator<Uint8Array> {
  try {
    const first = await blocks.next();
    if (first.done) return;
    if (first.value[0] !== 0x1f || first.value[1] !== 0x8b) {
      yield first.value;
      yield* blocks;
      return;
    }
    const source = Readable.from(copied(first.value, blocks), { objectMode: false });
    const gunzip = createGunzip();
    // An error of either comes out of reading `gunzip`; the end of either ends both.
    pipeline(source, gunzip, () => undefined);
    yield* readStream(gunzip);
  } finally {
    // Whoever stops reading early would leave the file open.
    await blocks.return(undefined);
  }
}

/** All blocks, each in memory of its own: decompression reads ahead. */
async function* copied(
  first: Uint8Array,
  blocks: AsyncGenerator<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  yield first.slice();
  for await (const block of blocks) yield block.slice();
}

async function* readBlocks(path: string): AsyncGenerator<Uint8Array> {
  const file = await open(path).catch((cause: unknown) => {
    throw TransportError.from(`Cannot open ${path}`, cause);
  });
  try {
    const block = new Uint8Array(blockBytes);
    for (;;) {
      const { bytesRead } = await file.read(block, 0, block.length).catch((cause: unknown) => {
        throw TransportError.from(`Cannot read ${path}`, cause);
      });
      if (bytesRead === 0) return;
      yield block.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* readStream(input: Readable): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of input as AsyncIterable<unknown>) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError("stream of text, expected octets");
      yield chunk;
    }
  } catch (cause) {
    if (cause instanceof TransportError) throw cause;
    throw TransportError.from("Cannot read the input", cause);
  }
}
