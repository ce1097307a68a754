import { formatHex } from "../../bytes/hex.ts";
import { safeJson } from "../../text/json.ts";
import type { RecordBatch } from "../batch.ts";
import type { Template } from "../template.ts";
import type { FieldValue } from "../value.ts";
import { type CollectedFields, collectFields } from "./collect.ts";
import {
  flowKeys,
  flowMoments,
  flowStatistics,
  icmpElements,
  processCounters,
} from "./flow-fields.ts";
import { createCache, type LineFormat } from "./lines.ts";

type Fields = ReadonlyMap<string, FieldValue>;
type Flow = Record<string, unknown>;

const protocols = { icmp: 1, tcp: 6, icmpv6: 58 } as const;

function reverseOf(name: string): string {
  return `reverse${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** Keys whose elements mean the flow only in the record itself: in lists DNS answers have them. */
const outermost: ReadonlySet<string> = new Set(["sip", "dip", "sp", "dp", "proto"]);

/** Elements that mean the flow in a list too, as YAF puts TCP, MAC and statistics into one. */
const keyNames: readonly (readonly [key: string, names: readonly string[]])[] =
  Object.entries(flowKeys);
const momentNames = Object.entries(flowMoments);
const tcpKeys: ReadonlySet<string> = new Set([
  "iflags",
  "uflags",
  "riflags",
  "ruflags",
  "seq",
  "rseq",
]);
const zeroKeys = ["sp", "dp", "proto", "vlan", "pkts", "octets", "rpkts", "roctets"] as const;
const statisticNames = flowStatistics.flatMap((name) => [
  [name, name] as const,
  [`r.${name}`, reverseOf(name)] as const,
]);

const singles: ReadonlySet<string> = new Set([
  ...Object.entries(flowKeys).flatMap(([key, names]) => (outermost.has(key) ? [] : names)),
  ...flowStatistics.flatMap((name) => [name, reverseOf(name)]),
  ...Object.values(icmpElements).flat(),
]);

/** Whether records of a Template are flows: they have a protocol or address, and a counter. */
const isFlow = createCache(({ fields, scopeCount }: Template): boolean => {
  const names = new Set<string>(fields.map(({ element }) => element.name));
  const has = (key: keyof typeof flowKeys) => flowKeys[key].some((name) => names.has(name));
  return scopeCount === 0 && (has("proto") || has("sip")) && (has("pkts") || has("octets"));
});

const isStatistics = createCache(
  ({ fields, scopeCount }: Template): boolean =>
    scopeCount > 0 && fields.some(({ name }) => name === "exportedFlowRecordTotalCount"),
);

/** The flow schema, one JSON object a flow or process statistics; other records are left out. */
export function createFlowLines(): LineFormat {
  return {
    batch: (batch) => {
      const { template } = batch;
      if (isFlow(template)) return (index) => safeJson(createFlow(collect(batch, index)));
      if (!isStatistics(template)) return () => undefined;
      return (index) => safeJson(createStatistics(collect(batch, index).single));
    },
  };
}

function collect(batch: RecordBatch, index: number): CollectedFields {
  const { template, bytes, templates, offsets } = batch;
  const source = { bytes, templates, depth: 0 };
  const [start, end] = [offsets[index] as number, offsets[index + 1] as number];
  return collectFields({ template, source }, singles, start, end);
}

function first(fields: Fields, names: readonly string[]): FieldValue | undefined {
  for (const name of names) {
    const value = fields.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}

function createFlow({ single, listed }: CollectedFields): Flow {
  const flow: Flow = { rec: "flow", ...moments(single) };
  const isTcp = single.get("protocolIdentifier") === protocols.tcp;
  for (const [key, names] of keyNames) {
    const value = isTcp || !tcpKeys.has(key) ? first(single, names) : undefined;
    if (value !== undefined) flow[key] = plain(value);
  }
  for (const key of zeroKeys) flow[key] ??= 0;
  if (typeof flow["endReason"] === "number") flow["endReason"] &= 0x7f; // SiLK's continuation bit
  if (flow["proto"] === protocols.icmp || flow["proto"] === protocols.icmpv6) {
    addIcmp(flow, single);
  }
  const stats = statistics(single);
  if (stats) flow["stats"] = stats;
  if (listed.size > 0) {
    const dpi = [...listed].map(([name, values]) => [name, values.map(plain)] as const);
    flow["dpi"] = Object.fromEntries(dpi);
  }
  return flow;
}

/** Bigints become decimal text and octets hexadecimal, as in the record schema. */
function plain(value: FieldValue): string | number | boolean {
  if (value instanceof Uint8Array) return formatHex(value);
  return typeof value === "bigint" ? String(value) : value;
}

function moments(fields: Fields): Flow {
  const found: Flow = {};
  for (const [key, choices] of momentNames) {
    for (const [name, unit] of choices) {
      const value = fields.get(name);
      if (typeof value !== "number" && typeof value !== "bigint") continue;
      found[key] = unit > 0 ? Number(BigInt(value) / BigInt(unit)) : Number(value) * -unit;
      break;
    }
  }
  return found;
}

/** YAF puts type * 256 + code into the destination port; others have elements of their own. */
function addIcmp(flow: Flow, fields: Fields): void {
  const type = first(fields, icmpElements.type);
  const code = first(fields, icmpElements.code);
  const both =
    first(fields, icmpElements.both) ??
    (type === undefined ? flow["dp"] : Number(type) * 256 + Number(code ?? 0));
  const value = Number(both);
  flow["sp"] = 0;
  flow["dp"] = value;
  flow["icmp"] = [value >> 8, value & 255];
}

function statistics(fields: Fields): Flow | undefined {
  let stats: Flow | undefined;
  for (const [key, name] of statisticNames) {
    const value = fields.get(name);
    if (value === undefined) continue;
    stats ??= {};
    stats[key] = plain(value);
  }
  return stats;
}

function createStatistics(fields: Fields): Flow {
  const found: Flow = { rec: "stats" };
  for (const name of processCounters) {
    const value = fields.get(name);
    if (value !== undefined) found[name] = plain(value);
  }
  return found;
}
