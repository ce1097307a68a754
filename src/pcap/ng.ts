import { DecodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { CaptureFormat, CaptureWindow } from "./format.ts";
import { type CaptureInterface, readInterface } from "./ng-interface.ts";
import type { Packet, PacketVisitor } from "./packet.ts";

/** Block types (draft-ietf-opsawg-pcapng §4). */
const blocks = {
  section: 0x0a0d0d0a,
  interface: 1,
  obsoletePacket: 2,
  simplePacket: 3,
  enhancedPacket: 6,
} as const;

const knownTypes: ReadonlySet<number> = new Set(Object.values(blocks));

/** Octets of a Section Header Block without options. */
const sectionBytes = 28;
/** Block Type, Block Total Length, and the length again at the end. */
const frameBytes = 12;
/** Octets of a packet block before the packet data, by block type. */
const packetHeaderBytes = { enhanced: 28, obsolete: 28, simple: 12 } as const;

/** Create the decoder of a pcapng capture. */
export function createNextGenerationFormat(visit: PacketVisitor): CaptureFormat {
  return new NextGeneration(visit);
}

class NextGeneration implements CaptureFormat {
  readonly #visit: PacketVisitor;
  readonly #packet: Packet;
  #littleEndian = false;
  /** Of the current section; packets name them by number. */
  #interfaces: CaptureInterface[] = [];

  constructor(visit: PacketVisitor) {
    this.#visit = visit;
    const bytes = new Uint8Array(0);
    const view = new DataView(bytes.buffer);
    this.#packet = {
      bytes,
      view,
      start: 0,
      end: 0,
      wireLength: 0,
      seconds: 0,
      nanos: 0,
      linkType: 0,
    };
  }

  step(window: CaptureWindow): boolean {
    const left = window.end - window.at;
    if (left < frameBytes) return false;
    const { view, at } = window;
    // The Section Header's type reads the same in both byte orders and says which one follows.
    const isSection = view.getUint32(at) === blocks.section;
    if (isSection) this.#littleEndian = this.#readByteOrder(window);
    const type = view.getUint32(at, this.#littleEndian);
    const length = view.getUint32(at + 4, this.#littleEndian);
    const isKnown = isSection || knownTypes.has(type);
    const mostBytes = isKnown ? limits.captureBlockBytes : 2 ** 32;
    if (length < frameBytes || length % 4 !== 0 || length > mostBytes) {
      throw new DecodeError("bad-length", window.offset, `block ${type} of ${length} octets`);
    }
    if (length > left && isKnown) return false;
    if (isKnown) this.#decode(window, type, length);
    window.advance(length);
    return true;
  }

  #decode(window: CaptureWindow, type: number, length: number): void {
    const again = window.view.getUint32(window.at + length - 4, this.#littleEndian);
    if (again !== length) {
      const detail = `block ${type} of ${length} octets at its start, ${again} at its end`;
      throw new DecodeError("bad-length", window.offset, detail);
    }
    if (type === blocks.section) this.#beginSection(window, length);
    else if (type === blocks.interface) this.#addInterface(window, length);
    else if (type === blocks.enhancedPacket) this.#enhancedPacket(window, length);
    else if (type === blocks.simplePacket) this.#simplePacket(window, length);
    else if (type === blocks.obsoletePacket) this.#obsoletePacket(window, length);
  }

  #beginSection(window: CaptureWindow, length: number): void {
    if (length < sectionBytes) {
      throw new DecodeError("bad-length", window.offset, `section header of ${length} octets`);
    }
    const major = window.view.getUint16(window.at + 12, this.#littleEndian);
    if (major !== 1) {
      throw new DecodeError("bad-version", window.offset + 12, `version ${major}, expected 1`);
    }
    this.#interfaces = [];
  }

  #readByteOrder(window: CaptureWindow): boolean {
    const magic = window.view.getUint32(window.at + 8);
    if (magic === 0x1a2b3c4d) return false;
    if (magic === 0x4d3c2b1a) return true;
    const shown = magic.toString(16).padStart(8, "0");
    throw new DecodeError("bad-magic", window.offset + 8, `byte-order magic ${shown}`);
  }

  #addInterface(window: CaptureWindow, length: number): void {
    if (this.#interfaces.length >= limits.captureInterfaces) {
      throw new DecodeError("limit", window.offset, `${this.#interfaces.length} interfaces`);
    }
    const { view, at, offset } = window;
    const block = { view, start: at + 8, end: at + length - 4, offset };
    this.#interfaces.push(readInterface(block, this.#littleEndian));
  }

  #enhancedPacket(window: CaptureWindow, length: number): void {
    this.#expect(window, length, packetHeaderBytes.enhanced);
    const { view, at } = window;
    this.#timedPacket(window, length, view.getUint32(at + 8, this.#littleEndian));
  }

  /** The Packet Block of old captures: as the Enhanced one, but with a 16-bit interface. */
  #obsoletePacket(window: CaptureWindow, length: number): void {
    this.#expect(window, length, packetHeaderBytes.obsolete);
    const { view, at } = window;
    this.#timedPacket(window, length, view.getUint16(at + 8, this.#littleEndian));
  }

  // Hot: once per packet.
  #timedPacket(window: CaptureWindow, length: number, number: number): void {
    const { view, at } = window;
    const found = this.#interfaces[number];
    if (found === undefined) {
      throw new DecodeError("bad-length", window.offset, `packet of unknown interface ${number}`);
    }
    const packet = this.#packet;
    const high = view.getUint32(at + 12, this.#littleEndian);
    const low = view.getUint32(at + 16, this.#littleEndian);
    found.clock(high, low, packet);
    const captured = view.getUint32(at + 20, this.#littleEndian);
    const wireLength = view.getUint32(at + 24, this.#littleEndian);
    packet.linkType = found.linkType;
    this.#deliver(window, { length, header: packetHeaderBytes.enhanced, captured, wireLength });
  }

  /** A Simple Packet has no time and is of interface 0. */
  #simplePacket(window: CaptureWindow, length: number): void {
    this.#expect(window, length, packetHeaderBytes.simple);
    const found = this.#interfaces[0];
    if (found === undefined) {
      throw new DecodeError("bad-length", window.offset, "packet before its interface");
    }
    const wireLength = window.view.getUint32(window.at + 8, this.#littleEndian);
    const snapLength = found.snapLength === 0 ? wireLength : found.snapLength;
    const captured = Math.min(wireLength, snapLength);
    const packet = this.#packet;
    packet.seconds = 0;
    packet.nanos = 0;
    packet.linkType = found.linkType;
    this.#deliver(window, { length, header: packetHeaderBytes.simple, captured, wireLength });
  }

  #expect(window: CaptureWindow, length: number, header: number): void {
    if (length >= header + 4) return;
    throw new DecodeError("bad-length", window.offset, `packet block of ${length} octets`);
  }

  #deliver(
    window: CaptureWindow,
    block: { length: number; header: number; captured: number; wireLength: number },
  ): void {
    const { length, header, captured } = block;
    if (captured > limits.packetBytes || header + captured + 4 > length) {
      const detail = `packet of ${captured} octets in a block of ${length}`;
      throw new DecodeError("bad-length", window.offset, detail);
    }
    const packet = this.#packet;
    packet.bytes = window.bytes;
    packet.view = window.view;
    packet.start = window.at + header;
    packet.end = packet.start + captured;
    packet.wireLength = Math.max(captured, block.wireLength);
    this.#visit(packet);
  }
}
