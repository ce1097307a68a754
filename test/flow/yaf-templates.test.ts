import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { flowTemplate, flowVariant, tcpTemplate } from "../../src/flow/export/templates.ts";
import { shared } from "../support/shared.ts";

const { biflow, fullCounters, ipv6 } = flowVariant;
const variants = [0, biflow].flatMap((bits) => [
  bits,
  bits | ipv6,
  bits | fullCounters,
  bits | ipv6 | fullCounters,
]);

test("flowTemplate() has YAF's Template IDs", () => {
  const ids = variants.map((variant) => flowTemplate(variant).id.toString(16));
  expect(ids).toEqual(["b000", "b400", "b080", "b480", "b010", "b410", "b090", "b490"]);
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
  for (const variant of variants) {
    const present = new Set([
      "YTF_MILLI",
      "YTF_MICRO",
      "YTF_TOTAL",
      variant & fullCounters ? "YTF_FLE" : "YTF_RLE",
      variant & ipv6 ? "YTF_IP6" : "YTF_IP4",
      ...(variant & biflow ? ["YTF_BIF"] : []),
    ]);
    const ours = flowTemplate(variant).fields.map(({ element, length }) => [element.name, length]);
    expect(ours).toEqual(yafFields("yaf_flow_full", present));
  }
  for (const isBiflow of [false, true]) {
    const present = new Set(isBiflow ? ["YTF_BIF"] : []);
    const ours = tcpTemplate(isBiflow).fields.map(({ element, length }) => [element.name, length]);
    expect(ours).toEqual(yafFields("yaf_tcp", present));
  }
});
