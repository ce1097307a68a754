import fc from "fast-check";
import { afterEach, expect, test } from "vitest";
import { DecodeError } from "../../../src/errors.ts";
import type { RecordBatch } from "../../../src/ipfix/batch.ts";
import { createMessageWriter } from "../../../src/ipfix/message-writer.ts";
import { isFieldName, useOwnElements } from "../../../src/ipfix/registry.ts";
import {
  createTransportSession,
  type SessionOptions,
  type TemplateEvent,
} from "../../../src/ipfix/session.ts";
import { formatValue } from "../../../src/ipfix/value.ts";
import { limits } from "../../../src/limits.ts";
import { messageOf } from "../../support/hostile.ts";
import {
  type Described,
  describingMessage,
  typeRecords,
  typeTemplateSet,
  vendorTemplate,
} from "../../support/type-records.ts";

afterEach(() => useOwnElements([]));

/** A session, and the fields of its data records as `name: value`. */
function open(options: Partial<SessionOptions> = {}) {
  const seen: string[] = [];
  const onBatch = ({ template, bytes, offsets, templates }: RecordBatch) => {
    if (template.scopeCount > 0) return;
    const [{ element, name }] = template.fields as [RecordBatch["template"]["fields"][number]];
    const start = offsets[0] as number;
    const end = start + (template.fixedLength || bytes.length - start);
    const from = template.fixedLength > 0 ? start : start + 1;
    seen.push(`${name}: ${formatValue(element, { bytes, templates, depth: 0 }, from, end)}`);
  };
  const session = createTransportSession({ onBatch, learnElements: true, ...options });
  return { session, seen };
}

const latency = { id: 1, name: "acmeLatency", units: 6 };
const record = "0100 0008 00000007";

test("a session learns elements from type records, in the Message that they come in", () => {
  const { session, seen } = open();
  const sets = [typeTemplateSet, typeRecords(latency), vendorTemplate(1), record];
  session.decodeMessage(messageOf(sets.join(" ")));
  expect(seen).toEqual(["acmeLatency: 7"]);
  expect(session.counters()).toMatchObject({ elementsLearned: 1, elementsRefused: 0 });
});

test("Templates that came before get the names from then on", () => {
  const { session, seen } = open();
  session.decodeMessage(messageOf(`${vendorTemplate(1)} ${record}`));
  session.decodeMessage(describingMessage(latency));
  session.decodeMessage(messageOf(record));
  session.decodeMessage(messageOf(`${vendorTemplate(1)} ${record}`)); // a refresh changes nothing
  const named = "acmeLatency: 7";
  expect(seen).toEqual(['32473/1: "00000007"', named, named]);
});

test("Data Sets that waited for their Template know what was learned meanwhile", () => {
  const { session, seen } = open();
  session.decodeMessage(messageOf(record));
  session.decodeMessage(describingMessage(latency));
  session.decodeMessage(messageOf(vendorTemplate(1)));
  expect(seen).toEqual(["acmeLatency: 7"]);
});

test("values of basicLists are of the elements that were learned", () => {
  const { session, seen } = open();
  session.decodeMessage(describingMessage(latency));
  const list = "03 8001 0004 00007ed9 00000007 00000008";
  session.decodeMessage(messageOf(`0002 000c 0101 0001 0123ffff 0101 0016 11 ${list}`));
  expect(seen).toEqual([
    'basicList: {"list":"basic","semantic":3,"element":"acmeLatency","values":[7,8]}',
  ]);
});

test("one session does not learn from another one, but spares scripts an error", () => {
  open().session.decodeMessage(describingMessage({ id: 2, name: "acmeJitter" }));
  const other = open();
  other.session.decodeMessage(messageOf(`${vendorTemplate(2)} ${record}`));
  expect(other.seen).toEqual(['32473/2: "00000007"']);
  expect([isFieldName("acmeJitter"), isFieldName("acmeJiter")]).toEqual([true, false]);
});

test("without learnElements nothing is learned", () => {
  const { session, seen } = open({ learnElements: false });
  session.decodeMessage(describingMessage(latency));
  session.decodeMessage(messageOf(`${vendorTemplate(1)} ${record}`));
  expect(seen).toEqual(['32473/1: "00000007"']);
});

test.for([
  ["one of IANA's numbers", { pen: 0, id: 8, name: "somethingElse" }, 0],
  ["a number of IANA's that is free", { pen: 0, id: 9_000, name: "somethingElse" }, 1],
  ["one of CERT's numbers", { pen: 6871, id: 33, name: "somethingElse" }, 0],
  ["a reverse twin", { pen: 29_305, id: 1, name: "somethingElse" }, 0],
  ["one of IANA's names", { id: 3, name: "sourceIPv4Address" }, 1],
  ["a name that was given before", { id: 3, name: "acmeLatency" }, 1],
  ["another name for what was learned", { id: 1, name: "acmeOther" }, 1],
  ["another type for what was learned", { id: 1, name: "acmeLatency", type: 13 }, 1],
  ["a type that does not exist", { id: 3, name: "acmeOdd", type: 99 }, 1],
  ["a name with a line feed", { id: 3, name: "a\nb" }, 1],
  ["no name", { id: 3, name: "" }, 1],
  ["__proto__", { id: 3, name: "__proto__" }, 1],
  ["a name of 129 letters", { id: 3, name: "a".repeat(129) }, 1],
] as const)("a session never takes %s", ([, described, refused]) => {
  const { session, seen } = open();
  session.decodeMessage(describingMessage(latency, described as Described));
  expect(session.counters()).toMatchObject({ elementsLearned: 1, elementsRefused: refused });
  session.decodeMessage(messageOf(`${vendorTemplate(1)} ${record}`));
  expect(seen).toEqual(["acmeLatency: 7"]);
});

test("the elements of a session are bounded, and count where Templates do", () => {
  const { session } = open();
  const before = session.templateFields;
  for (let id = 0; id < limits.learnedElements + 100; id += 100) {
    const elements = Array.from({ length: 100 }, (_, i) => ({
      id: (id + i) & 0x7fff,
      name: `acme${id + i}`,
    }));
    session.decodeMessage(describingMessage(...elements));
  }
  expect(session.counters()["elementsLearned"]).toBe(limits.learnedElements);
  expect(session.templateFields - before).toBeGreaterThanOrEqual(4 * limits.learnedElements);
});

test("a Template that comes anew after its element was described is told with the name", () => {
  const told: string[] = [];
  const onTemplate = ({ template }: TemplateEvent) => told.push(template?.fields[0]?.name ?? "");
  const { session } = open({ onTemplate });
  session.decodeMessage(messageOf(vendorTemplate(1)));
  session.decodeMessage(describingMessage(latency));
  session.decodeMessage(messageOf(vendorTemplate(1)));
  expect(told).toEqual(["32473/1", "privateEnterpriseNumber", "acmeLatency"]);
});

test("type records of any octets lead to names or a DecodeError, in and out again", () => {
  const sets = [vendorTemplate(1), record, typeTemplateSet, typeRecords(latency), record];
  const whole = messageOf([...sets, vendorTemplate(2, 65_535, 257)].join(" "));
  const list = messageOf("0101 000c 07 03 8001 0004 00007e");
  const change = fc.record({ at: fc.nat(whole.length - 17), to: fc.nat(255) });
  const changes = fc.array(change, { maxLength: 4 });
  const type = fc.integer({ min: 0, max: 24 });
  fc.assert(
    fc.property(changes, type, type, (all, one, two) => {
      const bytes = whole.slice();
      for (const { at, to } of all) bytes[at + 16] = to;
      const writer = createMessageWriter({
        maximumBytes: 1_400,
        describeElements: true,
        onMessage: () => undefined,
      });
      const { session } = open({ onBatch: (batch) => writer.append(batch) });
      const described = describingMessage(
        { ...latency, id: 1, type: one },
        { id: 2, name: "acmeOther", type: two },
      );
      for (const message of [bytes, described, bytes, list]) {
        try {
          session.decodeMessage(message);
        } catch (error) {
          expect(error).toBeInstanceOf(DecodeError);
        }
      }
      writer.refreshTemplates();
      writer.flush();
    }),
    { numRuns: 600 },
  );
});

test("elements that a user defines rename Templates, too, and forbid others", () => {
  const { session, seen } = open();
  session.decodeMessage(messageOf(`${vendorTemplate(5)} ${record}`));
  const own = {
    name: "mine",
    pen: 32_473,
    id: 5,
    type: "signed32",
    semantics: "",
    units: "",
  } as const;
  useOwnElements([own]);
  session.decodeMessage(describingMessage({ id: 5, name: "acmeTheirs" }));
  session.decodeMessage(messageOf(record));
  useOwnElements([]);
  session.decodeMessage(messageOf(record));
  expect(seen).toEqual(['32473/5: "00000007"', "mine: 7", '32473/5: "00000007"']);
});
