import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { flowTemplate, tcpTemplates } from "../../src/flow/templates.ts";
import { shared } from "../support/shared.ts";

const layouts = [0, 1, 2, 3, 4, 5, 6, 7].map((bits) => ({
  biflow: (bits & 1) !== 0,
  ipv6: (bits & 2) !== 0,
  fullCounters: (bits & 4) !== 0,
}));

test("flowTemplate() has YAF's Template IDs", () => {
  expect(layouts.map((layout) => flowTemplate(layout).id.toString(16))).toEqual([
    "b000",
    "b010",
    "b400",
    "b410",
    "b080",
    "b090",
    "b480",
    "b490",
  ]);
});

const path = shared("data/yaf_templates.csv");
if (path === undefined) console.warn("../shared is absent: YAF's Templates are not compared");

/** Fields of a YAF Template: name and octets, of those whose flags `present` has. */
function yafFields(spec: string, present: ReadonlySet<string>): (readonly [string, number])[] {
  const rows = readFileSync(path ?? "", "utf8")
    .split("\n")
    .map((line) => line.split(","));
  return rows
    .filter(([name]) => name === spec)
    .filter(
      ([, , , , , , , , flags = ""]) =>
        flags === "" || flags === "0" || flags.split("|").every((flag) => present.has(flag)),
    )
    .filter(([, , , element = ""]) => !element.startsWith("nDPI"))
    .map(([, , , element = "", , , length]) => [element, Number(length)] as const);
}

test.skipIf(path === undefined)("flowTemplate() has YAF's fields in YAF's order", () => {
  for (const layout of layouts) {
    const present = new Set([
      "YTF_MILLI",
      "YTF_MICRO",
      "YTF_TOTAL",
      layout.fullCounters ? "YTF_FLE" : "YTF_RLE",
      layout.ipv6 ? "YTF_IP6" : "YTF_IP4",
      ...(layout.biflow ? ["YTF_BIF"] : []),
    ]);
    const ours = flowTemplate(layout).fields.map(({ element, length }) => [element.name, length]);
    expect(ours).toEqual(yafFields("yaf_flow_full", present));
  }
  for (const [id, { fields }] of tcpTemplates) {
    const present = new Set(id === 0xc013 ? ["YTF_BIF"] : []);
    const ours = fields.map(({ element, length }) => [element.name, length]);
    expect(ours).toEqual(yafFields("yaf_tcp", present));
  }
});
