import { decodeSnap } from "./ether-type.ts";
import type { PacketOutcome, PacketSummary } from "./summary.ts";

/** Frame control, duration, three addresses and sequence control (IEEE 802.11 §9.3.2.1). */
const leastBytes = 24;
/** The fourth address of frames between distribution systems, QoS control, HT control. */
const further = { address: 6, qualityOfService: 2, highThroughput: 4 } as const;
const dataType = 2;

/** Decode an IEEE 802.11 frame: data that is not encrypted may hold IP. */
export function decodeWireless(summary: PacketSummary, at: number): PacketOutcome {
  const { bytes, end } = summary;
  if (at + leastBytes > end) return summary.short();
  const kind = bytes[at] as number;
  const flags = bytes[at + 1] as number;
  const isEncrypted = (flags & 0x40) !== 0;
  const hasData = (kind & 0x40) === 0;
  if (((kind >>> 2) & 3) !== dataType || isEncrypted || !hasData) return "nonIp";
  let headerBytes = leastBytes;
  if ((flags & 3) === 3) headerBytes += further.address;
  if ((kind & 0x80) !== 0) {
    headerBytes += further.qualityOfService;
    if ((flags & 0x80) !== 0) headerBytes += further.highThroughput;
  }
  return decodeSnap(summary, at + headerBytes);
}

/** Decode an IEEE 802.11 frame behind a radiotap header, whose length is little-endian. */
export function decodeRadiotap(summary: PacketSummary, at: number): PacketOutcome {
  const { bytes, end } = summary;
  if (at + 4 > end) return summary.short();
  const length = (bytes[at + 2] as number) | ((bytes[at + 3] as number) << 8);
  return length < 8 ? "malformed" : decodeWireless(summary, at + length);
}
