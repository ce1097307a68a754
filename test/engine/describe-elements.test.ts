import { expect, test } from "vitest";
import type { Declaration } from "../../src/engine/conf/words.ts";
import { wantNothing } from "../../src/engine/conf/words.ts";
import { createParts } from "../../src/engine/parts.ts";
import { collectSinks } from "../../src/engine/units.ts";
import type { Element } from "../../src/ipfix/element.ts";
import { createTemplate } from "../../src/ipfix/template.ts";
import { createTcpCollector } from "../../src/transport/tcp-collector.ts";
import { createUdpCollector } from "../../src/transport/udp-collector.ts";
import { temporaryFolder } from "../support/folder.ts";
import { hex } from "../support/hex.ts";
import { batchOf } from "../support/ipfix.ts";
import { until } from "../support/network.ts";

const latency: Element = {
  name: "acmeLatency",
  pen: 32_473,
  id: 1,
  type: "unsigned32",
  semantics: "",
  units: "",
};
const batch = batchOf(createTemplate(256, 0, [[latency, 4]]), [hex("00000007")]);

function declare(to: string, describe_elements: boolean): Declaration<"exporter"> {
  const options = { from: ["x"], to, append: true, rotate: undefined, describe_elements };
  return { word: "exporter", name: "x", where: "conf.lua:1", options };
}

const collectors = { udp: createUdpCollector, tcp: createTcpCollector };

test.for(["udp", "tcp"] as const)(
  "describe_elements of a %s exporter is live: collectors learn from then on",
  async (protocol) => {
    const names: string[] = [];
    const collector = collectors[protocol]({
      listen: `${protocol}://127.0.0.1:0`,
      onProblem: () => undefined,
      onBatch({ template: { scopeCount, fields }, count }) {
        if (scopeCount === 0 && count > 0) names.push(fields[0]?.name ?? "");
      },
    });
    const [to = ""] = await collector.start();
    const parts = createParts(temporaryFolder(), () => undefined);
    const configured = (describes: boolean, running?: ReturnType<typeof collect>["all"]) =>
      collect(declare(to, describes), running);
    const collect = (
      exporter: Declaration<"exporter">,
      running: Parameters<typeof collectSinks>[1],
    ) => collectSinks({ ...wantNothing(), exporter: [exporter] }, running, parts.exporter);
    const first = configured(false);
    const [unit] = first.fresh;
    if (!unit) throw new Error("no exporter");
    await unit.part.start();
    unit.part.write(batch);
    await until(() => names.length === 1);
    const second = configured(true, first.all);
    expect(second.fresh).toEqual([]);
    second.adopt();
    unit.part.write(batch);
    await until(() => names.length === 2);
    await unit.part.stop();
    await collector.stop();
    expect(names).toEqual(["32473/1", "acmeLatency"]);
  },
);
