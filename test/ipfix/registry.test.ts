import { expect, test } from "vitest";
import {
  elementById,
  elementByName,
  elementNames,
  unknownElement,
} from "../../src/ipfix/registry.ts";

test.for([
  ["octetDeltaCount", 0, 1, "unsigned64"],
  ["sourceIPv6Address", 0, 27, "ipv6Address"],
  ["subTemplateMultiList", 0, 293, "subTemplateMultiList"],
  ["tcpOptionsFull", 0, 520, "unsigned256"],
  ["reverseOctetDeltaCount", 29_305, 1, "unsigned64"],
  ["silkAppLabel", 6871, 33, "unsigned16"],
  ["initialTCPFlags", 6871, 14, "unsigned16"],
  ["reverseInitialTCPFlags", 6871, 16_398, "unsigned16"],
  ["reverseFlowDeltaMilliseconds", 6871, 21, "unsigned32"],
] as const)("elementByName() and elementById() find %s", ([name, pen, id, type]) => {
  expect(elementByName(name)).toMatchObject({ name, pen, id, type });
  expect(elementById(pen, id)).toBe(elementByName(name));
});

test("elementById() has no reverse twin of an element that RFC 5103 excludes", () => {
  expect(elementById(29_305, 210)).toBeUndefined();
  expect(elementByName("reversePaddingOctets")).toBeUndefined();
});

test("unknownElement() is named pen/id and holds octets", () => {
  expect(unknownElement(32_473, 15)).toMatchObject({ name: "32473/15", type: "octetArray" });
});

test("elementNames() holds no name twice", () => {
  expect(new Set(elementNames()).size).toBe(elementNames().length);
});
