import { Readable } from "node:stream";
import { formatIpv4, formatIpv6 } from "../../bytes/address.ts";
import { decodeFrame } from "../../packet/frame.ts";
import { PacketSummary } from "../../packet/summary.ts";
import { protocols } from "../../packet/transport.ts";
import type { Packet } from "../../pcap/packet.ts";
import { exportProtocolOf } from "../../translators/exporter-session.ts";
import { formatPeer } from "../address.ts";
import { type CaptureResult, readCapture } from "./capture.ts";
import type { Blocks } from "./input.ts";

/** A UDP datagram of a capture that holds IPFIX, NetFlow or sFlow by its version. */
export interface ExportDatagram {
  /** Address and port of who sent it, such as `192.0.2.1:2055`. */
  readonly exporter: string;
  /** Good until the next datagram is visited. */
  readonly payload: Uint8Array;
  /** When it was captured, in milliseconds since the epoch. */
  readonly capturedMs: number;
}

/** What to do with the exports of a capture. */
export interface ExportCaptureOptions {
  readonly visit: (datagram: ExportDatagram) => void;
  /** Gets the octets read so far after each block; reading waits for what it returns. */
  readonly onProgress?: (bytes: number) => void | Promise<void>;
  readonly signal?: AbortSignal;
}

/** What a capture of exports held. */
export interface ExportCaptureResult extends CaptureResult {
  /** Datagrams that were visited. */
  readonly datagrams: number;
  /** Packets that hold no export, as far as their first octets tell. */
  readonly otherPackets: number;
  /** Parts of datagrams that were fragmented or cut by the capture; none was visited. */
  readonly incompleteDatagrams: number;
}

const udpHeaderBytes = 8;
/** The magic numbers of captures: classic in both orders, micro- and nanoseconds, and pcapng. */
const captureMagics: ReadonlySet<number> = new Set([
  0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1, 0xa1b2cd34, 0x34cdb2a1, 0x0a0d0d0a,
]);

/** Octets that tell a capture from an IPFIX file. */
export const magicBytes = 4;

/** Whether a file that begins with `head` is a capture. */
export function isCapture(head: Uint8Array): boolean {
  if (head.length < magicBytes) return false;
  return captureMagics.has(new DataView(head.buffer, head.byteOffset).getUint32(0));
}

/**
 * Read a capture of what exporters sent over UDP and visit each datagram of IPFIX, NetFlow or
 * sFlow in order.
 * @throws {TransportError} when the input cannot be read; the reason of `signal` when it aborts.
 */
export async function readExportCapture(
  blocks: Blocks,
  options: ExportCaptureOptions,
): Promise<ExportCaptureResult> {
  const counts = { datagrams: 0, otherPackets: 0, incompleteDatagrams: 0 };
  const summary = new PacketSummary();
  const visit = (packet: Packet): void => {
    const outcome = decodeFrame(summary, packet);
    if (outcome !== "ip" || summary.protocol !== protocols.udp) {
      const isPart = outcome === "fragment" || outcome === "truncated";
      counts[isPart ? "incompleteDatagrams" : "otherPackets"]++;
      return;
    }
    const start = summary.transportAt + udpHeaderBytes;
    const payload = packet.bytes.subarray(start, Math.min(summary.end, packet.end));
    if (exportProtocolOf(payload) === undefined) {
      counts.otherPackets++;
      return;
    }
    if (payload.length < summary.payloadLength || summary.isFragment) {
      counts.incompleteDatagrams++;
      return;
    }
    counts.datagrams++;
    const capturedMs = packet.seconds * 1000 + Math.floor(packet.nanos / 1e6);
    options.visit({ exporter: senderOf(summary), payload, capturedMs });
  };
  const { onProgress, signal } = options;
  const result = await readCapture(Readable.from(blocks, { objectMode: false }), {
    visit,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
  });
  return { ...result, ...counts };
}

function senderOf({ bytes, version, sourceAt, sourcePort }: PacketSummary): string {
  const format = version === 4 ? formatIpv4 : formatIpv6;
  return formatPeer(format(bytes, sourceAt), sourcePort);
}
