import { pipeline, Readable } from "node:stream";
import { createGunzip } from "node:zlib";
import { Decompress } from "fzstd";
import { TransportError } from "../../errors.ts";
import { ZstdFrames } from "./zstd-frames.ts";

/** First octets of what is compressed (RFC 1952 §2.3.1, RFC 8878 §3.1.1). */
const gzipMagic = [0x1f, 0x8b];
const zstdMagic = [0x28, 0xb5, 0x2f, 0xfd];

type Blocks = AsyncGenerator<Uint8Array, void, undefined>;

/** The blocks as they are or, when they begin like gzip or Zstandard, decompressed. */
export async function* inflated(blocks: Blocks): Blocks {
  try {
    const head = await take(blocks, zstdMagic.length);
    const all = resumed(head, blocks);
    if (startsWith(head, gzipMagic)) yield* gunzipped(all);
    else if (startsWith(head, zstdMagic)) yield* unzstd(all);
    else yield* all;
  } finally {
    // Whoever stops reading early would leave the file open.
    await blocks.return(undefined);
  }
}

/** The first octets of `blocks`: `wanted` of them or more, fewer at the end of all. */
export async function take(blocks: Blocks, wanted: number): Promise<Uint8Array> {
  let head = new Uint8Array(0);
  while (head.length < wanted) {
    const next = await blocks.next();
    if (next.done) break;
    // A piece is good until the next one is asked for, so that it has to be copied then.
    head = concatenate(head, next.value);
  }
  return head;
}

function concatenate(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
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
  const frames = new ZstdFrames();
  for await (const block of blocks) {
    for (let at = 0; at < block.length; ) {
      const next = frames.next(block, at);
      push(zstd, block.subarray(at, next));
      yield* ready.splice(0);
      at = next;
    }
  }
  if (frames.isWhole) return;
  throw new TransportError("io", "Cannot decompress the input: unexpected end of file");
}

function push(zstd: Decompress, block: Uint8Array): void {
  try {
    zstd.push(block);
  } catch (cause) {
    throw TransportError.from("Cannot decompress the input", cause);
  }
}
