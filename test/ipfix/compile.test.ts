import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { elementNames } from "../../src/ipfix/registry.ts";
import { compileRecordWriter, createRecordPlan, formatRecord } from "../../src/ipfix/value.ts";
import { hex } from "../support/hex.ts";
import { templateOf } from "../support/ipfix.ts";

const names = elementNames();

const arbitraryTemplate = fc
  .array(
    fc.tuple(
      fc.nat(names.length - 1).map((i) => names[i] ?? ""),
      fc.constantFrom(undefined, undefined, 1, 2, 3, 4, 7, 8, 16, 65_535),
    ),
    { minLength: 1, maxLength: 12 },
  )
  .map((fields) =>
    templateOf(
      256,
      fields.map(([name, length]) => (length === undefined ? name : ([name, length] as const))),
    ),
  );

/** What a writer makes of a record: its text; of two damages either may be found first. */
function outcome(write: () => string): string {
  try {
    return write();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return "damaged";
  }
}

test("compileRecordWriter() writes what formatRecord() writes, for any Template and octets", () => {
  const octets = fc.uint8Array({ minLength: 0, maxLength: 120 });
  fc.assert(
    fc.property(arbitraryTemplate, octets, fc.nat(3), (template, bytes, start) => {
      const plan = createRecordPlan(template);
      const source = { bytes, templates: () => template, depth: 0 };
      const compiled = compileRecordWriter(plan);
      const end = bytes.length;
      expect(outcome(() => compiled(source, start, end))).toBe(
        outcome(() => formatRecord(plan, source, start, end)),
      );
    }),
    { numRuns: 3000 },
  );
});

test("compileRecordWriter() rejects a record cut at every octet", () => {
  const template = templateOf(256, ["protocolIdentifier", "interfaceName", "sourceIPv4Address"]);
  const write = compileRecordWriter(createRecordPlan(template));
  const bytes = hex("06 03616263 0a000001 ffffff");
  const source = { bytes, templates: () => undefined, depth: 0 };
  for (let end = 0; end < 9; end++) expect(() => write(source, 0, end)).toThrow(DecodeError);
  expect(JSON.parse(write(source, 0, 9))).toEqual({
    protocolIdentifier: 6,
    interfaceName: "abc",
    sourceIPv4Address: "10.0.0.1",
  });
});

test("compileRecordWriter() writes an empty object when no field is wanted", () => {
  const template = templateOf(256, ["protocolIdentifier"]);
  const write = compileRecordWriter(createRecordPlan(template, new Set(["octetDeltaCount"])));
  expect(write({ bytes: hex("06"), templates: () => undefined, depth: 0 }, 0, 1)).toBe("{}");
});
