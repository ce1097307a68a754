import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { DecodeError, TransportError } from "../../errors.ts";
import type { RecordBatch } from "../../ipfix/batch.ts";
import { createMessageStream } from "../../ipfix/message-stream.ts";
import { createTransportSession } from "../../ipfix/session.ts";
import { limits } from "../../limits.ts";

/** Octets read at a time; what is in them waits decoded, so the block is small. */
const blockBytes = 65_536;

const bounded = { maxOutputLength: limits.luaScriptMemoryBytes };

/** What an IPFIX file held so far. */
export interface SyncFileResult {
  /** Messages without damage. */
  messages: number;
  damages: number;
  /** The first thing that was wrong, with its offset in the file. */
  damage: DecodeError | undefined;
}

/**
 * The batches of an IPFIX file (RFC 5655), read while the caller waits: Lua cannot be suspended.
 * Each batch is the caller's own. Ending the iteration early closes the file.
 * @throws {TransportError} when the file cannot be read, or is no IPFIX file at all.
 */
export function* readIpfixBatches(
  path: string,
  result: SyncFileResult = { messages: 0, damages: 0, damage: undefined },
): Generator<RecordBatch> {
  const waiting: RecordBatch[] = [];
  const session = createTransportSession({
    onBatch: (batch) => waiting.push(ownBatch(batch)),
    learnElements: true,
  });
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
  for (const block of readBlocks(path)) {
    stream.push(block);
    yield* waiting.splice(0);
  }
  stream.end();
  yield* waiting.splice(0);
  const { damage } = result;
  if (damage?.code === "bad-version" && damage.offset === 0 && result.messages === 0) {
    const detail = `Cannot read ${path}: ${damage.detail}, expected an IPFIX file`;
    throw new TransportError("io", detail, damage);
  }
}

function ownBatch(batch: RecordBatch): RecordBatch {
  const { bytes, offsets, count } = batch;
  const [start = 0, end = 0] = [offsets[0], offsets[count]];
  const own = offsets.slice(0, count + 1).map((offset) => offset - start);
  return { ...batch, bytes: bytes.slice(start, end), offsets: own };
}

/**
 * The Messages of an IPFIX file, each with its offset; what lies between them is skipped.
 * @throws {TransportError} when the file cannot be read, or is no IPFIX file at all.
 */
export function* readIpfixMessages(path: string): Generator<{ bytes: Uint8Array; offset: number }> {
  const waiting: { bytes: Uint8Array; offset: number }[] = [];
  let messages = 0;
  let foreign: DecodeError | undefined;
  const stream = createMessageStream({
    onDamage: (error) => {
      if (error.code === "bad-version" && error.offset === 0) foreign = error;
    },
    onMessage: (bytes, offset) => {
      messages++;
      waiting.push({ bytes: bytes.slice(), offset });
    },
  });
  for (const block of readBlocks(path)) {
    stream.push(block);
    yield* waiting.splice(0);
  }
  stream.end();
  yield* waiting.splice(0);
  if (foreign === undefined || messages > 0) return;
  const detail = `Cannot read ${path}: ${foreign.detail}, expected an IPFIX file`;
  throw new TransportError("io", detail, foreign);
}

/** The octets in blocks; a file compressed with gzip in one, decompressed. */
function* readBlocks(path: string): Generator<Uint8Array> {
  const file = attempt(`Cannot open ${path}`, () => openSync(path, "r"));
  try {
    const block = new Uint8Array(blockBytes);
    const read = () => attempt(`Cannot read ${path}`, () => readSync(file, block));
    let length = read();
    if (block[0] === 0x1f && block[1] === 0x8b) {
      yield attempt(`Cannot decompress ${path}`, () => gunzipSync(readFileSync(path), bounded));
      return;
    }
    for (; length > 0; length = read()) yield block.subarray(0, length);
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
