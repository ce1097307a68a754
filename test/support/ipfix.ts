import type { RecordBatch } from "../../src/ipfix/batch.ts";
import { abstractTypes } from "../../src/ipfix/element.ts";
import { elementByName } from "../../src/ipfix/registry.ts";
import { createTransportSession, type SessionOptions } from "../../src/ipfix/session.ts";
import { createTemplate, type Template } from "../../src/ipfix/template.ts";
import { unhex } from "./hex.ts";

/** A record as a test compares it. */
export interface SeenRecord {
  domain: number;
  exportTime: number;
  template: number;
  signature: string;
  bytes: string;
}

/** A sink that remembers every record, and what it remembers. */
export function createRecorder(): { onBatch: (batch: RecordBatch) => void; seen: SeenRecord[] } {
  const seen: SeenRecord[] = [];
  const onBatch = (batch: RecordBatch) => {
    const { domain, exportTime, template, bytes, offsets, count } = batch;
    for (let i = 0; i < count; i++) {
      const record = unhex(bytes.subarray(offsets[i], offsets[i + 1]));
      const { id, signature } = template;
      seen.push({ domain, exportTime, template: id, signature, bytes: record });
    }
  };
  return { onBatch, seen };
}

/** A session whose records are remembered. */
export function createRecordingSession(options: Partial<SessionOptions> = {}) {
  const { onBatch, seen } = createRecorder();
  return { session: createTransportSession({ onBatch, ...options }), seen };
}

/** A Template by element names; lengths default to the natural ones. */
export function templateOf(
  id: number,
  names: readonly (string | readonly [name: string, length: number])[],
  scopeCount = 0,
): Template {
  const specifiers = names.map((entry) => {
    const [name, length] = typeof entry === "string" ? [entry, undefined] : entry;
    const element = elementByName(name);
    if (!element) throw new Error(`no element ${name}`);
    return [element, length ?? naturalLength(element.type)] as const;
  });
  return createTemplate(id, scopeCount, specifiers);
}

function naturalLength(type: keyof typeof abstractTypes): number {
  return abstractTypes[type];
}

/** A batch of records given as octets. */
export function batchOf(
  template: Template,
  records: readonly Uint8Array[],
  more: Partial<RecordBatch> = {},
): RecordBatch {
  const offsets = new Uint32Array(records.length + 1);
  records.forEach((record, i) => {
    offsets[i + 1] = (offsets[i] ?? 0) + record.length;
  });
  const bytes = new Uint8Array(offsets[records.length] ?? 0);
  records.forEach((record, i) => {
    bytes.set(record, offsets[i]);
  });
  const count = records.length;
  const base = { domain: 0, exportTime: 1, templates: () => undefined };
  return { ...base, template, bytes, offsets, count, ...more };
}
