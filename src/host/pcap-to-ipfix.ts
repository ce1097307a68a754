import { randomInt } from "node:crypto";
import { stat } from "node:fs/promises";
import type { Readable, Writable } from "node:stream";
import { TransportError } from "../errors.ts";
import { createMeter, type Meter } from "../flow/meter.ts";
import { createMessageWriter } from "../ipfix/message-writer.ts";
import { limits } from "../limits.ts";
import { createAtomicFile } from "../transport/atomic-file.ts";
import { readCapture } from "../transport/capture.ts";

/** A conversion of captures into one IPFIX file. */
export interface ConversionOptions {
  /** Paths and streams, metered in this order as if they were one capture. */
  readonly inputs: readonly (string | Readable)[];
  /** A path, which gets the file when it is whole, or a stream. */
  readonly output: string | Writable;
  /** Default 300 s. */
  readonly idleTimeoutMs?: number;
  /** Default 1 800 s. */
  readonly activeTimeoutMs?: number;
  readonly maximumFlows?: number;
  /** Observation Domain ID; default 0. */
  readonly domain?: number;
  readonly onProgress?: (progress: ConversionProgress) => void;
  readonly signal?: AbortSignal;
}

/** How far a conversion has come. */
export interface ConversionProgress {
  readonly bytes: number;
  /** Octets of all inputs, when all of them are files. */
  readonly totalBytes: number | undefined;
  readonly packets: number;
  readonly flows: number;
}

/** What a conversion has done. */
export interface ConversionResult {
  readonly bytes: number;
  readonly packets: number;
  /** Octets of the IP packets that were metered. */
  readonly octets: number;
  readonly flows: number;
  /** Octets of the IPFIX file. */
  readonly outputBytes: number;
  /** Inputs that are damaged; what was whole in them is in the file. */
  readonly damage: readonly CaptureDamage[];
  /** The meter's counters: what became of every packet. */
  readonly counters: Readonly<Record<string, number>>;
}

/** What is wrong with an input, and where. */
export interface CaptureDamage {
  readonly input: string;
  readonly code: string;
  readonly offset: number;
  readonly message: string;
}

/** Defaults of the meter (YAF's). */
export const meterDefaults = {
  idleTimeoutMs: 300_000,
  activeTimeoutMs: 1_800_000,
  maximumFlows: 1_000_000,
  domain: 0,
} as const;

/**
 * Meter `inputs` into an IPFIX file (RFC 5655) with YAF's flow Templates. A file appears under its
 * name whole or not at all.
 * @throws {TransportError} an input or the output cannot be used; the reason of `signal`.
 */
export async function convertCaptures(options: ConversionOptions): Promise<ConversionResult> {
  const sink = openSink(options.output);
  let outputBytes = 0;
  const writer = createMessageWriter({
    maximumBytes: limits.messageBytes,
    onMessage(bytes) {
      outputBytes += bytes.length;
      sink.write(bytes);
    },
  });
  const { idleTimeoutMs, activeTimeoutMs, maximumFlows, domain } = { ...meterDefaults, ...options };
  const meter = createMeter({
    idleTimeoutMs,
    activeTimeoutMs,
    maximumFlows,
    domain,
    seed: randomInt(2 ** 32),
    onBatch: (batch) => writer.append(batch),
  });
  try {
    const { bytes, damage } = await meterInputs(meter, options, () => sink.drained());
    meter.end();
    writer.flush();
    await sink.commit();
    const counters = meter.counters();
    const { packets = 0, octets = 0, flows = 0 } = counters;
    return { bytes, packets, octets, flows, outputBytes, damage, counters };
  } catch (error) {
    sink.abort();
    throw error;
  }
}

async function meterInputs(
  meter: Meter,
  options: ConversionOptions,
  drained: () => Promise<void>,
): Promise<{ bytes: number; damage: CaptureDamage[] }> {
  const { inputs, onProgress, signal } = options;
  const totalBytes = await measure(inputs);
  const damage: CaptureDamage[] = [];
  let done = 0;
  for (const input of inputs) {
    const result = await readCapture(input, {
      visit: meter.packet,
      ...(signal && { signal }),
      async onProgress(bytes) {
        const { packets = 0, flows = 0 } = meter.counters();
        onProgress?.({ bytes: done + bytes, totalBytes, packets, flows });
        await drained();
      },
    });
    done += result.bytes;
    if (result.damage === undefined) continue;
    const { code, offset, message } = result.damage;
    damage.push({ input: typeof input === "string" ? input : "stdin", code, offset, message });
  }
  return { bytes: done, damage };
}

/** Octets of all inputs, or nothing when one of them is no file. */
async function measure(inputs: ConversionOptions["inputs"]): Promise<number | undefined> {
  let total = 0;
  for (const input of inputs) {
    if (typeof input !== "string") return undefined;
    const found = await stat(input).catch((cause: unknown) => {
      throw TransportError.from(`Cannot read ${input}`, cause);
    });
    if (!found.isFile()) return undefined;
    total += found.size;
  }
  return total;
}

/** Takes Messages, and keeps them or not. */
interface MessageSink {
  write(bytes: Uint8Array): void;
  /** Resolves when there is room for more. */
  drained(): Promise<void>;
  commit(): Promise<void>;
  abort(): void;
}

function openSink(output: string | Writable): MessageSink {
  if (typeof output !== "string") return streamSink(output);
  const file = createAtomicFile(output);
  return {
    write: (bytes) => file.write(bytes),
    drained: async () => undefined,
    commit: () => file.commit(),
    abort: () => file.abort(),
  };
}

function streamSink(output: Writable): MessageSink {
  let last = Promise.resolve();
  let full = false;
  return {
    write(bytes) {
      last = new Promise((resolve, reject) => {
        full = !output.write(Uint8Array.from(bytes), (error) => {
          if (error) reject(TransportError.from("Cannot write the output", error));
          else resolve();
        });
      });
      // Whoever waits next gets the failure; nobody may be waiting yet.
      last.catch(() => undefined);
    },
    drained: async () => {
      if (full) await last;
    },
    commit: () => last,
    abort: () => undefined,
  };
}
