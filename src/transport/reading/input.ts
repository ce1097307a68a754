import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { TransportError } from "../../errors.ts";
import { inflated, resumed, take } from "./inflate.ts";

/** Octets of a file or stream, piece by piece; a piece is good until the next one is asked for. */
export type Blocks = AsyncGenerator<Uint8Array, void, undefined>;

/** Octets read at a time: the text made of a block must not pile up, as with 1 MiB it does. */
const blockBytes = 131_072;

/**
 * Read a file or stream, which may be compressed with gzip or Zstandard.
 * @throws {TransportError} when it cannot be read; what came before was delivered.
 */
export function readInput(input: string | Readable): Blocks {
  return inflated(typeof input === "string" ? readBlocks(input) : readStream(input));
}

/** The first octets of `blocks`, at most `wanted`, and `blocks` as it was before. */
export async function peek(
  blocks: Blocks,
  wanted: number,
): Promise<{ readonly head: Uint8Array; readonly blocks: Blocks }> {
  const head = await take(blocks, wanted);
  return { head: head.subarray(0, wanted), blocks: guarded(head, blocks) };
}

async function* guarded(head: Uint8Array, blocks: Blocks): Blocks {
  try {
    yield* resumed(head, blocks);
  } finally {
    // Whoever stops at the head would leave the file open.
    await blocks.return(undefined);
  }
}

/**
 * Read a file as it is, from the octet `from` on.
 * @throws {TransportError} when it cannot be read; what came before was delivered.
 */
export async function* readBlocks(path: string, from = 0): Blocks {
  const file = await open(path).catch((cause: unknown) => {
    throw TransportError.from(`Cannot open ${path}`, cause);
  });
  try {
    const block = new Uint8Array(blockBytes);
    // A pipe has no positions: only a reader that does not begin at 0 may ask for them.
    for (let at = from; ; ) {
      const position = from > 0 ? at : null;
      const { bytesRead } = await file.read(block, 0, block.length, position).catch((cause) => {
        throw TransportError.from(`Cannot read ${path}`, cause);
      });
      if (bytesRead === 0) return;
      yield block.subarray(0, bytesRead);
      at += bytesRead;
    }
  } finally {
    await file.close();
  }
}

async function* readStream(input: Readable): Blocks {
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
