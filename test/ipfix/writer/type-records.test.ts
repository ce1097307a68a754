import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { AbstractType, Element } from "../../../src/ipfix/element.ts";
import {
  createMessageWriter,
  type MessageWriterOptions,
} from "../../../src/ipfix/message-writer.ts";
import { elementByName } from "../../../src/ipfix/registry.ts";
import { createTransportSession } from "../../../src/ipfix/session.ts";
import { createTemplate } from "../../../src/ipfix/template.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { hex } from "../../support/hex.ts";
import { batchOf } from "../../support/ipfix.ts";
import { hasProgram } from "../../support/programs.ts";

function element(id: number, name: string, type: AbstractType, more: Partial<Element> = {}) {
  return { name, pen: 32_473, id, type, semantics: "", units: "", ...more };
}

const known = elementByName("octetDeltaCount") as Element;
const list = elementByName("basicList") as Element;
const cert = elementByName("silkAppLabel") as Element;
const reverse = elementByName("reverseOctetDeltaCount") as Element;
const latency = element(1, "acmeLatency", "unsigned32", {
  semantics: "quantity",
  units: "milliseconds",
});
const host = element(2, "acmeHost", "string");
const template = createTemplate(256, 0, [
  [known, 8],
  [latency, 4],
  [host, 65_535],
  [cert, 2],
  [reverse, 8],
]);
const record = hex("0000000000000001 00000007 03 616263 0050 0000000000000002");

/** A writer, what it wrote and how many records it said to have written. */
function open(options: Partial<MessageWriterOptions> = {}) {
  const messages: Uint8Array[] = [];
  const counts: number[] = [];
  const writer = createMessageWriter({
    maximumBytes: 65_535,
    describeElements: true,
    onMessage: (bytes, records) => {
      messages.push(bytes.slice());
      counts.push(records);
    },
    ...options,
  });
  return { writer, messages, counts };
}

/** What a session that learns sees of the Messages. */
function read(messages: readonly Uint8Array[]) {
  const names: string[][] = [];
  const session = createTransportSession({
    learnElements: true,
    onBatch: ({ template: { fields, scopeCount } }) => {
      if (scopeCount === 0) names.push(fields.map(({ name }) => name));
    },
  });
  for (const message of messages) session.decodeMessage(message);
  return { names, counters: session.counters() };
}

test("a writer describes each element once that IANA and CERT do not know, before its use", () => {
  const { writer, messages, counts } = open();
  const again = createTemplate(300, 0, [[latency, 4]]);
  writer.append(batchOf(template, [record, record]));
  writer.append(batchOf(again, [hex("00000001")]));
  writer.flush();
  const { names, counters } = read(messages);
  expect(names).toEqual([
    ["octetDeltaCount", "acmeLatency", "acmeHost", "silkAppLabel", "reverseOctetDeltaCount"],
    ["acmeLatency"],
  ]);
  expect(counters).toMatchObject({ elementsLearned: 2, records: 5, sequenceGaps: 0 });
  expect(counts).toEqual([3]); // type records are not the user's
  expect(writer.counters()).toMatchObject({ records: 3, elementsDescribed: 2 });
});

test("a writer counts type records in Sequence Numbers", () => {
  const { writer, messages } = open({ maximumBytes: 200 });
  for (let i = 0; i < 20; i++) writer.append(batchOf(template, [record]));
  writer.flush();
  expect(messages.length).toBeGreaterThan(3);
  expect(read(messages).counters).toMatchObject({ records: 22, sequenceGaps: 0, recordsLost: 0 });
});

test("a writer describes nothing without describeElements, and nothing that nobody named", () => {
  const plain = open({ describeElements: false });
  plain.writer.append(batchOf(template, [record]));
  plain.writer.flush();
  expect(plain.writer.counters()["elementsDescribed"]).toBe(0);
  expect(read(plain.messages).counters).toMatchObject({ records: 1, elementsLearned: 0 });
  const nameless = createTemplate(256, 0, [[element(9, "32473/9", "octetArray"), 4]]);
  const { writer, messages } = open();
  writer.append(batchOf(nameless, [hex("00000001")]));
  writer.flush();
  expect(read(messages).counters).toMatchObject({ records: 1, elementsLearned: 0 });
});

test("refreshTemplates() sends type records anew, and describeElements() switches them", () => {
  const { writer, messages } = open({ describeElements: false });
  writer.append(batchOf(template, [record]));
  writer.describeElements(true);
  writer.append(batchOf(template, [record]));
  writer.flush();
  messages.length = 0; // a receiver that comes late
  writer.refreshTemplates();
  writer.append(batchOf(template, [record]));
  writer.flush();
  expect(read(messages).names[0]).toContain("acmeLatency");
});

test("a writer describes what stands in lists: values of basicLists, and sub-Templates", () => {
  const inner = createTemplate(257, 0, [[host, 65_535]]);
  const stl = elementByName("subTemplateList") as Element;
  const outer = createTemplate(256, 0, [
    [list, 65_535],
    [stl, 65_535],
  ]);
  const templates = Object.assign((id: number) => (id === 257 ? inner : undefined), {
    element: (_: number, id: number) => (id === 1 ? latency : undefined),
  });
  const lists = hex("0d 03 8001 0004 00007ed9 00000007 07 03 0101 03 616263");
  const { writer, messages } = open();
  writer.append(batchOf(outer, [lists], { templates }));
  writer.flush();
  expect(read(messages).counters).toMatchObject({ elementsLearned: 2, records: 3 });
  expect(writer.counters()["elementsDescribed"]).toBe(2);
});

test.skipIf(!hasProgram("ipfixDump"))(
  "ipfixDump learns the elements that a writer describes (needs ipfixDump)",
  () => {
    const { writer, messages } = open();
    writer.append(batchOf(template, [record]));
    writer.flush();
    const path = join(temporaryFolder(), "described.ipfix");
    writeFileSync(path, Buffer.concat(messages));
    const text = execFileSync("ipfixDump", ["--rfc5610", "-i", path], { encoding: "utf8" });
    expect(text).toMatch(/\(32473\/1\) +acmeLatency : 7/);
    expect(text).toMatch(/\(32473\/2\) +acmeHost : \(len: 3\) abc/);
    expect(text).toMatch(/ent: 32473 +id: +1 +type: uint32 +len: +4 +acmeLatency/);
    const without = execFileSync("ipfixDump", ["-i", path], { encoding: "utf8" });
    expect(without).toMatch(/\(32473\/1\) +_alienInformationElement/);
  },
);
