import fc from "fast-check";
import { expect, test } from "vitest";
import { createMessageWriter } from "../../src/ipfix/message-writer.ts";
import { hex, unhex } from "../support/hex.ts";
import { batchOf, createRecordingSession, templateOf } from "../support/ipfix.ts";

function createPair(maximumBytes = 65_535) {
  const messages: Uint8Array[] = [];
  const { session, seen } = createRecordingSession();
  const writer = createMessageWriter({
    maximumBytes,
    onMessage: (bytes) => {
      messages.push(bytes.slice());
      session.decodeMessage(bytes);
    },
  });
  return { writer, messages, session, seen };
}

const flow = templateOf(256, [
  ["sourceIPv4Address", 4],
  ["octetDeltaCount", 4],
]);
const name = templateOf(256, [["interfaceName", 65_535]]);

test("append() and flush() write Template, records and header exactly", () => {
  const { writer, messages } = createPair();
  writer.append(batchOf(flow, [hex("0a00000100000001")], { domain: 33, exportTime: 9 }));
  writer.flush();
  expect(messages.map(unhex)).toEqual([
    "000a002c000000090000000000000021" +
      "00020010010000020008000400010004" +
      "0100000c0a00000100000001",
  ]);
});

test("append() continues a Data Set and announces a Template once", () => {
  const { writer, messages, seen } = createPair();
  for (let i = 0; i < 3; i++) writer.append(batchOf(flow, [hex("0a00000100000001")]));
  writer.flush();
  writer.append(batchOf(flow, [hex("0a00000200000001")]));
  writer.flush();
  expect(messages.map(({ length }) => length)).toEqual([60, 28]);
  expect(seen.length).toBe(4);
  expect(writer.counters()).toMatchObject({ messages: 2, records: 4, templates: 1, bytes: 88 });
});

test("append() gives a conflicting Template another id, and each domain its own", () => {
  const { writer, seen } = createPair();
  writer.append(batchOf(flow, [hex("0a00000100000001")]));
  writer.append(batchOf(name, [hex("026162")]));
  writer.append(batchOf(name, [hex("026162")], { domain: 7 }));
  writer.append(batchOf(flow, [hex("0a00000100000002")], { domain: 7 }));
  writer.flush();
  expect(seen.map(({ domain, template }) => [domain, template])).toEqual([
    [0, 256],
    [0, 257],
    [7, 256],
    [7, 257],
  ]);
});

test("append() starts a Message when domain or Export Time change, sequence per domain", () => {
  const { writer, session, messages } = createPair();
  for (const [domain, exportTime] of [
    [1, 1],
    [1, 2],
    [2, 2],
    [1, 2],
    [1, 2],
  ] as const) {
    writer.append(batchOf(flow, [hex("0a00000100000001")], { domain, exportTime }));
  }
  writer.flush();
  expect(messages.length).toBe(4);
  expect(session.counters()).toMatchObject({ records: 5, sequenceGaps: 0, messagesDisordered: 0 });
});

test("append() counts records and Templates that fit into no Message", () => {
  const { writer, seen } = createPair(64);
  writer.append(batchOf(name, [hex(`3c${"61".repeat(60)}`), hex("0161")]));
  const wide = templateOf(
    300,
    Array.from({ length: 20 }, () => "protocolIdentifier"),
  );
  writer.append(batchOf(wide, [new Uint8Array(20)], { domain: 5 }));
  writer.append(batchOf(flow, [hex("0a00000100000001")], { domain: 6 }));
  writer.flush();
  expect(seen.map(({ domain, bytes }) => [domain, bytes])).toEqual([
    [0, "0161"],
    [6, "0a00000100000001"],
  ]);
  expect(writer.counters()).toMatchObject({ recordsTooLarge: 2, records: 2 });
});

const scoped = templateOf(400, ["meteringProcessId", "exportedMessageTotalCount"], 1);

test("append() keeps Options Templates apart from Templates", () => {
  const { writer, seen } = createPair();
  writer.append(batchOf(scoped, [new Uint8Array(12)]));
  writer.flush();
  expect(seen).toMatchObject([{ template: 400, signature: scoped.signature }]);
});

test("refreshTemplates() sends all Templates again without data", () => {
  const { writer, messages, session } = createPair();
  writer.append(batchOf(flow, [hex("0a00000100000001")]));
  writer.append(batchOf(name, [hex("0161")], { domain: 2 }));
  writer.refreshTemplates();
  expect(messages.length).toBe(4);
  expect(session.counters()).toMatchObject({ templates: 4, records: 2, sequenceGaps: 0 });
});

test("append() sends Templates again when the refresh time is over", () => {
  let time = 0;
  const sizes: number[] = [];
  const writer = createMessageWriter({
    maximumBytes: 500,
    templateRefreshMs: 1000,
    now: () => time,
    onMessage: (bytes) => sizes.push(bytes.length),
  });
  for (time = 0; time <= 1000; time += 500) {
    writer.append(batchOf(flow, [hex("0a00000100000001")]));
    writer.flush();
  }
  expect(sizes).toEqual([44, 28, 32, 28]);
});

test("append() writes anew with withdrawals once a domain used too many Templates", () => {
  const { writer, session, seen } = createPair();
  for (let i = 0; i < 4100; i++) {
    const template = templateOf(256, [["interfaceName", i + 1]]);
    writer.append(batchOf(template, [new Uint8Array(i + 1)]));
  }
  writer.flush();
  expect(seen.length).toBe(4100);
  expect(session.counters()).toMatchObject({ withdrawals: 2, setsWithoutTemplate: 0 });
});

const templates = [
  flow,
  name,
  scoped,
  templateOf(256, ["protocolIdentifier", "interfaceName", "sourceIPv6Address"]),
  templateOf(257, ["interfaceName", "interfaceName", "octetDeltaCount"]),
];

const arbitraryBatch = fc
  .record({
    which: fc.nat(templates.length - 1),
    domain: fc.nat(2),
    exportTime: fc.nat(2),
    seeds: fc.array(fc.uint8Array({ maxLength: 400 }), { minLength: 1, maxLength: 5 }),
  })
  .map(({ which, domain, exportTime, seeds }) => {
    const template = templates[which] ?? flow;
    const records = seeds.map((seed) => {
      const parts = template.fields.flatMap(({ length }) => {
        if (length !== 65_535) return [...new Uint8Array(length)];
        const long = seed.length >= 255 || seed.length % 2 === 1;
        const head = long ? [255, seed.length >> 8, seed.length & 255] : [seed.length];
        return [...head, ...seed];
      });
      return Uint8Array.from(parts);
    });
    return batchOf(template, records, { domain, exportTime });
  });

test("append() loses, changes and reorders no record within a domain", () => {
  fc.assert(
    fc.property(fc.array(arbitraryBatch), fc.integer({ min: 1000, max: 3000 }), (batches, size) => {
      const { writer, messages, session, seen } = createPair(size);
      for (const batch of batches) writer.append(batch);
      writer.flush();
      const sent = batches.flatMap(({ domain, exportTime, template, bytes, offsets, count }) =>
        Array.from({ length: count }, (_, i) => {
          const record = unhex(bytes.subarray(offsets[i], offsets[i + 1]));
          return { domain, exportTime, signature: template.signature, bytes: record };
        }),
      );
      expect(seen.map(({ template: _, ...rest }) => rest)).toEqual(sent);
      expect(messages.every(({ length }) => length <= size)).toBe(true);
      expect(session.counters()).toMatchObject({ sequenceGaps: 0, messagesDisordered: 0 });
    }),
  );
});
