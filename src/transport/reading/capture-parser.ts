import { EventEmitter } from "node:events";
import { type PacketHeader, parse } from "pcap-parser";
import { DecodeError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import {
  captureHeaderBytes,
  packetHeaderBytes,
  readLinkType,
  tooLong,
} from "../../pcap/classic.ts";
import type { CaptureDecoder } from "../../pcap/decoder.ts";
import type { Packet, PacketVisitor } from "../../pcap/packet.ts";

/** Octets that tell what a stream is: magic and version of a classic capture. */
export const headBytes = 8;

/** Whether a stream that starts with `head` is for pcap-parser: version 2.4, microseconds. */
export function isClassicMicroseconds(head: Uint8Array): boolean {
  if (head.length < headBytes) return false;
  const view = new DataView(head.buffer, head.byteOffset);
  const magic = view.getUint32(0);
  const littleEndian = magic === 0xd4c3b2a1;
  if (!littleEndian && magic !== 0xa1b2c3d4) return false;
  return view.getUint16(4, littleEndian) === 2 && view.getUint16(6, littleEndian) === 4;
}

/**
 * Create a decoder that leaves the work to pcap-parser. Alone that would gather whatever length a
 * packet claims, copy all it has with every chunk, and lose a last packet that is cut short without
 * a word: all three are watched here.
 */
export function createParserDecoder(visit: PacketVisitor): CaptureDecoder {
  return new ParserDecoder(visit);
}

/** What pcap-parser takes for a stream: it gets its chunks the moment they are pushed. */
class ChunkSource extends EventEmitter {
  pause(): void {}
  resume(): void {}
}

class ParserDecoder implements CaptureDecoder {
  readonly #source = new ChunkSource();
  readonly #visit: PacketVisitor;
  readonly #packet: Packet;
  /** Chunks that do not yet complete what pcap-parser waits for, and their octets. */
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** Octets that pcap-parser has. */
  #parsed = 0;
  /** Octets of the file header and of complete packets. */
  #complete = 0;
  /** Where what pcap-parser waits for ends: a header, or the octets of a packet. */
  #awaited = captureHeaderBytes;

  constructor(visit: PacketVisitor) {
    this.#visit = visit;
    const bytes = new Uint8Array(0);
    const view = new DataView(bytes.buffer);
    const nothing = { start: 0, end: 0, wireLength: 0, seconds: 0, nanos: 0, linkType: 0 };
    this.#packet = { bytes, view, ...nothing };
    // Whatever a listener throws comes out of `push`: the source emits synchronously.
    parse(this.#source)
      .on("globalHeader", ({ linkLayerType }) => {
        this.#packet.linkType = readLinkType(linkLayerType);
        this.#advance(captureHeaderBytes);
      })
      .on("packetHeader", (header) => this.#announce(header))
      .on("packet", ({ header, data }) => this.#deliver(header, data));
  }

  /** Take the next octets, which must not change: pcap-parser keeps what is left of them. */
  push(chunk: Uint8Array): void {
    const { buffer, byteOffset, length } = chunk;
    this.#held.push(Buffer.from(buffer as ArrayBuffer, byteOffset, length));
    this.#heldBytes += length;
    if (this.#parsed + this.#heldBytes < this.#awaited) return;
    const [first] = this.#held;
    const whole = this.#held.length === 1 && first ? first : Buffer.concat(this.#held);
    this.#parsed += this.#heldBytes;
    this.#held = [];
    this.#heldBytes = 0;
    this.#source.emit("data", whole);
  }

  end(): void {
    const left = this.#parsed + this.#heldBytes - this.#complete;
    if (left === 0 && this.#complete > 0) return;
    const what = this.#complete === 0 ? "file header" : "record";
    throw new DecodeError("truncated", this.#complete, `${left} octets of a ${what}`);
  }

  #advance(bytes: number): void {
    this.#complete += bytes;
    this.#awaited = this.#complete + packetHeaderBytes;
  }

  #announce({ capturedLength }: PacketHeader): void {
    if (capturedLength > limits.packetBytes) throw tooLong(this.#complete, capturedLength);
    this.#awaited = this.#complete + packetHeaderBytes + capturedLength;
  }

  #deliver(header: PacketHeader, data: Buffer): void {
    const packet = this.#packet;
    if (packet.view.buffer !== data.buffer) {
      packet.bytes = new Uint8Array(data.buffer);
      packet.view = new DataView(data.buffer);
    }
    const micros = header.timestampMicroseconds;
    packet.start = data.byteOffset;
    packet.end = data.byteOffset + data.length;
    packet.wireLength = Math.max(data.length, header.originalLength);
    packet.seconds = header.timestampSeconds + Math.floor(micros / 1e6);
    packet.nanos = (micros % 1e6) * 1_000;
    this.#advance(packetHeaderBytes + data.length);
    this.#visit(packet);
  }
}
