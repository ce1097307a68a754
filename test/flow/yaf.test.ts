import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { createMeter } from "../../src/flow/meter.ts";
import { createFlowLines } from "../../src/ipfix/format/flows.ts";
import { createOrigin } from "../../src/ipfix/message.ts";
import { readCapture } from "../../src/transport/reading/capture.ts";
import { shared } from "../support/shared.ts";

const folders = ["gen", "pcap"].flatMap((name) => shared(`corpus/${name}`) ?? []);
if (folders.length === 0) console.warn("../shared is absent: flows are not compared with YAF");

/** Not compared: YAF loses or splits these, or reads them with other rules (corpus NOTES). */
const apart: ReadonlySet<string> = new Set([
  "bad-lengths",
  "ip-fragments",
  "ip-fragments-missing",
  "ip-fragments-reversed",
  "ipfixprobe-tls",
  "ipv6-fragments",
  "time-goes-backwards",
  "tiny-fragments-overlap",
  "zeek-fragmented-1",
  "zeek-gtp1_gn_normal_incl_fragmentation",
  "zeek-ipv6-fragmented-dns",
]);

const compared = ["sip", "sp", "dip", "dp", "proto", "vlan", "pkts", "octets", "rpkts", "roctets"];

/** A flow in the words of the flow schema, without its times: YAF is a microsecond off at times. */
function essence(flow: Readonly<Record<string, unknown>>): string {
  return JSON.stringify([...compared.map((key) => flow[key] ?? 0), flow["endReason"]]);
}

function flowsOfLines(text: string): string[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>)
    .filter(({ rec }) => rec === "flow")
    .map(essence);
}

async function meterFile(path: string): Promise<string[]> {
  const lines: string[] = [];
  const format = createFlowLines();
  const meter = createMeter({
    idleTimeoutMs: 300_000,
    activeTimeoutMs: 1_800_000,
    maximumFlows: 10_000,
    domain: 0,
    seed: 1,
    onBatch(batch) {
      const show = format.batch(batch, createOrigin(10, undefined));
      for (let i = 0; i < batch.count; i++) lines.push(show(i) ?? "");
    },
  });
  await readCapture(path, { visit: meter.packet });
  meter.end();
  return flowsOfLines(lines.join("\n"));
}

/** How many of `wanted` are among `found`, each of which counts once. */
function countCommon(wanted: readonly string[], found: readonly string[]): number {
  const left = new Map<string, number>();
  for (const flow of found) left.set(flow, (left.get(flow) ?? 0) + 1);
  return wanted.filter((flow) => {
    const count = left.get(flow) ?? 0;
    left.set(flow, count - 1);
    return count > 0;
  }).length;
}

test.skipIf(folders.length === 0)("createMeter() makes the flows that YAF makes", async () => {
  let [wanted, common, extra] = [0, 0, 0];
  for (const folder of folders) {
    for (const name of readdirSync(folder).filter((entry) => /\.pcap(ng)?$/.test(entry))) {
      const stem = name.replace(/\.pcap$/, "").replace(/\.pcapng$/, ".ng");
      const text = readFileSync(join(folder, "expected", `${stem}.yaf.jsonl`), "utf8");
      // Where YAF made nothing it could not read the capture, and we may.
      const yaf = flowsOfLines(text);
      if (apart.has(stem) || yaf.length === 0) continue;
      const ours = await meterFile(join(folder, name));
      wanted += yaf.length;
      common += countCommon(yaf, ours);
      extra += ours.length - countCommon(ours, yaf);
    }
  }
  expect(wanted).toBeGreaterThan(2_000);
  expect(common / wanted).toBeGreaterThan(0.99);
  expect(extra / wanted).toBeLessThan(0.01);
});
