import { Readable } from "node:stream";
import { type PacketHeader, parse } from "pcap-parser";
import { DecodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { Packet, PacketVisitor } from "../pcap/packet.ts";
import type { CaptureResult } from "./capture.ts";

/** Octets of the file header, and of the header before each packet. */
const fileHeaderBytes = 24;
const recordHeaderBytes = 16;

/** Octets that tell what a stream is: magic and version of a classic capture. */
export const headBytes = 8;

/** Whether a stream that starts with `head` is what pcap-parser reads: classic, microseconds. */
export function isClassicMicroseconds(head: Uint8Array): boolean {
  if (head.length < headBytes) return false;
  const view = new DataView(head.buffer, head.byteOffset);
  const magic = view.getUint32(0);
  const littleEndian = magic === 0xd4c3b2a1;
  const isClassic = littleEndian || magic === 0xa1b2c3d4;
  return (
    isClassic && view.getUint16(4, littleEndian) === 2 && view.getUint16(6, littleEndian) === 4
  );
}

/**
 * Read a classic capture through pcap-parser. It would gather whatever length a packet claims, and
 * lose a last packet that is cut short without a word: both are watched here.
 */
export async function readClassicStream(
  chunks: AsyncIterable<Uint8Array>,
  visit: PacketVisitor,
): Promise<CaptureResult> {
  const state = new StreamState(visit);
  const input = Readable.from(state.buffers(chunks), { objectMode: false });
  const parser = parse(input);
  await new Promise<void>((resolve, reject) => {
    parser
      .on("globalHeader", ({ linkLayerType }) => state.begin(linkLayerType))
      .on("packetHeader", (header) => {
        if (!state.announce(header)) input.destroy();
      })
      .on("packet", ({ header, data }) => {
        try {
          state.deliver(header, data);
        } catch (error) {
          input.destroy(error as Error);
        }
      })
      .on("end", resolve)
      .on("error", reject);
    input.on("close", resolve);
  });
  input.destroy();
  return state.result();
}

class StreamState {
  damage: DecodeError | undefined;
  readonly #visit: PacketVisitor;
  readonly #packet: Packet;
  #packets = 0;
  #bytes = 0;
  /** Octets of the file header and of complete packets. */
  #complete = 0;

  constructor(visit: PacketVisitor) {
    this.#visit = visit;
    const bytes = new Uint8Array(0);
    const view = new DataView(bytes.buffer);
    const nothing = { start: 0, end: 0, wireLength: 0, seconds: 0, nanos: 0, linkType: 0 };
    this.#packet = { bytes, view, ...nothing };
  }

  /** The chunks as pcap-parser wants them. */
  async *buffers(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
    for await (const { buffer, byteOffset, length } of chunks) {
      this.#bytes += length;
      yield Buffer.from(buffer as ArrayBuffer, byteOffset, length);
      if (this.damage !== undefined) return;
    }
  }

  begin(linkType: number): void {
    this.#packet.linkType = linkType & 0x0fff_ffff;
    this.#complete = fileHeaderBytes;
  }

  /** Whether the packet that follows may be gathered. */
  announce({ capturedLength }: PacketHeader): boolean {
    if (this.damage !== undefined || capturedLength <= limits.packetBytes) return true;
    const detail = `packet of ${capturedLength} octets, at most ${limits.packetBytes} are captured`;
    this.damage = new DecodeError("bad-length", this.#complete, detail);
    return false;
  }

  deliver(header: PacketHeader, data: Buffer): void {
    if (this.damage !== undefined) return;
    const packet = this.#packet;
    if (packet.view.buffer !== data.buffer) {
      packet.bytes = new Uint8Array(data.buffer);
      packet.view = new DataView(data.buffer);
    }
    packet.start = data.byteOffset;
    packet.end = data.byteOffset + data.length;
    packet.wireLength = Math.max(data.length, header.originalLength);
    packet.seconds = header.timestampSeconds;
    packet.nanos = header.timestampMicroseconds * 1_000;
    this.#packets++;
    this.#complete += recordHeaderBytes + data.length;
    this.#visit(packet);
  }

  result(): CaptureResult {
    const left = this.#bytes - this.#complete;
    if (this.damage === undefined && left > 0) {
      const what = this.#complete === 0 ? "file header" : "record";
      this.damage = new DecodeError("truncated", this.#complete, `${left} octets of a ${what}`);
    }
    const counts = { packets: this.#packets, bytes: this.#bytes };
    return this.damage === undefined ? counts : { ...counts, damage: this.damage };
  }
}
