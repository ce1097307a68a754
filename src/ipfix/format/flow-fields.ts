/**
 * Keys of the flow schema and the elements they come from, the better ones first. Values are
 * integers or text; what is not there is left out, but for counters, which are then 0.
 */
export const flowKeys = {
  sip: ["sourceIPv4Address", "sourceIPv6Address"],
  dip: ["destinationIPv4Address", "destinationIPv6Address"],
  sp: ["sourceTransportPort"],
  dp: ["destinationTransportPort"],
  proto: ["protocolIdentifier"],
  vlan: ["vlanId", "dot1qCustomerVlanId", "dot1qVlanId"],
  rvlan: ["reverseVlanId"],
  pkts: ["packetTotalCount", "packetDeltaCount"],
  octets: ["octetTotalCount", "octetDeltaCount"],
  rpkts: ["reversePacketTotalCount", "reversePacketDeltaCount"],
  roctets: ["reverseOctetTotalCount", "reverseOctetDeltaCount"],
  iflags: ["initialTCPFlags"],
  uflags: ["unionTCPFlags"],
  riflags: ["reverseInitialTCPFlags"],
  ruflags: ["reverseUnionTCPFlags"],
  flags: ["tcpControlBits"],
  seq: ["tcpSequenceNumber"],
  rseq: ["reverseTcpSequenceNumber"],
  endReason: ["flowEndReason"],
  app: ["silkAppLabel"],
  attrs: ["flowAttributes"],
  rattrs: ["reverseFlowAttributes"],
  tos: ["ipClassOfService"],
  rtos: ["reverseIpClassOfService"],
  smac: ["sourceMacAddress"],
  dmac: ["destinationMacAddress"],
  entropy: ["payloadEntropy"],
  rentropy: ["reversePayloadEntropy"],
  rdeltaMs: ["reverseFlowDeltaMilliseconds"],
  rdeltaUs: ["reverseFlowDeltaMicroseconds"],
} as const;

/** Elements of the `stats` object (YAF's flow statistics); reverse ones become `r.name`. */
export const flowStatistics: readonly string[] = [
  "dataByteCount",
  "averageInterarrivalTime",
  "standardDeviationInterarrivalTime",
  "tcpUrgTotalCount",
  "smallPacketCount",
  "nonEmptyPacketCount",
  "largePacketCount",
  "firstNonEmptyPacketSize",
  "maxPacketSize",
  "standardDeviationPayloadLength",
  "firstEightNonEmptyPacketDirections",
];

/** Elements of a moment, the finest first: units in a microsecond, or minus what one unit is. */
export const flowMoments = {
  startUs: [
    ["flowStartMicroseconds", 1],
    ["flowStartNanoseconds", 1_000],
    ["flowStartMilliseconds", -1_000],
    ["flowStartSeconds", -1_000_000],
  ],
  endUs: [
    ["flowEndMicroseconds", 1],
    ["flowEndNanoseconds", 1_000],
    ["flowEndMilliseconds", -1_000],
    ["flowEndSeconds", -1_000_000],
  ],
} as const;

/** Elements of ICMP type and code. */
export const icmpElements = {
  both: ["icmpTypeCodeIPv4", "icmpTypeCodeIPv6"],
  type: ["icmpTypeIPv4", "icmpTypeIPv6"],
  code: ["icmpCodeIPv4", "icmpCodeIPv6"],
} as const;

/** Counters of the process that made the flows (YAF's statistics record). */
export const processCounters: readonly string[] = [
  "exportedFlowRecordTotalCount",
  "packetTotalCount",
  "droppedPacketTotalCount",
  "ignoredPacketTotalCount",
  "notSentPacketTotalCount",
  "expiredFragmentCount",
  "assembledFragmentCount",
  "flowTableFlushEventCount",
  "flowTablePeakCount",
];
