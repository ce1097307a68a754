import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { createCsv } from "../../src/ipfix/format/csv.ts";
import { createFlowLines } from "../../src/ipfix/format/flows.ts";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { createText } from "../../src/ipfix/format/text.ts";
import { createMessageWriter } from "../../src/ipfix/message-writer.ts";
import { createTransportSession } from "../../src/ipfix/session.ts";
import { hex } from "../support/hex.ts";
import { batchOf, templateOf } from "../support/ipfix.ts";

/** A Message with a Template of every kind of field, lists in lists, and records of it. */
function createSeed(): Uint8Array {
  const nested = templateOf(257, ["protocolIdentifier", "subTemplateList"]);
  const flow = templateOf(256, [
    "protocolIdentifier",
    "sourceIPv4Address",
    ["packetDeltaCount", 4],
    "interfaceName",
    "basicList",
    "subTemplateList",
    "subTemplateMultiList",
    "flowStartMicroseconds",
  ]);
  const scoped = templateOf(258, ["meteringProcessId", ["exportedMessageTotalCount", 2]], 1);
  const record = hex(`
    06 0a000001 00000007 03 616263
    08 03 0004 0001 061101
    12 03 0101  06 03 030101  11 08 03 0101 12 03 030101
    0a 03 0101 0009 06 03 030101
    e8fe6f80 00001000
  `);
  let seed = new Uint8Array(0);
  const writer = createMessageWriter({
    maximumBytes: 1400,
    onMessage: (bytes) => {
      seed = bytes.slice();
    },
  });
  const templates = (id: number) => (id === 257 ? nested : undefined);
  writer.append(batchOf(flow, [record, record], { templates }));
  writer.append(batchOf(scoped, [hex("00000001 0009")]));
  writer.flush();
  return seed;
}

const seed = createSeed();

const formats = [createJsonLines(), createFlowLines(), createCsv(), createText()];

/** Let every reader loose on a Message; only a DecodeError may come out. */
function feed(message: Uint8Array): void {
  const writer = createMessageWriter({ maximumBytes: 1400, onMessage: () => undefined });
  const sessions = [
    createTransportSession({ onBatch: (batch) => writer.append(batch) }),
    ...formats.map((format) =>
      createLines({ format, onLine: () => undefined, templates: true, learnElements: true }),
    ),
  ];
  for (const session of sessions) {
    try {
      session.decodeMessage(message);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
  }
  writer.flush();
}

test("the Message to be damaged is whole to begin with", () => {
  const lines: string[] = [];
  const onLine = (line: string) => lines.push(line);
  createLines({ format: createJsonLines(), onLine }).decodeMessage(seed);
  expect(lines.length).toBe(3);
  expect(lines.join("")).not.toContain('"kind":"error"');
});

test("decodeMessage() throws nothing but DecodeError for a Message changed anywhere", () => {
  const change = fc.tuple(fc.nat(seed.length - 1), fc.nat(255));
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
      const message = seed.slice();
      for (const [at, octet] of changes) message[at] = octet;
      feed(message);
    }),
    { numRuns: 2000 },
  );
});

test("decodeMessage() throws nothing but DecodeError for any octet at any place", () => {
  for (let at = 0; at < seed.length; at++) {
    for (const octet of [0, 1, 3, 127, 128, 254, 255]) {
      const message = seed.slice();
      message[at] = octet;
      feed(message);
    }
  }
});
