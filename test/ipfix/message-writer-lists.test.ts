import fc from "fast-check";
import { expect, test } from "vitest";
import type { RecordBatch } from "../../src/ipfix/batch.ts";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { createMessageWriter } from "../../src/ipfix/message-writer.ts";
import { createRecordPlan, formatRecord } from "../../src/ipfix/value.ts";
import { hex } from "../support/hex.ts";
import { batchOf, createRecordingSession, templateOf } from "../support/ipfix.ts";

/** Fields of every record that comes out at the other end, without the ids of Templates. */
function createPair(maximumBytes = 65_535) {
  const seen: string[] = [];
  const session = createLines({
    format: createJsonLines(),
    onLine: (line) => seen.push(withoutIds(line.slice(line.indexOf('"fields":') + 9, -1))),
  });
  const onMessage = (bytes: Uint8Array) => session.decodeMessage(bytes);
  return { writer: createMessageWriter({ maximumBytes, onMessage }), seen, session };
}

function withoutIds(json: string): string {
  return json.replaceAll(/"(template|unknownTemplate)":\d+/g, '"$1":0');
}

function fieldsOf({ template, bytes, offsets, count, templates }: RecordBatch): string[] {
  const plan = createRecordPlan(template);
  const source = { bytes, templates, depth: 0 };
  return Array.from({ length: count }, (_, i) =>
    withoutIds(formatRecord(plan, source, offsets[i] ?? 0, offsets[i + 1] ?? 0)),
  );
}

/** Octets of a variable-length field with this content. */
function variable(...content: readonly (number | Uint8Array)[]): Uint8Array {
  const octets = content.flatMap((part) => (typeof part === "number" ? [part] : [...part]));
  return Uint8Array.from([255, octets.length >> 8, octets.length & 255, ...octets]);
}

function id(value: number): Uint8Array {
  return Uint8Array.of(value >> 8, value & 255);
}

/** An exporter whose Templates have these ids, and records of its three kinds. */
function exporter([byte, text, nest, outer]: readonly [number, number, number, number]) {
  const all = [
    templateOf(byte, ["protocolIdentifier"]),
    templateOf(text, ["interfaceName", "protocolIdentifier"]),
    templateOf(nest, ["subTemplateList", "protocolIdentifier"]),
    templateOf(outer, ["octetDeltaCount", "subTemplateMultiList", "basicList"]),
  ];
  const templates = (wanted: number) => all.find((template) => template.id === wanted);
  const inner = (value: number) => [variable(3, id(byte), value, value + 1), Uint8Array.of(value)];
  const records = (value: number, unknown: number) => {
    const name = Uint8Array.of(2, 0x61, 0x62, value);
    const nested = Uint8Array.from(inner(value).flatMap((part) => [...part]));
    const entry = (which: number, record: Uint8Array) =>
      Uint8Array.from([...id(which), ...id(record.length + 4), ...record]);
    const list = variable(
      3,
      entry(text, name),
      entry(nest, nested),
      entry(byte, Uint8Array.of(value)),
      entry(unknown, Uint8Array.of(1, 2)),
    );
    const nestedBasic = variable(3, id(292), id(65_535), variable(3, id(text), name));
    return Uint8Array.from([...new Uint8Array(8), ...list, ...nestedBasic]);
  };
  const outerTemplate = all[3] ?? templateOf(outer, ["octetDeltaCount"]);
  return (values: readonly number[], domain: number, unknown: number): RecordBatch =>
    batchOf(
      outerTemplate,
      values.map((value) => records(value, unknown)),
      { templates, domain },
    );
}

const ids = fc
  .shuffledSubarray([256, 257, 258, 259, 260], { minLength: 4, maxLength: 4 })
  .map((some) => some as unknown as [number, number, number, number]);

const work = fc.record({
  ids,
  values: fc.array(fc.nat(200), { minLength: 1, maxLength: 8 }),
  domain: fc.nat(1),
  unknown: fc.integer({ min: 256, max: 262 }),
});

test("append() keeps lists readable whatever ids their Templates had and get", () => {
  fc.assert(
    fc.property(
      fc.array(work, { maxLength: 8 }),
      fc.integer({ min: 300, max: 900 }),
      (all, size) => {
        const { writer, seen, session } = createPair(size);
        const batches = all.map(({ ids, values, domain, unknown }) => {
          return exporter(ids)(values, domain, ids.includes(unknown) ? 999 : unknown);
        });
        for (const batch of batches) writer.append(batch);
        writer.flush();
        expect(seen).toEqual(batches.flatMap(fieldsOf));
        expect(session.counters()).toMatchObject({ messagesDamaged: 0, setsWithoutTemplate: 0 });
      },
    ),
  );
});

test("append() announces the Templates of a list before the one that holds it", () => {
  const announced: number[] = [];
  const { session } = createRecordingSession({ onTemplate: ({ id }) => announced.push(id) });
  const writer = createMessageWriter({
    maximumBytes: 65_535,
    onMessage: (bytes) => session.decodeMessage(bytes),
  });
  writer.append(exporter([256, 257, 258, 259])([1], 0, 300));
  writer.flush();
  writer.refreshTemplates();
  expect(announced.indexOf(259)).toBe(3);
  expect(new Set(announced.slice(4))).toEqual(new Set([256, 257, 258, 259]));
});

test("append() drops a record whose list is damaged and counts it", () => {
  const { writer, seen } = createPair();
  const outer = templateOf(256, ["subTemplateMultiList"]);
  const good = hex("01 03");
  writer.append(batchOf(outer, [good, hex("05 03 0101 0002"), good]));
  writer.flush();
  expect(seen.length).toBe(2);
  expect(writer.counters()).toMatchObject({ records: 2, recordsMalformed: 1 });
});

test("append() drops a record whose lists nest too deep", () => {
  const self = templateOf(300, ["subTemplateList"]);
  let record: Uint8Array = variable(3, id(300));
  for (let depth = 0; depth < 1000; depth++) record = variable(3, id(300), record);
  const { writer } = createPair();
  writer.append(batchOf(self, [record], { templates: () => self }));
  expect(writer.counters()).toMatchObject({ recordsMalformed: 1 });
});
