import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { Writable } from "node:stream";
import { expect, test } from "vitest";
import { convertCaptures } from "../../src/host/pcap-to-ipfix.ts";
import { createFlowLines } from "../../src/ipfix/format/flows.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { shared } from "../support/shared.ts";

/** What a flow of the flow schema is compared by. */
interface Flow {
  readonly rec: string;
  readonly sip: string;
  readonly dip: string;
  readonly sp: number;
  readonly dp: number;
  readonly proto: number;
  readonly vlan: number;
  readonly pkts: number;
  readonly octets: number;
  readonly rpkts: number;
  readonly roctets: number;
  readonly startUs: number;
}

const folders = ["pcap", "gen"].flatMap((name) => shared(`corpus/${name}`) ?? []);
if (folders.length === 0) console.warn("../shared is absent: no captures to compare with YAF");

/** A capture and where YAF's flows of it are. */
const captures = folders.flatMap((folder) =>
  readdirSync(folder)
    .filter((name) => /\.pcap(ng)?$/.test(name))
    .map((name) => {
      const stem = name.replace(/\.pcap$/, "").replace(/\.pcapng$/, ".ng");
      return { path: join(folder, name), yaf: join(folder, "expected", `${stem}.yaf.jsonl`) };
    }),
);

/** Our flows of a capture, from the IPFIX it becomes, and what was counted. */
async function convert(path: string) {
  const flows: Flow[] = [];
  const session = createLines({
    format: createFlowLines(),
    onLine: (line) => flows.push(JSON.parse(line) as Flow),
  });
  const output = new Writable({
    write(message: Buffer, _, done) {
      session.decodeMessage(message);
      done();
    },
  });
  const result = await convertCaptures({ inputs: [path], output });
  return { flows, result };
}

/** What must be equal; the start may differ by a millisecond, as the stored results do. */
function identity({ sip, sp, dip, dp, proto, vlan, pkts, octets, rpkts, roctets }: Flow): string {
  return [sip, sp, dip, dp, proto, vlan, pkts, octets, rpkts, roctets].join();
}

function countEqual(ours: readonly Flow[], theirs: readonly Flow[]): number {
  const left = new Map<string, number[]>();
  for (const flow of ours) {
    const key = identity(flow);
    left.set(key, [...(left.get(key) ?? []), flow.startUs]);
  }
  let equal = 0;
  for (const flow of theirs) {
    const starts = left.get(identity(flow)) ?? [];
    const at = starts.findIndex((start) => Math.abs(start - flow.startUs) <= 1_000);
    if (at < 0) continue;
    starts.splice(at, 1);
    equal++;
  }
  return equal;
}

/** TCP, UDP, ICMP and ICMPv6. */
const plain = new Set([1, 6, 17, 58]);

test.skipIf(captures.length === 0)(
  "convertCaptures() accounts for every packet of the corpus, and agrees with YAF on 99 % of flows",
  async () => {
    let equal = 0;
    let all = 0;
    for (const { path, yaf } of captures) {
      const { flows, result } = await convert(path);
      expect(flows, path).toHaveLength(result.flows);
      const { packets, packetsMetered = 0, ...counters } = result.counters;
      const reasons = ["nonIp", "truncated", "malformed", "unsupportedLinkType", "fragments"];
      const others = reasons.reduce((sum, name) => sum + (counters[name] ?? 0), 0);
      expect(packetsMetered + others, path).toBe(packets);
      const lines = readFileSync(yaf, "utf8").split("\n");
      const theirs = lines
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Flow)
        .filter(({ rec, proto }) => rec === "flow" && plain.has(proto));
      // Its times go backwards: YAF ends a flow with nearly each packet then.
      if (basename(path) === "ipfixprobe-tls.pcap") continue;
      all += theirs.length;
      equal += countEqual(flows, theirs);
    }
    expect(all).toBeGreaterThan(2_000);
    expect(equal / all).toBeGreaterThan(0.99);
  },
  60_000,
);
