import { variableLength } from "../ipfix/element.ts";
import { elementByName } from "../ipfix/registry.ts";
import { createTemplate, type Template } from "../ipfix/template.ts";

/** The shape of a flow record, as YAF 2 names it. */
export interface FlowLayout {
  /** Whether packets came from both sides (RFC 5103). */
  readonly biflow: boolean;
  readonly ipv6: boolean;
  /** Whether counters have 8 octets; 4 are enough below 2^31 (reduced-size encoding). */
  readonly fullCounters: boolean;
}

/** Template IDs of flow records are this number and the bits of their layout. */
const flowTemplateId = 0xb000;
const layoutBits = { biflow: 0x10, fullCounters: 0x80, ipv6: 0x400 } as const;

/** When a field is there, and which length depends on the layout. */
type When = keyof FlowLayout | "ipv4" | "always";

/** Fields of a flow record in YAF's order: name, octets (0: a counter's), when. */
// biome-ignore format: a table reads by columns
const flowFields = [
  ["flowStartMilliseconds",         8, "always"],
  ["flowEndMilliseconds",           8, "always"],
  ["flowStartMicroseconds",         8, "always"],
  ["flowEndMicroseconds",           8, "always"],
  ["octetTotalCount",               0, "always"],
  ["reverseOctetTotalCount",        0, "biflow"],
  ["packetTotalCount",              0, "always"],
  ["reversePacketTotalCount",       0, "biflow"],
  ["sourceIPv6Address",            16, "ipv6"],
  ["destinationIPv6Address",       16, "ipv6"],
  ["sourceIPv4Address",             4, "ipv4"],
  ["destinationIPv4Address",        4, "ipv4"],
  ["sourceTransportPort",           2, "always"],
  ["destinationTransportPort",      2, "always"],
  ["flowAttributes",                2, "always"],
  ["reverseFlowAttributes",         2, "biflow"],
  ["protocolIdentifier",            1, "always"],
  ["flowEndReason",                 1, "always"],
  ["silkAppLabel",                  2, "always"],
  ["reverseFlowDeltaMilliseconds",  4, "biflow"],
  ["reverseFlowDeltaMicroseconds",  8, "biflow"],
  ["vlanId",                        2, "always"],
  ["reverseVlanId",                 2, "biflow"],
  ["ipClassOfService",              1, "always"],
  ["reverseIpClassOfService",       1, "biflow"],
  ["subTemplateMultiList", variableLength, "always"],
] as const satisfies readonly (readonly [string, number, When])[];

/** Fields of the `yaf_tcp` record in a flow's list; the reverse ones are a biflow's. */
// biome-ignore format: a table reads by columns
const tcpFields = [
  ["tcpSequenceNumber",        4, "always"],
  ["initialTCPFlags",          1, "always"],
  ["unionTCPFlags",            1, "always"],
  ["reverseInitialTCPFlags",   1, "biflow"],
  ["reverseUnionTCPFlags",     1, "biflow"],
  ["reverseTcpSequenceNumber", 4, "biflow"],
] as const satisfies readonly (readonly [string, number, When])[];

/** Template IDs of the `yaf_tcp` records. */
export const tcpTemplateIds = { uniflow: 0xc003, biflow: 0xc013 } as const;

/** The Template of flow records of `layout`: `yaf_flow_total[_bif]_{rle|fle}_{ip4|ip6}…`. */
export function flowTemplate(layout: FlowLayout): Template {
  const { biflow, fullCounters, ipv6 } = layout;
  const id =
    flowTemplateId |
    (biflow ? layoutBits.biflow : 0) |
    (fullCounters ? layoutBits.fullCounters : 0) |
    (ipv6 ? layoutBits.ipv6 : 0);
  return build(id, flowFields, layout);
}

/** The Templates of `yaf_tcp` records by id. */
export const tcpTemplates: ReadonlyMap<number, Template> = new Map(
  [false, true].map((biflow) => {
    const id = biflow ? tcpTemplateIds.biflow : tcpTemplateIds.uniflow;
    return [id, build(id, tcpFields, { biflow, fullCounters: false, ipv6: false })];
  }),
);

function build(
  id: number,
  fields: readonly (readonly [string, number, When])[],
  layout: FlowLayout,
): Template {
  const present = { ...layout, always: true, ipv4: !layout.ipv6 };
  const counterBytes = layout.fullCounters ? 8 : 4;
  return createTemplate(
    id,
    0,
    fields
      .filter(([, , when]) => present[when])
      .map(([name, length]) => {
        const element = elementByName(name);
        if (element === undefined) throw new Error(`The registry lacks ${name}`);
        return [element, length === 0 ? counterBytes : length];
      }),
  );
}
