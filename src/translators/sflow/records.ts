import { formatIpv4, formatIpv6 } from "../../bytes/address.ts";
import type { XdrReader } from "./xdr.ts";

/** What a record of a sample tells, by name. */
export type SflowValue =
  | number
  | bigint
  | string
  | Uint8Array
  | readonly number[]
  | readonly { readonly type: number; readonly as: readonly number[] }[];

/** A record of a sample (sFlow v5 §5.3, §5.4): its kind and what it tells. */
export interface SflowRecord {
  /** The name of its kind, or `enterprise:format` of one that is not known. */
  readonly type: string;
  readonly fields: Readonly<Record<string, SflowValue>>;
}

type Fields = Record<string, SflowValue>;
type RecordReader = readonly [type: string, read: (xdr: XdrReader) => Fields];

/** Flow records by their data format of enterprise 0. */
export const flowRecords: ReadonlyMap<number, RecordReader> = new Map<number, RecordReader>([
  [
    1,
    [
      "rawHeader",
      (xdr) => ({
        headerProtocol: xdr.uint32(),
        frameLength: xdr.uint32(),
        stripped: xdr.uint32(),
        header: xdr.opaque(),
      }),
    ],
  ],
  [
    2,
    [
      "ethernet",
      (xdr) => ({
        length: xdr.uint32(),
        srcMac: xdr.mac(),
        dstMac: xdr.mac(),
        etherType: xdr.uint32(),
      }),
    ],
  ],
  [3, ["ipv4", (xdr) => ipRecord(xdr, 4)]],
  [4, ["ipv6", (xdr) => ipRecord(xdr, 16)]],
  [
    1001,
    ["extSwitch", (xdr) => counters(xdr, ["srcVlan", "srcPriority", "dstVlan", "dstPriority"])],
  ],
  [
    1002,
    [
      "extRouter",
      (xdr) => ({ nextHop: xdr.address(), srcMask: xdr.uint32(), dstMask: xdr.uint32() }),
    ],
  ],
  [1003, ["extGateway", gatewayRecord]],
]);

/** Counter records by their data format of enterprise 0. */
export const counterRecords: ReadonlyMap<number, RecordReader> = new Map<number, RecordReader>([
  [1, ["ifCounters", interfaceCounters]],
  [
    2,
    [
      "ethernetCounters",
      (xdr) =>
        counters(xdr, [
          "dot3StatsAlignmentErrors",
          "dot3StatsFCSErrors",
          "dot3StatsSingleCollisionFrames",
          "dot3StatsMultipleCollisionFrames",
          "dot3StatsSQETestErrors",
          "dot3StatsDeferredTransmissions",
          "dot3StatsLateCollisions",
          "dot3StatsExcessiveCollisions",
          "dot3StatsInternalMacTransmitErrors",
          "dot3StatsCarrierSenseErrors",
          "dot3StatsFrameTooLongs",
          "dot3StatsInternalMacReceiveErrors",
          "dot3StatsSymbolErrors",
        ]),
    ],
  ],
]);

function counters(xdr: XdrReader, names: readonly string[]): Fields {
  return Object.fromEntries(names.map((name) => [name, xdr.uint32()]));
}

function ipRecord(xdr: XdrReader, addressBytes: 4 | 16): Fields {
  const format = addressBytes === 4 ? formatIpv4 : formatIpv6;
  return {
    length: xdr.uint32(),
    protocol: xdr.uint32(),
    srcIp: format(xdr.fixed(addressBytes), 0),
    dstIp: format(xdr.fixed(addressBytes), 0),
    srcPort: xdr.uint32(),
    dstPort: xdr.uint32(),
    tcpFlags: xdr.uint32(),
    [addressBytes === 4 ? "tos" : "priority"]: xdr.uint32(),
  };
}

function gatewayRecord(xdr: XdrReader): Fields {
  const nextHop = xdr.address();
  const [as, srcAs, srcPeerAs] = [xdr.uint32(), xdr.uint32(), xdr.uint32()];
  const dstAsPath: { type: number; as: number[] }[] = [];
  for (let left = xdr.uint32(); left > 0; left--) {
    dstAsPath.push({ type: xdr.uint32(), as: xdr.uint32s() });
  }
  return {
    nextHop,
    as,
    srcAs,
    srcPeerAs,
    dstAsPath,
    communities: xdr.uint32s(),
    localPref: xdr.uint32(),
  };
}

function interfaceCounters(xdr: XdrReader): Fields {
  return {
    ...counters(xdr, ["ifIndex", "ifType"]),
    ifSpeed: xdr.uint64(),
    ...counters(xdr, ["ifDirection", "ifStatus"]),
    ifInOctets: xdr.uint64(),
    ...counters(xdr, [
      "ifInUcastPkts",
      "ifInMulticastPkts",
      "ifInBroadcastPkts",
      "ifInDiscards",
      "ifInErrors",
      "ifInUnknownProtos",
    ]),
    ifOutOctets: xdr.uint64(),
    ...counters(xdr, [
      "ifOutUcastPkts",
      "ifOutMulticastPkts",
      "ifOutBroadcastPkts",
      "ifOutDiscards",
      "ifOutErrors",
      "ifPromiscuousMode",
    ]),
  };
}
