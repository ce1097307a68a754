import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AbstractType, Element } from "../../../src/ipfix/element.ts";
import { elementByName, unknownElement } from "../../../src/ipfix/registry.ts";
import { createTemplate, type Template } from "../../../src/ipfix/template.ts";
import { createRecordFilter } from "../../../src/ipfix/where/filter.ts";
import { interpretWhere } from "../../../src/ipfix/where/interpret.ts";
import { parseWhere } from "../../../src/ipfix/where/parse.ts";
import { limits } from "../../../src/limits.ts";
import { hex } from "../../support/hex.ts";
import { batchOf, templateOf } from "../../support/ipfix.ts";

const template = templateOf(256, [
  "octetDeltaCount",
  "sourceIPv4Address",
  "destinationTransportPort",
  ["packetDeltaCount", 3],
  ["interfaceName", 6],
  "dataRecordsReliability",
  "sourceMacAddress",
  ["applicationName", 65_535],
  "destinationIPv6Address",
  "sourceTransportPort",
  "absoluteError",
]);
const record = hex(
  "00000000000003e8 0a010203 01bb 000005 657468300000 01 0a0b0c0d0e0f 03646e73 " +
    "20010db8000000000000000000000001 01bb 3ff8000000000000",
);

function matches(expression: string, bytes = record): boolean {
  const batch = batchOf(template, [bytes]);
  const found = createRecordFilter(expression).of(batch)(0);
  const where = parseWhere(expression);
  expect(interpretWhere(where, { template, bytes, start: 0, end: bytes.length })).toBe(found);
  return found;
}

describe("a record matches", () => {
  test.for([
    "octetDeltaCount == 1000",
    "octetDeltaCount >= 1000 and octetDeltaCount <= 1e3 and octetDeltaCount == 0x3E8",
    "999 < octetDeltaCount",
    "octetDeltaCount < 18446744073709551615",
    "octetDeltaCount > -1",
    "packetDeltaCount == 5",
    'sourceIPv4Address == "10.1.2.3"',
    'sourceIPv4Address ~= "10.1.2.4"',
    'inside(sourceIPv4Address, "10.0.0.0/8") and inside(sourceIPv4Address, "10.1.2.0/23")',
    'inside(sourceIPv4Address, "10.1.2.3") and inside(sourceIPv4Address, "1.2.3.4/0")',
    'inside(destinationIPv6Address, "2001:db8::/33")',
    'destinationIPv6Address == "2001:DB8:0::1"',
    'sourceMacAddress == "0A:0b:c:0d:0e:0f"',
    "interfaceName == 'eth0' and applicationName == \"dns\"",
    "applicationName ~= interfaceName",
    "sourceTransportPort == destinationTransportPort",
    "absoluteError == 1.5 and absoluteError > 1",
    "dataRecordsReliability and dataRecordsReliability == true",
    "octetDeltaCount",
    "not protocolIdentifier and protocolIdentifier == nil",
    "protocolIdentifier ~= 6 and not (protocolIdentifier < 6)",
    "octetDeltaCount ~= nil",
    "false or not false and true",
    "octetDeltaCount == 1 and octetDeltaCount == 2 or true",
    "ingressInterface == egressInterface",
  ])("%s", (expression) => expect(matches(expression)).toBe(true));
});

describe("a record does not match", () => {
  test.for([
    "octetDeltaCount == 18446744073709551615",
    "octetDeltaCount > 9007199254740993",
    'sourceIPv4Address == "10.1.2.4"',
    'inside(sourceIPv4Address, "10.128.0.0/9")',
    'inside(destinationIPv6Address, "2001:db9::/32")',
    'inside(sourceIPv6Address, "::/0")',
    "interfaceName == 'eth'",
    "interfaceName == 'eth00'",
    "protocolIdentifier",
    "protocolIdentifier == 6",
    "protocolIdentifier < 6 or protocolIdentifier >= 6",
    "octetDeltaCount == nil",
    "not dataRecordsReliability",
    "ingressInterface ~= egressInterface",
    "ingressInterface == octetDeltaCount",
  ])("%s", (expression) => expect(matches(expression)).toBe(false));
});

test.for([
  ["octetDeltaCount = 5", "syntax", 'column 17: unexpected "="'],
  ["octetDeltaCount ==", "syntax", "column 19: unexpected the end, expected an element"],
  ["(octetDeltaCount", "syntax", 'column 17: expected ")"'],
  ["octetDeltaCount 5", "syntax", 'column 17: unexpected "5"'],
  ["1 == 1", "syntax", "neither side is an element"],
  ["5", "syntax", "expected a comparison"],
  ["not octetDeltaCount == 5", "syntax", "column 5: expected parentheses"],
  ["1 < octetDeltaCount < 5", "syntax", 'unexpected "<"'],
  ["octetDeltaCont == 5", "unknown-name", '(column 1), did you mean "octetDeltaCount"?'],
  ["octetDeltaCount == 'x'", "wrong-type", "expected a number"],
  ["sourceIPv4Address == 5", "wrong-type", "an address of its type in quotes"],
  ["sourceIPv4Address == '::1'", "wrong-type", "an address of its type"],
  ["sourceIPv4Address < '10.0.0.0'", "wrong-type", "only numbers have an order"],
  ["flowEndReason == 'idel timeout'", "wrong-type", 'did you mean "idle timeout"?'],
  ["protocolIdentifier == 'quic'", "wrong-type", "a name of one, expected one of HOPOPT"],
  ["protocolIdentifier < 'UDP'", "wrong-type", "only numbers have an order"],
  ["field('x') < 'y'", "wrong-type", "only numbers have an order"],
  ["field(x) == 1", "syntax", "expected a name in quotes"],
  ["field('x' == 1", "syntax", 'expected ")"'],
  ["octetDeltaCount < nil", "wrong-type", "only numbers have an order"],
  ["sourceIPv4Address == sourceIPv6Address", "wrong-type", "same kind"],
  ["interfaceName == octetDeltaCount", "wrong-type", "same kind"],
  ["basicList == 5", "wrong-type", "expected nil"],
  ["inside(octetDeltaCount, '10.0.0.0/8')", "syntax", "an element that is an address"],
  ["inside(sourceIPv4Address, '10.0.0.0/33')", "syntax", "no network of a ipv4Address"],
  ["inside(sourceIPv4Address, '10.0.0/8')", "syntax", "no network"],
  [`${"(".repeat(100)}true${")".repeat(100)}`, "limit", "nested too deep"],
  [`true${" or true".repeat(2_000)}`, "limit", "characters"],
  ["octetDeltaCount; process.exit()", "syntax", 'unexpected ";"'],
  ["constructor == 1", "unknown-name", "constructor"],
] as const)("parseWhere() refuses %s", ([expression, code, message]) => {
  expect(() => parseWhere(expression)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});

/** Expressions over the fields of `template`, and elements that it lacks. */
const expressions: fc.Arbitrary<string> = fc.letrec<{ any: string; leaf: string }>((tie) => ({
  any: fc.oneof(
    { depthSize: "small", withCrossShrink: true },
    tie("leaf"),
    fc.tuple(tie("any"), fc.constantFrom("and", "or"), tie("any")).map((p) => `(${p.join(" ")})`),
    tie("any").map((inner) => `not (${inner})`),
  ),
  leaf: fc.oneof(
    fc
      .tuple(
        fc.constantFrom(
          "octetDeltaCount",
          "packetDeltaCount",
          "sourceTransportPort",
          "vlanId",
          "absoluteError",
        ),
        fc.constantFrom("==", "~=", "<", "<=", ">", ">="),
        fc.oneof(
          fc.constantFrom("destinationTransportPort", "octetDeltaCount", "ingressInterface"),
          fc.bigInt(0n, 2n ** 64n).map(String),
          fc.integer({ min: -3, max: 300 }).map(String),
        ),
      )
      .map((parts) => parts.join(" ")),
    fc.ipV4().map((address) => `sourceIPv4Address == "${address}"`),
    fc.tuple(fc.ipV4(), fc.nat(32)).map(([ip, n]) => `inside(sourceIPv4Address, "${ip}/${n}")`),
    fc.constantFrom(
      "interfaceName == applicationName",
      "applicationName == 'dns'",
      "vlanId",
      "dataRecordsReliability",
    ),
  ),
})).any;

test("compiled and interpreted expressions agree on any octets", () => {
  const fixed = template.fields.slice(0, 7).reduce((sum, { length }) => sum + length, 0);
  const head = fc.uint8Array({ minLength: fixed, maxLength: fixed });
  const tail = fc.uint8Array({ minLength: 26, maxLength: 26 });
  const octets = fc.oneof(head, fc.constant(new Uint8Array(fixed).fill(1)));
  const text = fc.constantFrom("dns", "", "a\0", "eth0");
  fc.assert(
    fc.property(expressions, octets, text, tail, (expression, first, name, last) => {
      const bytes = new Uint8Array([...first, name.length, ...Buffer.from(name), ...last]);
      matches(expression, bytes);
    }),
    { numRuns: 2_000 },
  );
});

describe("field(name)", () => {
  const acme = (type: AbstractType) => ({
    ...unknownElement(32_473, 1),
    name: "acmeLatency",
    type,
  });
  const port = elementByName("sourceTransportPort") as Element;
  const withLatency = (type: AbstractType, length: number) =>
    createTemplate(256, 0, [
      [acme(type), length],
      [port, 2],
    ]);
  const found = (expression: string, own: Template, octets: string) => {
    const bytes = hex(octets);
    const record = { template: own, bytes, start: 0, end: bytes.length };
    const matches = createRecordFilter(expression).of(batchOf(own, [bytes]))(0);
    expect(interpretWhere(parseWhere(expression), record)).toBe(matches);
    return matches;
  };

  test.for([
    ['field("acmeLatency") > 5', true],
    ['5 >= field("acmeLatency")', false],
    ['field("acmeLatency")', true],
    ['field("acmeLatency") == nil', false],
    ['field("acmeLatency") ~= "seven"', true],
    ['field("acmeLatency") == "seven"', false],
    ['field("acmeLatency") < sourceTransportPort', true],
    ['field("acmeLatency") == field("sourceTransportPort")', false],
    ['field("acmeJitter") > 5', false],
    ['field("acmeJitter") ~= 5', true],
    ['field("acmeJitter") == nil and not field("acmeJitter")', true],
    ['field("acmeJitter") == field("acmeOther")', true],
  ] as const)("%s is looked up in the Template: %s", ([expression, expected]) => {
    expect(found(expression, withLatency("unsigned32", 4), "00000007 0050")).toBe(expected);
  });

  test("means what the exporter says it is", () => {
    const text = withLatency("string", 5);
    expect(found('field("acmeLatency") == "seven"', text, "736576656e 0050")).toBe(true);
    expect(found('field("acmeLatency") == 7', text, "736576656e 0050")).toBe(false);
    expect(found('field("acmeLatency") > 5', text, "736576656e 0050")).toBe(false);
  });
});

test("names of values stand for their numbers", () => {
  const template = templateOf(256, ["protocolIdentifier", "flowEndReason"]);
  const batch = batchOf(template, [hex("06 03"), hex("11 01"), hex("11 81")]);
  const found = (expression: string) => {
    const matches = createRecordFilter(expression).of(batch);
    return [0, 1, 2].filter((index) => matches(index));
  };
  expect(found("protocolIdentifier == 'udp'")).toEqual([1, 2]);
  expect(found("'TCP' ~= protocolIdentifier")).toEqual([1, 2]);
  expect(found("flowEndReason == 'endOfFlowDetected'")).toEqual([0]);
  expect(found("flowEndReason == 'idle timeout'")).toEqual([1]); // not 0x81, which has a flag
});

test("bounds of expressions stand in limits", () => {
  expect(parseWhere(`true${" or true".repeat(500)}`).kind).toBe("or");
  expect(limits.whereDepth).toBeGreaterThan(8);
});
