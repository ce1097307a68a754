import { randomInt } from "node:crypto";
import type { Readable, Writable } from "node:stream";
import { ConfigError, DecodeError, TransportError } from "../errors.ts";
import { createMeter, type Meter } from "../flow/meter.ts";
import { createMessageWriter } from "../ipfix/message-writer.ts";
import { limits } from "../limits.ts";
import { readCapture } from "../transport/reading/capture.ts";
import { openMessageSink, statOrNothing } from "./message-sink.ts";

/** A conversion of captures into one IPFIX file. */
export interface ConversionOptions {
  /** Paths and streams, metered in this order as if they were one capture. */
  readonly inputs: readonly (string | Readable)[];
  /** A path, which gets the file when it is whole, or a stream, which stays open. */
  readonly output: string | Writable;
  /** Milliseconds; default 300 s. */
  readonly idleTimeoutMs?: number;
  /** Milliseconds; default 1 800 s. */
  readonly activeTimeoutMs?: number;
  /** Flows kept at a time. */
  readonly maximumFlows?: number;
  /** Observation Domain ID; default 0. */
  readonly domain?: number;
  /** Told after each block that was read. */
  readonly onProgress?: (progress: ConversionProgress) => void;
  readonly signal?: AbortSignal;
}

/** How far a conversion has come. */
export interface ConversionProgress {
  readonly bytes: number;
  /** Octets of all inputs; undefined when one of them is a stream. */
  readonly totalBytes: number | undefined;
  readonly packets: number;
  readonly flows: number;
}

/** What a conversion has done. */
export interface ConversionResult {
  /** Octets read. */
  readonly bytes: number;
  readonly packets: number;
  /** Octets of the IP packets that were metered. */
  readonly octets: number;
  readonly flows: number;
  /** Octets of the IPFIX file. */
  readonly outputBytes: number;
  /** Inputs that are damaged; what was whole before the damage is in the file. */
  readonly damage: readonly CaptureDamage[];
  /** What became of every packet. */
  readonly counters: Readonly<Record<string, number>>;
}

/** What is wrong with an input, and where. */
export interface CaptureDamage {
  /** Its path, or `standard input`. */
  readonly input: string;
  /** A `DecodeErrorCode`. */
  readonly code: string;
  /** Octets from the start of the input. */
  readonly offset: number;
  readonly message: string;
}

/** How flows are made unless somebody says otherwise: as YAF does it. */
export const meterDefaults = {
  idleTimeoutMs: 300_000,
  activeTimeoutMs: 1_800_000,
  maximumFlows: limits.meterFlows,
  domain: 0,
} as const;

/**
 * Meter `inputs` into an IPFIX file (RFC 5655) with YAF's flow Templates. A file appears under its
 * name whole or not at all.
 * @throws {TransportError} when an input or the output cannot be used.
 * @throws {DecodeError} when an input is no capture.
 * @throws {ConfigError} when the output is one of the inputs.
 * @throws the reason of `signal` when it aborts.
 */
export async function convertCaptures(options: ConversionOptions): Promise<ConversionResult> {
  const { inputs, output } = options;
  const totalBytes = await measure(inputs, output);
  const sink = await openMessageSink(output);
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
    const read = await meterInputs(meter, options, { totalBytes, drained: () => sink.drained() });
    meter.end();
    writer.flush();
    await sink.commit();
    const counters = meter.counters();
    const { packets = 0, octets = 0, flows = 0 } = counters;
    return { ...read, packets, octets, flows, outputBytes, counters };
  } catch (error) {
    sink.abort();
    throw error;
  }
}

async function meterInputs(
  meter: Meter,
  { inputs, onProgress, signal }: ConversionOptions,
  { totalBytes, drained }: { totalBytes: number | undefined; drained: () => Promise<void> },
): Promise<{ bytes: number; damage: CaptureDamage[] }> {
  const damage: CaptureDamage[] = [];
  let done = 0;
  for (const input of inputs) {
    const result = await readCapture(input, {
      visit: (packet) => meter.packet(packet),
      ...(signal && { signal }),
      async onProgress(bytes) {
        const { packets = 0, flows = 0 } = meter.counters();
        onProgress?.({ bytes: done + bytes, totalBytes, packets, flows });
        await drained();
      },
    });
    done += result.bytes;
    if (result.damage) damage.push(describeDamage(input, result.damage));
  }
  return { bytes: done, damage };
}

/** The magic and the version of a capture end here: damage before it means that it is none. */
const captureFrom = 8;

/** @throws {DecodeError} when the input is no capture at all. */
function describeDamage(input: string | Readable, error: DecodeError): CaptureDamage {
  const { code, offset, detail, message } = error;
  const name = typeof input === "string" ? input : "standard input";
  if (offset < captureFrom) throw new DecodeError(code, offset, `${name}: ${detail}`);
  return { input: name, code, offset, message };
}

/** Octets of all inputs, or undefined when one of them is no file. */
async function measure(
  inputs: ConversionOptions["inputs"],
  output: ConversionOptions["output"],
): Promise<number | undefined> {
  const replaced = typeof output === "string" ? await statOrNothing(output) : undefined;
  let total: number | undefined = 0;
  for (const input of inputs) {
    const file = typeof input === "string" ? await statOrNothing(input) : undefined;
    if (file === undefined && typeof input === "string") {
      throw new TransportError("not-found", `Cannot read ${input}: there is no such file`);
    }
    if (file && file.ino === replaced?.ino && file.dev === replaced.dev) {
      throw new ConfigError("bad-value", "", `Cannot write ${output}: it is one of the captures`);
    }
    if (file?.isDirectory()) {
      throw new TransportError("io", `Cannot read ${input}: it is a folder, expected a capture`);
    }
    total = total === undefined || !file?.isFile() ? undefined : total + file.size;
  }
  return total;
}
