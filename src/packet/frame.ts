import { decodeCiscoHdlc } from "./cisco-hdlc.ts";
import { decodeEthernet } from "./ethernet.ts";
import { decodeLinuxCooked, decodeLinuxCooked2 } from "./linux-cooked.ts";
import { decodeLoopback, decodeNull } from "./loopback.ts";
import { decodeNflog } from "./nflog.ts";
import { decodePpp, decodePppoe } from "./ppp.ts";
import { decodeRawIp } from "./raw-ip.ts";
import type { Frame, PacketOutcome, PacketSummary } from "./summary.ts";
import { decodeRadiotap, decodeWireless } from "./wireless.ts";

type LinkDecoder = (summary: PacketSummary, at: number) => PacketOutcome;

/** Decoders by LINKTYPE_ value. */
const linkDecoders = new Map<number, LinkDecoder>([
  [0, decodeNull],
  [1, decodeEthernet],
  [9, decodePpp],
  [12, decodeRawIp],
  [14, decodeRawIp],
  [50, decodePpp],
  [51, decodePppoe],
  [101, decodeRawIp],
  [104, decodeCiscoHdlc],
  [105, decodeWireless],
  [108, decodeLoopback],
  [113, decodeLinuxCooked],
  [127, decodeRadiotap],
  [228, decodeRawIp],
  [229, decodeRawIp],
  [239, decodeNflog],
  [276, decodeLinuxCooked2],
]);

/** LINKTYPE_PPI: version, flags, length, link type, then fields about the radio. */
const perPacket = 192;
const perPacketBytes = 8;

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
  return linkType === 1 ? decodeEthernet(summary, start) : decodeLink(summary, linkType, start);
}

function decodeLink(summary: PacketSummary, linkType: number, at: number): PacketOutcome {
  if (linkType === perPacket) return decodePerPacket(summary, at);
  const decode = linkDecoders.get(linkType);
  return decode ? decode(summary, at) : "unsupportedLinkType";
}

/** Decode a frame behind a PPI header, which is little-endian and names the link type. */
function decodePerPacket(summary: PacketSummary, at: number): PacketOutcome {
  const { bytes, end } = summary;
  if (at + perPacketBytes > end) return summary.short();
  const length = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
  const linkType = (bytes[at + 4] as number) | ((bytes[at + 5] as number) << 8);
  if (length < perPacketBytes || linkType === perPacket) return "malformed";
  return decodeLink(summary, linkType, at + length);
}
