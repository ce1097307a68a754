import { setImmediate } from "node:timers/promises";
import { expect } from "vitest";
import type { RecordBatch } from "../../src/ipfix/batch.ts";
import { createMessageWriter } from "../../src/ipfix/message-writer.ts";
import { batchOf, templateOf } from "./ipfix.ts";

/** Wait until `condition()` holds, for at most five seconds. */
export async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 5_000;
  while (!condition()) {
    if (performance.now() > end) expect.fail(`never came true: ${condition}`);
    await setImmediate();
  }
}

/** Port of an address such as `udp://127.0.0.1:40123`. */
export function portOf(address: string | undefined): number {
  return Number(/:(\d+)$/.exec(address ?? "")?.[1]);
}

/** A Template of fixed length, 20 octets. */
export const fixedTemplate = templateOf(256, [
  "sourceIPv4Address",
  "octetDeltaCount",
  "packetDeltaCount",
]);
/** A Template with a field of variable length. */
export const variableTemplate = templateOf(257, ["protocolIdentifier", "interfaceName"]);

/** `count` records of `fixedTemplate`, numbered from `first` on. */
export function fixedBatch(count: number, first = 0, more: Partial<RecordBatch> = {}): RecordBatch {
  const records = Array.from({ length: count }, (_, i) => {
    const record = new Uint8Array(20);
    new DataView(record.buffer).setUint32(8, first + i);
    return record;
  });
  return batchOf(fixedTemplate, records, more);
}

/** `count` records of `variableTemplate`, of different lengths. */
export function variableBatch(count: number, more: Partial<RecordBatch> = {}): RecordBatch {
  const records = Array.from({ length: count }, (_, i) => {
    const record = new Uint8Array(2 + (i % 200)).fill(0x61);
    record[0] = i;
    record[1] = i % 200;
    return record;
  });
  return batchOf(variableTemplate, records, more);
}

/** The Messages that carry the batches. */
export function messagesOf(batches: readonly RecordBatch[], maximumBytes = 1_400): Uint8Array[] {
  const messages: Uint8Array[] = [];
  const onMessage = (bytes: Uint8Array) => messages.push(bytes.slice());
  const writer = createMessageWriter({ maximumBytes, onMessage });
  for (const batch of batches) writer.append(batch);
  writer.flush();
  return messages;
}

/** What an exporter's records became, by its counters. */
export function balance(counts: Readonly<Record<string, number>>) {
  let dropped = 0;
  for (const [name, count] of Object.entries(counts))
    if (name.startsWith("dropped")) dropped += count;
  const { records = 0, delivered = 0, queued = 0 } = counts;
  return {
    records,
    delivered,
    queued,
    dropped,
    unaccounted: records - delivered - queued - dropped,
  };
}
