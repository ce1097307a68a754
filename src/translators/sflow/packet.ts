import { decodeFrame } from "../../packet/frame.ts";
import { PacketSummary } from "../../packet/summary.ts";
import type { SflowRecord } from "./records.ts";

/** LINKTYPE_ of each header protocol of sFlow v5 (§5.3, `header_protocol`) that is decoded. */
const linkTypes: ReadonlyMap<number, number> = new Map([
  [1, 1],
  [7, 9],
  [11, 228],
  [12, 229],
]);
const ethernet = 1;

const summary = new PacketSummary();

/** Whether the header of a raw header record is Ethernet. */
export function isEthernet(record: SflowRecord): boolean {
  return record.fields["headerProtocol"] === ethernet;
}

/**
 * Decode the packet of a raw header record, or undefined when it is no IP. The summary is reused
 * by the next call; `portsKnown` says whether the transport header was there.
 */
export function decodeRawHeader(
  record: SflowRecord,
): { readonly packet: Readonly<PacketSummary>; readonly portsKnown: boolean } | undefined {
  const { headerProtocol, frameLength, header } = record.fields;
  const linkType = linkTypes.get(Number(headerProtocol));
  if (linkType === undefined || !(header instanceof Uint8Array)) return undefined;
  summary.version = 0;
  const outcome = decodeFrame(summary, {
    bytes: header,
    start: 0,
    end: header.length,
    wireLength: Number(frameLength),
    linkType,
  });
  if (summary.version === 0 || outcome === "malformed") return undefined;
  return { packet: summary, portsKnown: outcome === "ip" };
}
