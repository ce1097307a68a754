import { open } from "node:fs/promises";
import type { Readable } from "node:stream";
import { DecodeError, TransportError } from "../../errors.ts";
import { type CaptureDecoder, createCaptureDecoder } from "../../pcap/decoder.ts";
import type { PacketVisitor } from "../../pcap/packet.ts";
import { createParserDecoder, headBytes, isClassicMicroseconds } from "./capture-parser.ts";

/** What to do with a capture. */
export interface CaptureOptions {
  readonly visit: PacketVisitor;
  /** Gets the octets read so far, and of how many when that is known; reading waits for it. */
  readonly onProgress?: (bytes: number, totalBytes: number | undefined) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** What a capture held. */
export interface CaptureResult {
  /** Complete packets, all of which were visited. */
  readonly packets: number;
  readonly bytes: number;
  /** What is wrong with the capture and where; the packets before it were visited. */
  readonly damage?: DecodeError;
}

/** Octets read from a file at a time: large enough for the disk, small enough to respond. */
const blockBytes = 1_048_576;

/**
 * Read a pcap or pcapng capture from a path or a stream and visit its packets in order.
 * A stream is destroyed when reading it ends early.
 * @throws {TransportError} when the input cannot be read; the reason of `signal` when it aborts.
 */
export async function readCapture(
  input: string | Readable,
  options: CaptureOptions,
): Promise<CaptureResult> {
  const { visit } = options;
  if (typeof input === "string") return decodeChunks(readBlocks(input, options), visit);
  const { head, rest } = await sniff(readChunks(input, options));
  const create = isClassicMicroseconds(head) ? createParserDecoder : createCaptureDecoder;
  return decodeChunks(rest, visit, create);
}

async function decodeChunks(
  chunks: AsyncIterable<Uint8Array>,
  visit: PacketVisitor,
  create: (visit: PacketVisitor) => CaptureDecoder = createCaptureDecoder,
): Promise<CaptureResult> {
  let packets = 0;
  let bytes = 0;
  let visiting = false;
  const decoder = create((packet) => {
    packets++;
    visiting = true;
    visit(packet);
    visiting = false;
  });
  try {
    for await (const chunk of chunks) {
      bytes += chunk.length;
      decoder.push(chunk);
    }
    decoder.end();
    return { packets, bytes };
  } catch (error) {
    // What a visitor throws is no damage of the capture, whatever it is.
    if (visiting || !(error instanceof DecodeError)) throw error;
    return { packets, bytes, damage: error };
  }
}

async function* readBlocks(path: string, options: CaptureOptions): AsyncGenerator<Uint8Array> {
  const { onProgress, signal } = options;
  const action = `Cannot read ${path}`;
  const file = await open(path).catch((cause: unknown) => {
    throw TransportError.from(action, cause);
  });
  try {
    const stat = await file.stat();
    const totalBytes = stat.isFile() ? stat.size : undefined;
    const block = new Uint8Array(blockBytes);
    for (let bytes = 0; ; ) {
      signal?.throwIfAborted();
      const { bytesRead } = await file.read(block, 0, blockBytes).catch((cause: unknown) => {
        throw TransportError.from(action, cause);
      });
      if (bytesRead === 0) return;
      bytes += bytesRead;
      yield block.subarray(0, bytesRead);
      await onProgress?.(bytes, totalBytes);
    }
  } finally {
    await file.close();
  }
}

async function* readChunks(input: Readable, options: CaptureOptions): AsyncGenerator<Uint8Array> {
  const { onProgress, signal } = options;
  const abort = (): void => void input.destroy();
  if (signal?.aborted) abort();
  signal?.addEventListener("abort", abort, { once: true });
  let bytes = 0;
  try {
    for await (const chunk of input as AsyncIterable<unknown>) {
      if (!(chunk instanceof Uint8Array)) throw new TypeError("a stream of text, expected octets");
      bytes += chunk.length;
      yield chunk;
      await onProgress?.(bytes, undefined);
    }
  } catch (cause) {
    signal?.throwIfAborted();
    throw TransportError.from("Cannot read the capture", cause);
  } finally {
    signal?.removeEventListener("abort", abort);
  }
  signal?.throwIfAborted();
}

/** Read until it is clear what the stream is; `rest` is the whole stream from its start. */
async function sniff(
  chunks: AsyncGenerator<Uint8Array>,
): Promise<{ head: Uint8Array; rest: AsyncIterable<Uint8Array> }> {
  let head = new Uint8Array(0);
  while (head.length < headBytes) {
    const next = await chunks.next();
    if (next.done) break;
    head = join(head, next.value);
  }
  async function* rest(): AsyncGenerator<Uint8Array> {
    try {
      if (head.length > 0) yield head;
      yield* chunks;
    } finally {
      // Whoever stops at the head would leave the stream open.
      await chunks.return(undefined);
    }
  }
  return { head, rest: rest() };
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(a.length + b.length);
  joined.set(a);
  joined.set(b, a.length);
  return joined;
}
