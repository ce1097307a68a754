import { variableLength } from "../../ipfix/element.ts";
import { elementByName } from "../../ipfix/registry.ts";
import { createTemplate, type Template, type TemplateLookup } from "../../ipfix/template.ts";

/**
 * Bits of the Template ID of a flow record in YAF's layout. Start and end in milliseconds and in
 * microseconds, total counters, no VNI: what YAF 2 writes by default.
 */
export const flowVariant = { biflow: 0x10, fullCounters: 0x80, ipv6: 0x400 } as const;

/** Template ID of flow records without any of these bits. */
export const flowTemplateId = 0xb000;
/** Template ID of the TCP entry; `flowVariant.biflow` is added for biflows. */
export const tcpTemplateId = 0xc003;

type Field = readonly [name: string, length: number];

/** The Template of flow records of `variant`, a sum of `flowVariant` bits. */
export function flowTemplate(variant: number): Template {
  const isBiflow = (variant & flowVariant.biflow) !== 0;
  const counterBytes = (variant & flowVariant.fullCounters) !== 0 ? 8 : 4;
  const isIpv6 = (variant & flowVariant.ipv6) !== 0;
  const reverse = (...fields: Field[]): Field[] => (isBiflow ? fields : []);
  const ip = isIpv6 ? "IPv6" : "IPv4";
  const addressBytes = isIpv6 ? 16 : 4;
  return templateOf(flowTemplateId | variant, [
    ["flowStartMilliseconds", 8],
    ["flowEndMilliseconds", 8],
    ["flowStartMicroseconds", 8],
    ["flowEndMicroseconds", 8],
    ["octetTotalCount", counterBytes],
    ...reverse(["reverseOctetTotalCount", counterBytes]),
    ["packetTotalCount", counterBytes],
    ...reverse(["reversePacketTotalCount", counterBytes]),
    [`source${ip}Address`, addressBytes],
    [`destination${ip}Address`, addressBytes],
    ["sourceTransportPort", 2],
    ["destinationTransportPort", 2],
    ["flowAttributes", 2],
    ...reverse(["reverseFlowAttributes", 2]),
    ["protocolIdentifier", 1],
    ["flowEndReason", 1],
    ["silkAppLabel", 2],
    ...reverse(["reverseFlowDeltaMilliseconds", 4], ["reverseFlowDeltaMicroseconds", 8]),
    ["vlanId", 2],
    ...reverse(["reverseVlanId", 2]),
    ["ipClassOfService", 1],
    ...reverse(["reverseIpClassOfService", 1]),
    ["subTemplateMultiList", variableLength],
  ]);
}

/** The Template of the TCP entry in the list of a uniflow or a biflow. */
export function tcpTemplate(isBiflow: boolean): Template {
  const reverse: Field[] = [
    ["reverseInitialTCPFlags", 1],
    ["reverseUnionTCPFlags", 1],
    ["reverseTcpSequenceNumber", 4],
  ];
  return templateOf(tcpTemplateId | (isBiflow ? flowVariant.biflow : 0), [
    ["tcpSequenceNumber", 4],
    ["initialTCPFlags", 1],
    ["unionTCPFlags", 1],
    ...(isBiflow ? reverse : []),
  ]);
}

/** Finds the Templates of list entries, as `RecordBatch.templates` wants it. */
export function createEntryLookup(): TemplateLookup {
  const entries = new Map(
    [false, true].map(tcpTemplate).map((template) => [template.id, template]),
  );
  return (id) => entries.get(id);
}

function templateOf(id: number, fields: readonly Field[]): Template {
  const specifiers = fields.map(([name, length]) => {
    const element = elementByName(name);
    if (!element) throw new Error(`the registry lacks ${name}`);
    return [element, length] as const;
  });
  return createTemplate(id, 0, specifiers);
}
