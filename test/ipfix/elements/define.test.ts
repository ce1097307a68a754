import { afterEach, expect, test } from "vitest";
import { defineElements, type ElementDefinition } from "../../../src/ipfix/elements/define.ts";
import {
  elementById,
  elementByName,
  elementNames,
  ownElements,
  registryRevision,
  useOwnElements,
} from "../../../src/ipfix/registry.ts";
import { limits } from "../../../src/limits.ts";

afterEach(() => useOwnElements([]));

const latency: ElementDefinition = { name: "acmeLatency", pen: 32_473, id: 1, type: "unsigned32" };

test("defineElements() makes elements that the registry finds, until others take their place", () => {
  const before = registryRevision();
  defineElements([{ ...latency, semantics: "quantity", units: "milliseconds" }]);
  const element = elementByName("acmeLatency");
  expect(element).toEqual({ ...latency, semantics: "quantity", units: "milliseconds" });
  expect(elementById(32_473, 1)).toBe(element);
  expect(elementNames()).toContain("acmeLatency");
  expect(registryRevision()).not.toBe(before);
  useOwnElements([]);
  expect(elementByName("acmeLatency")).toBeUndefined();
});

test("defineElements() takes an equal definition again, of the registries, too", () => {
  const octets = { name: "octetDeltaCount", pen: 0, id: 1, type: "unsigned64" };
  defineElements([latency, latency, octets]);
  defineElements([latency]);
  expect(ownElements().length).toBe(1);
  expect(elementById(0, 1)?.units).toBe("octets");
});

test("defineElements() takes numbers of IANA's that our registry does not have yet", () => {
  defineElements([{ name: "brandNew", pen: 0, id: 32_000, type: "unsigned256" }]);
  expect(elementById(0, 32_000)?.name).toBe("brandNew");
});

test.for([
  [{ type: "unsigned33" }, "unknown-name", 'unknown type "unsigned33", did you mean "unsigned32"?'],
  [{ type: "constructor" }, "unknown-name", "expected one of octetArray, unsigned8"],
  [{ semantics: "deltaCount" }, "unknown-name", 'did you mean "deltaCounter"?'],
  [{ units: "octet" }, "unknown-name", 'did you mean "octets"?'],
  [{ id: 0 }, "bad-value", "id is 0, expected 1 to 32767"],
  [{ id: 32_768 }, "bad-value", "id is 32768"],
  [{ pen: -1 }, "bad-value", "pen is -1, expected 0 to 4294967295"],
  [{ pen: 1.5 }, "bad-value", "pen is 1.5"],
  [{ name: "" }, "bad-value", "expected a name of letters"],
  [{ name: "a b" }, "bad-value", "expected a name of letters"],
  [{ name: "32473/1" }, "bad-value", "expected a name of letters"],
  [{ pen: 0, id: 8 }, "duplicate", '0/8 "sourceIPv4Address" of type ipv4Address is known already'],
  [{ name: "octetDeltaCount" }, "duplicate", '0/1 "octetDeltaCount" of type unsigned64'],
  [{ pen: 0, id: 1, name: "octetDeltaCount" }, "duplicate", "is known already"],
] as const)("defineElements() refuses %j", ([change, code, message]) => {
  const bad = { ...latency, ...change };
  const good = { ...latency, id: 2, name: "good" };
  expect(() => defineElements([good, bad])).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
  expect(ownElements()).toEqual([]); // all or none
});

test("defineElements() refuses two meanings of one number or name", () => {
  const other = { ...latency, type: "string" };
  expect(() => defineElements([latency, other])).toThrow(
    /32473\/1 "acmeLatency" of type unsigned32/,
  );
  expect(() => defineElements([latency, { ...latency, id: 2 }])).toThrow(/is known already/);
});

test("the elements of a thread are bounded", () => {
  const many = (pen: number, count: number) =>
    Array.from({ length: count }, (_, i) => ({ ...latency, pen, id: i + 1, name: `e${pen}.${i}` }));
  defineElements([...many(1, 32_000), ...many(2, limits.ownElements - 32_000)]);
  expect(() => defineElements([latency])).toThrow(expect.objectContaining({ code: "limit" }));
});
