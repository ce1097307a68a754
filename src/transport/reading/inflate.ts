import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Decompress } from "fzstd";
import { TransportError } from "../../errors.ts";

/** First octets of what is compressed (RFC 1952 §2.3.1, RFC 8878 §3.1.1). */
const gzipMagic = [0x1f, 0x8b];
const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd];

type Blocks = AsyncGenerator<Uint8Array, void, undefined>;

/** The blocks as they are or, when they begin like gzip or Zstandard, decompressed. */
export async function* inflated(blocks: Blocks): Blocks {
  try {
    const first = await blocks.next();
    if (first.done) return;
    const all = resumed(first.value, blocks);
    if (startsWith(first.value, gzipMagic)) yield* gunzipped(all);
    else if (startsWith(first.value, zstdMagic)) yield* unzstd(all);
    else yield* all;
  } finally {
    // Whoever stops reading early would leave the file open.
    await blocks.return(undefined);
  }
}

/** What `blocks` was before `first` was taken from it. */
export async function* resumed(first: Uint8Array, blocks: Blocks): Blocks {
  yield first;
  yield* blocks;
}

function startsWith(bytes: Uint8Array, magic: readonly number[]): boolean {
  return magic.every((octet, i) => bytes[i] === octet);
}

async function* gunzipped(blocks: Blocks): Blocks {
  const source = Readable.from(copied(blocks), { objectMode: false });
  const gunzip = createGunzip();
  // An error of either comes out of reading `gunzip`; the end of either ends both.
  pipeline(source, gunzip, () => undefined);
  try {
    for await (const chunk of gunzip as AsyncIterable<Uint8Array>) yield chunk;
  } catch (cause) {
    if (cause instanceof TransportError) throw cause;
    throw TransportError.from("Cannot decompress the input", cause);
  }
}

/** All blocks, each in memory of its own: gunzip reads ahead. */
async function* copied(blocks: Blocks): Blocks {
  for await (const block of blocks) yield block.slice();
}

async function* unzstd(blocks: Blocks): Blocks {
  const ready: Uint8Array[] = [];
  const zstd = new Decompress((chunk) => ready.push(chunk));
  for await (const block of blocks) {
    push(zstd, block);
    yield* ready.splice(0);
  }
  push(zstd, new Uint8Array(0), true);
  yield* ready.splice(0);
}

function push(zstd: Decompress, block: Uint8Array, final?: true): void {
  try {
    zstd.push(block, final);
  } catch (cause) {
    throw TransportError.from("Cannot decompress the input", cause);
  }
}
