import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { createMessageWriter } from "../../src/ipfix/message-writer.ts";
import { createTransportSession } from "../../src/ipfix/session.ts";
import { hostileDatagrams, message, set, template } from "../support/hostile-datagrams.ts";

/** Octets of lines per octet of input: a record of one octet is a line with its Message's head. */
const amplification = 128;

/** Decode a datagram to the last field of its last list; returns the octets of the lines. */
function show(bytes: Uint8Array): number {
  let size = 0;
  const format = createJsonLines();
  const onLine = (line: string) => {
    JSON.parse(line);
    size += line.length;
  };
  const lines = createLines({ format, onLine, templates: true, withdrawals: false });
  try {
    lines.decodeDatagram(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  return size;
}

test.for(hostileDatagrams)("decodeDatagram() survives %s", ([, bytes]) => {
  const before = process.cpuUsage();
  const size = show(bytes);
  const { user, system } = process.cpuUsage(before);
  expect(size).toBeLessThan(2_000 + amplification * bytes.length);
  expect((user + system) / 1_000).toBeLessThan(500);
});

test("decodeDatagram() throws nothing but DecodeError, whatever is changed", () => {
  const datagrams = hostileDatagrams.map(([, bytes]) => bytes).filter(({ length }) => length > 16);
  const change = fc.tuple(fc.nat(65_535), fc.integer({ min: 0, max: 255 }));
  fc.assert(
    fc.property(
      fc.constantFrom(...datagrams),
      fc.array(change, { maxLength: 4 }),
      (from, changes) => {
        const bytes = from.slice(0, 2_000);
        for (const [at, value] of changes) bytes[at % bytes.length] = value;
        show(bytes);
      },
    ),
    { numRuns: 2_000 },
  );
});

/** What a writer makes of a datagram, and what its receiver makes of that. */
function relay(bytes: Uint8Array) {
  const count = { taken: 0, received: 0 };
  const receiver = createTransportSession({
    onBatch: (batch) => {
      count.received += batch.count;
    },
  });
  const onMessage = (relayed: Uint8Array) => receiver.decodeMessage(relayed);
  const writer = createMessageWriter({ maximumBytes: 65_535, onMessage });
  const session = createTransportSession({
    withdrawals: false,
    onBatch: (batch) => {
      count.taken += batch.count;
      writer.append(batch);
    },
  });
  try {
    session.decodeDatagram(bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
  }
  writer.flush();
  const { recordsTooLarge = 0, recordsMalformed = 0 } = writer.counters();
  return { ...count, dropped: recordsTooLarge + recordsMalformed, receiver: receiver.counters() };
}

test.for(hostileDatagrams)("append() passes on or drops what comes of %s", ([, bytes]) => {
  const { taken, received, dropped, receiver } = relay(bytes);
  expect(received + dropped).toBe(taken);
  expect(receiver).toMatchObject({ setsWithoutTemplate: 0, sequenceGaps: 0, messagesDamaged: 0 });
});

test.for([
  ["of Templates nobody defined", 2, 65_500],
  ["of all Templates", 2, 2],
  ["of all Options Templates", 3, 3],
] as const)("decodeMessage() takes 16 000 withdrawals %s without effort", ([, setId, id]) => {
  const session = createTransportSession({ onBatch: () => undefined });
  for (let first = 256; first < 60_000; first += 5_000) {
    const templates = Array.from({ length: 5_000 }, (_, i) => template(first + i, [[4, 1]]));
    session.decodeMessage(message(set(2, templates)));
  }
  const withdrawals = Array.from({ length: 16_000 }, () => template(id, []));
  const before = process.cpuUsage();
  session.decodeMessage(message(set(setId, withdrawals)));
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1_000).toBeLessThan(500);
});
