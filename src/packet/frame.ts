import { decodeCiscoHdlc } from "./cisco-hdlc.ts";
import { decodeEthernet } from "./ethernet.ts";
import { decodeLinuxCooked, decodeLinuxCooked2 } from "./linux-cooked.ts";
import { decodeLoopback, decodeNull } from "./loopback.ts";
import { decodePpp } from "./ppp.ts";
import { decodeRawIp } from "./raw-ip.ts";
import type { Frame, PacketOutcome, PacketSummary } from "./summary.ts";

type LinkDecoder = (summary: PacketSummary, at: number) => PacketOutcome;

/** Decoders by LINKTYPE_ value. */
const linkDecoders = new Map<number, LinkDecoder>([
  [0, decodeNull],
  [1, decodeEthernet],
  [9, decodePpp],
  [12, decodeRawIp],
  [14, decodeRawIp],
  [101, decodeRawIp],
  [104, decodeCiscoHdlc],
  [108, decodeLoopback],
  [113, decodeLinuxCooked],
  [228, decodeRawIp],
  [229, decodeRawIp],
  [276, decodeLinuxCooked2],
]);

/** Decode a frame up to its transport header; allocates nothing and never throws. */
export function decodeFrame(summary: PacketSummary, frame: Frame): PacketOutcome {
  const { bytes, start, end, wireLength, linkType } = frame;
  summary.bytes = bytes;
  summary.end = end;
  summary.isCut = wireLength > end - start;
  summary.etherType = 0;
  summary.vlan = 0;
  summary.isFragment = false;
  summary.hasLyingLength = false;
  if (linkType === 1) return decodeEthernet(summary, start);
  const decode = linkDecoders.get(linkType);
  return decode ? decode(summary, start) : "unsupportedLinkType";
}
