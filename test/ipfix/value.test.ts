import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError } from "../../src/errors.ts";
import { elementByName } from "../../src/ipfix/registry.ts";
import { decodeValue, encodeValue, type FieldValue, formatValue } from "../../src/ipfix/value.ts";
import { hex, unhex } from "../support/hex.ts";

function element(name: string) {
  const found = elementByName(name);
  if (!found) throw new Error(`no element ${name}`);
  return found;
}

// biome-ignore format: a table reads by columns
const rows: readonly (readonly [name: string, hex: string, value: FieldValue, json: string])[] = [
  ["protocolIdentifier", "11", 17, "17"],
  ["octetDeltaCount", "0000000000000001", 1, "1"],
  ["octetDeltaCount", "00000102", 258, "258"],
  ["protocolIdentifier", "00000006", 6, "6"],
  ["octetDeltaCount", "001fffffffffffff", 9007199254740991, "9007199254740991"],
  ["octetDeltaCount", "0020000000000000", 2n ** 53n, '"9007199254740992"'],
  ["octetDeltaCount", "ffffffffffffffff", 2n ** 64n - 1n, '"18446744073709551615"'],
  ["tcpOptionsFull", `01${"00".repeat(31)}`, 2n ** 248n, `"${2n ** 248n}"`],
  ["mibObjectValueInteger", "ff", -1, "-1"],
  ["mibObjectValueInteger", "80000000", -(2 ** 31), "-2147483648"],
  ["samplingProbability", "3fe0000000000000", 0.5, "0.5"],
  ["samplingProbability", "3f000000", 0.5, "0.5"],
  ["dataRecordsReliability", "01", true, "true"],
  ["dataRecordsReliability", "02", false, "false"],
  ["sourceMacAddress", "0a0b0c0d0e0f", "0a:0b:0c:0d:0e:0f", '"0a:0b:0c:0d:0e:0f"'],
  ["sourceIPv4Address", "c0000201", "192.0.2.1", '"192.0.2.1"'],
  ["sourceIPv6Address", `20010db8${"00".repeat(11)}01`, "2001:db8::1", '"2001:db8::1"'],
  ["interfaceName", "65746830", "eth0", '"eth0"'],
  ["interfaceName", "e282ac", "€", '"€"'],
  ["ipHeaderPacketSection", "45ff", Uint8Array.of(0x45, 0xff), '"45ff"'],
  ["flowStartSeconds", "6553f100", 1_700_000_000, '"2023-11-14T22:13:20Z"'],
  ["flowStartMilliseconds", "0000018bcfe56800", 1_700_000_000_000, '"2023-11-14T22:13:20.000Z"'],
  ["flowStartMicroseconds", "e8fe6f8000001000", 1_700_000_000_000_001,
    '"2023-11-14T22:13:20.000001Z"'],
  ["flowStartNanoseconds", "e8fe6f8080000000", 1_700_000_000_500_000_000n,
    '"2023-11-14T22:13:20.500000000Z"'],
];

const alone = { templates: () => undefined, depth: 0 };

test.for(rows)("decodeValue(), encodeValue() and formatValue() agree on %s %s", (row) => {
  const [name, octets, value, json] = row;
  const bytes = hex(octets);
  expect(decodeValue(element(name), bytes, 0, bytes.length)).toEqual(value);
  expect(formatValue(element(name), { bytes, ...alone }, 0, bytes.length)).toBe(json);
  expect(unhex(encodeValue(element(name), value, bytes.length))).toBe(octets);
});

test.for([
  ["sourceIPv4Address", "0a00"],
  ["octetDeltaCount", "000000000000000001"],
  ["flowStartSeconds", "00"],
  ["dataRecordsReliability", "03"],
  ["sourceMacAddress", ""],
] as const)(
  "decodeValue() shows %s of the wrong length or value as octets %s",
  ([name, octets]) => {
    const bytes = hex(octets);
    expect(decodeValue(element(name), bytes, 0, bytes.length)).toEqual(bytes);
    expect(formatValue(element(name), { bytes, ...alone }, 0, bytes.length)).toBe(`"${octets}"`);
  },
);

test("decodeValue() drops trailing NULs of text and marks ill-formed octets", () => {
  const bytes = hex("6574 ff 30 0000");
  expect(decodeValue(element("interfaceName"), bytes, 0, bytes.length)).toBe("et\ufffd0");
});

test.for([
  ["protocolIdentifier", 256, 1, "bad-value", "256, expected 0 to 255"],
  ["protocolIdentifier", -1, 1, "bad-value", "-1, expected 0 to 255"],
  ["protocolIdentifier", 1.5, 1, "bad-value", "1.5, expected an integer"],
  ["protocolIdentifier", "6", 1, "wrong-type", "a string, expected an integer"],
  ["octetDeltaCount", 2 ** 32, 4, "bad-value", "4294967296, expected 0 to 4294967295"],
  ["sourceIPv4Address", "1.2.3", 4, "bad-value", "1.2.3, expected an IPv4 address"],
  ["sourceIPv4Address", 5, 4, "wrong-type", "a number, expected an IPv4 address"],
  ["interfaceName", "ether", 4, "bad-value", "5 octets, expected at most 4 octets"],
  ["interfaceName", 7, 65_535, "wrong-type", "a number, expected a string"],
  ["dataRecordsReliability", 1, 1, "wrong-type", "a number, expected a boolean"],
] as const)("encodeValue() refuses %s = %s", ([name, value, length, code, detail]) => {
  const encode = () => encodeValue(element(name), value, length);
  expect(encode).toThrow(ConfigError);
  expect(encode).toThrow(expect.objectContaining({ code }));
  expect(encode).toThrow(`Cannot set ${name}: ${detail}`);
});

test("encodeValue() fills fixed text and octets up with zeros", () => {
  expect(unhex(encodeValue(element("interfaceName"), "eth0", 6))).toBe("657468300000");
});

test("decodeValue() undoes encodeValue() for integers of every length", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 8 }), fc.bigInt(0n, 2n ** 64n - 1n), (length, any) => {
      const wide = BigInt.asUintN(8 * length, any);
      const value = wide <= Number.MAX_SAFE_INTEGER ? Number(wide) : wide;
      const bytes = encodeValue(element("octetDeltaCount"), value, length);
      expect(decodeValue(element("octetDeltaCount"), bytes, 0, length)).toBe(value);
    }),
  );
});
