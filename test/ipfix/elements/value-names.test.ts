import { expect, test } from "vitest";
import type { Element } from "../../../src/ipfix/element.ts";
import {
  nameOfValue,
  valueHint,
  valueNames,
  valueOfName,
} from "../../../src/ipfix/elements/value-names.ts";
import { elementByName, elementNames } from "../../../src/ipfix/registry.ts";

const element = (name: string) => elementByName(name) as Element;

test.for([
  ["flowEndReason", 1, "idle timeout"],
  ["reverseFlowEndReason", 2, "active timeout"],
  ["protocolIdentifier", 6, "TCP"],
  ["firewallEvent", 3, "Flow Denied"],
  ["natEvent", 4, "NAT44 session create"],
  ["forwardingStatus", 130, "Dropped ACL drop"],
  ["informationElementDataType", 23, "unsigned256"],
] as const)("nameOfValue() calls %s %i %s", ([name, value, text]) => {
  expect(nameOfValue(element(name), value)).toBe(text);
});

test.for([
  ["octetDeltaCount", 1],
  ["flowEndReason", 99],
  ["initialTCPFlags", 1], // CERT's number 14 is not IANA's
] as const)("nameOfValue() has no name for %s %i", ([name, value]) => {
  expect(nameOfValue(element(name), value)).toBeUndefined();
});

test.for(["idleTimeout", "idle timeout", "IDLE-TIMEOUT", "idle_timeout"])(
  "valueOfName() takes %s",
  (name) => {
    expect(valueOfName(element("flowEndReason"), name)).toBe(1);
  },
);

test("valueOfName() gives every value back for its name", () => {
  for (const name of elementNames()) {
    for (const [value, text] of Object.entries(valueNames(element(name)) ?? {})) {
      expect(valueOfName(element(name), text), `${name} ${text}`).toBe(Number(value));
    }
  }
});

test("valueHint() names the nearest value, or the first ones", () => {
  expect(valueHint(element("flowEndReason"), "idel timeout")).toBe(
    ', did you mean "idle timeout"?',
  );
  expect(valueHint(element("protocolIdentifier"), "?")).toMatch(/^, expected one of HOPOPT, ICMP/);
});
