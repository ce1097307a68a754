import { expect, test } from "vitest";
import { didYouMean } from "../../src/text/did-you-mean.ts";
import { printable } from "../../src/text/printable.ts";
import { grouped, table } from "../../src/text/table.ts";

test.for([
  ["listn", ["listen", "from"], ', did you mean "listen"?'],
  ["form", ["listen", "from"], ', did you mean "from"?'],
  ["sourceIpv4Adress", ["sourceIPv4Address"], ', did you mean "sourceIPv4Address"?'],
  [
    "destinationPort",
    ["udpDestinationPort", "postNAPTDestinationTransportPort", "destinationTransportPort"],
    ', did you mean "destinationTransportPort"?',
  ],
  [
    "srcPort",
    ["sourceTransportPort", "sourceTransportPortsLimit"],
    ', did you mean "sourceTransportPort"?',
  ],
  ["zebra", ["listen", "from"], ""],
  ["x".repeat(200), ["x".repeat(199)], ""],
  ["", ["a"], ', did you mean "a"?'],
] as const)("didYouMean() answers %s", ([name, candidates, clause]) => {
  expect(didYouMean(name, candidates)).toBe(clause);
});

test.for([
  ["plain ü 漢 😀", "plain ü 漢 😀"],
  ["\u001b[31mred\u0007", "\\x1b[31mred\\x07"],
  ["two\nlines\t", "two\\nlines\\t"],
  ["\u202eevil", "\\u202eevil"],
  ["lone \ud800!", "lone \\ud800!"],
] as const)("printable() escapes %j", ([text, shown]) => {
  expect(printable(text)).toBe(shown);
});

test("table() aligns text left and numbers right", () => {
  expect(
    table(
      ["host", "octets"],
      [
        ["a\u001b", 1234567],
        ["longer", 5],
      ],
    ),
  ).toEqual(["host       octets", "a\\x1b   1 234 567", "longer          5"]);
});

test("grouped() leaves short numbers alone", () => {
  expect([grouped(0), grouped(999), grouped(1000)]).toEqual(["0", "999", "1 000"]);
});
