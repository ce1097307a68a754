import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError, DecodeError } from "../../../src/errors.ts";
import { compileRecordReader, recordReaderOf } from "../../../src/ipfix/record/compile-reader.ts";
import { createRecordEncoder } from "../../../src/ipfix/record/encoder.ts";
import { RecordOctets } from "../../../src/ipfix/record/octets.ts";
import type { PlainRecord } from "../../../src/ipfix/record/plain.ts";
import { interpretRecordReader } from "../../../src/ipfix/record/read.ts";
import { interpretPlainWriter } from "../../../src/ipfix/record/write.ts";
import { createTemplate, type Template, type TemplateField } from "../../../src/ipfix/template.ts";
import { hex, unhex } from "../../support/hex.ts";
import { templateOf } from "../../support/ipfix.ts";
import { arbitraryRecord, arbitraryTemplate } from "../../support/plain.ts";

/** A Template with lists, one for the records in them, and a record. */
const arbitraryCase = fc
  .tuple(arbitraryTemplate(300, true), arbitraryTemplate(400, false))
  .chain(([template, inner]) =>
    fc.tuple(fc.constant(template), fc.constant(inner), arbitraryRecord(template, inner)),
  );

function interpretedOctets(template: Template, inner: Template, record: PlainRecord): Uint8Array {
  const octets = new RecordOctets();
  const templates = (id: number) => (id === inner.id ? inner : undefined);
  const target = { octets, templates, lookup: interpretPlainWriter, depth: 0 };
  interpretPlainWriter(template)(target, record);
  return octets.bytes.slice(0, octets.length);
}

function encode(template: Template, inner: Template, record: PlainRecord): Uint8Array {
  const encoder = createRecordEncoder((id) => (id === inner.id ? inner : undefined));
  return encoder.encode(template, record).slice();
}

test("createRecordEncoder() writes octets that read as what was written, in both twins", () => {
  fc.assert(
    fc.property(arbitraryCase, ([template, inner, record]) => {
      const bytes = encode(template, inner, record);
      expect(unhex(bytes)).toBe(unhex(interpretedOctets(template, inner, record)));
      const source = {
        bytes,
        templates: (id: number) => (id === inner.id ? inner : undefined),
        depth: 0,
      };
      const read = recordReaderOf(template)(source, 0, bytes.length);
      expect(read).toEqual(record);
      expect(read).toEqual(interpretRecordReader(template)(source, 0, bytes.length));
      expect(unhex(encode(template, inner, read))).toBe(unhex(bytes));
    }),
    { numRuns: 1_000 },
  );
});

/** What a reader makes of a record; of two damages either may be found first. */
function outcome(read: () => unknown): unknown {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return "damaged";
  }
}

test("compileRecordReader() reads what interpretRecordReader() reads, of any octets", () => {
  const octets = fc.uint8Array({ maxLength: 120 });
  const template = arbitraryTemplate(300, true);
  fc.assert(
    fc.property(template, octets, fc.nat(3), (template, bytes, start) => {
      const source = { bytes, templates: () => template, depth: 0 };
      const [compiled, twin] = [compileRecordReader(template), interpretRecordReader(template)];
      expect(outcome(() => compiled(source, start, bytes.length))).toEqual(
        outcome(() => twin(source, start, bytes.length)),
      );
    }),
    { numRuns: 2_000 },
  );
});

/** The code of the error of both writers, which have to agree. */
function refusal(template: Template, record: PlainRecord): string {
  const codes = [encode, interpretedOctets].map((write) => {
    try {
      write(template, template, record);
      return "accepted";
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      return error.code;
    }
  });
  expect(codes[0]).toBe(codes[1]);
  return codes[0] as string;
}

test("both twins refuse or take any value in any field, and throw nothing but ConfigError", () => {
  const anything = fc.anything({ withBigInt: true, withTypedArray: true, maxDepth: 2 });
  const part = fc.oneof(anything, fc.constantFrom(3, 300, "protocolIdentifier", [], [6], [{}]));
  const list = fc.record({
    list: fc.constantFrom("basic", "stl", "stml"),
    semantic: fc.constantFrom(0, 255, 1.5),
    ...{ element: part, length: part, values: part, template: part, records: part, groups: part },
  });
  const odd = fc.oneof(anything, list);
  const anyRecord = arbitraryTemplate(300, true).chain((template) =>
    fc.tuple(
      fc.constant(template),
      fc.record(Object.fromEntries(template.fields.map(({ name }) => [name, odd]))),
    ),
  );
  fc.assert(
    fc.property(anyRecord, ([template, record]) => {
      refusal(template, record as PlainRecord);
    }),
    { numRuns: 2_000 },
  );
});

const template = templateOf(256, [
  "protocolIdentifier",
  ["octetDeltaCount", 4],
  "sourceIPv4Address",
  "interfaceName",
  "tcpOptionsFull",
]);

test("createRecordEncoder() writes zeros, or nothing, where a record has no value", () => {
  const encoder = createRecordEncoder(() => undefined);
  encoder.encode(template, { octetDeltaCount: 2 ** 32 - 1, sourceIPv4Address: "255.1.2.3" });
  const octets = encoder.encode(template, { protocolIdentifier: 6, tcpOptionsFull: 2n ** 255n });
  expect(unhex(octets)).toBe(`06 00000000 00000000 00 80${"00".repeat(31)}`.replaceAll(" ", ""));
});

const lists = templateOf(257, ["basicList", "subTemplateList", "subTemplateMultiList"]);
const basic = {
  list: "basic",
  semantic: 3,
  element: "protocolIdentifier",
  values: [6, 17],
} as const;
const stl = { list: "stl", semantic: 255, template: 256, records: [] } as const;
const stml = { list: "stml", semantic: 0, groups: [] } as const;

test("createRecordEncoder() writes lists with lengths of three octets, as RFC 6313 advises", () => {
  const encoder = createRecordEncoder(() => undefined);
  const record = { basicList: basic, subTemplateList: stl, subTemplateMultiList: stml };
  expect(unhex(encoder.encode(lists, record))).toBe(
    "ff0007030004000106" + "11ff0003ff0100ff000100",
  );
});

test.for([
  [{ protocolIdentifer: 6 }, "unknown-name"],
  [{ protocolIdentifier: 256 }, "bad-value"],
  [{ protocolIdentifier: 1.5 }, "bad-value"],
  [{ protocolIdentifier: basic }, "wrong-type"],
  [{ sourceIPv4Address: "1.2.3.04" }, "bad-value"],
  [{ interfaceName: "x".repeat(65_536) }, "bad-value"],
  [{ interfaceName: "x".repeat(65_500) }, "limit"],
] as const)("createRecordEncoder() refuses %j", ([record, code]) => {
  expect(refusal(template, record)).toBe(code);
});

test.for([
  [{ subTemplateList: stl, subTemplateMultiList: stml }, "missing"],
  [{ basicList: stl }, "wrong-type"],
  [{ basicList: { ...basic, element: "protocol" } }, "unknown-name"],
  [{ basicList: { ...basic, semantic: 256 } }, "bad-value"],
  [{ basicList: { ...basic, length: 0 } }, "bad-value"],
  [{ basicList: basic, subTemplateList: { ...stl, template: 9, records: [{}] } }, "unknown-name"],
  [{ basicList: basic, subTemplateList: { ...stl, template: 70_000 } }, "bad-value"],
] as const)("createRecordEncoder() refuses lists %j", ([record, code]) => {
  expect(refusal(lists, record as unknown as PlainRecord)).toBe(code);
});

test("createRecordEncoder() refuses lists nested deeper than readers go", () => {
  const nested = templateOf(258, ["subTemplateList"]);
  let record: PlainRecord = { subTemplateList: { ...stl, template: 258 } };
  for (let depth = 1; depth < 32; depth++) {
    record = { subTemplateList: { ...stl, template: 258, records: [record] } };
  }
  const octets = encode(nested, nested, record);
  const source = { bytes: octets, templates: () => nested, depth: 0 };
  expect(recordReaderOf(nested)(source, 0, octets.length)).toEqual(record);
  expect(refusal(nested, { subTemplateList: { ...stl, template: 258, records: [record] } })).toBe(
    "limit",
  );
});

test("compileRecordReader() gives a field any name, however special", () => {
  const [field] = templateOf(256, ["protocolIdentifier"]).fields;
  const names = ["__proto__", "constructor", 'a"]b\u2028'];
  const odd = createTemplate(
    256,
    0,
    names.map((name) => [{ ...(field as TemplateField).element, name }, 1] as const),
  );
  const read = compileRecordReader(odd)(
    { bytes: hex("060711"), templates: () => odd, depth: 0 },
    0,
    3,
  );
  expect(Object.entries(read)).toEqual(names.map((name, i) => [name, [6, 7, 17][i]]));
  expect(unhex(encode(odd, odd, read))).toBe("060711");
  expect(unhex(encode(odd, odd, {}))).toBe("000000");
});
