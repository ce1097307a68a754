import { DecodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { CaptureFormat, CaptureWindow } from "./format.ts";
import type { Packet, PacketVisitor } from "./packet.ts";

/** Octets of the header of a classic capture. */
export const captureHeaderBytes = 24;
/** Octets of the header before each packet of a classic capture. */
export const packetHeaderBytes = 16;

/** The LINKTYPE_ value; the upper bits say whether a frame check sequence follows each packet. */
export function readLinkType(field: number): number {
  return field & 0xffff;
}

/** Create the decoder of a classic capture, whose magic said how its numbers are written. */
export function createClassicFormat(
  visit: PacketVisitor,
  { littleEndian, nanos }: { littleEndian: boolean; nanos: boolean },
): CaptureFormat {
  const unitsPerSecond = nanos ? 1e9 : 1e6;
  const nanosPerUnit = nanos ? 1 : 1_000;
  let packet: Packet | undefined;
  let minorVersion = 4;

  function readFileHeader(window: CaptureWindow): boolean {
    if (window.end - window.at < captureHeaderBytes) return false;
    const { bytes, view, at } = window;
    const major = view.getUint16(at + 4, littleEndian);
    minorVersion = view.getUint16(at + 6, littleEndian);
    if (major !== 2 || minorVersion > 4) {
      throw new DecodeError("bad-version", 4, `version ${major}.${minorVersion}, expected 2.4`);
    }
    const linkType = readLinkType(view.getUint32(at + 20, littleEndian));
    packet = { bytes, view, start: 0, end: 0, wireLength: 0, seconds: 0, nanos: 0, linkType };
    window.advance(captureHeaderBytes);
    return true;
  }

  // Hot: once per packet.
  function step(window: CaptureWindow): boolean {
    if (packet === undefined) return readFileHeader(window);
    const { view, at } = window;
    if (window.end - at < packetHeaderBytes) return false;
    let captured = view.getUint32(at + 8, littleEndian);
    let wireLength = view.getUint32(at + 12, littleEndian);
    if (minorVersion < 4 && areSwapped(minorVersion, captured, wireLength)) {
      [captured, wireLength] = [wireLength, captured];
    }
    if (captured > limits.packetBytes) throw tooLong(window.offset, captured);
    const next = at + packetHeaderBytes + captured;
    if (next > window.end) return false;
    packet.bytes = window.bytes;
    packet.view = view;
    packet.start = at + packetHeaderBytes;
    packet.end = next;
    const fraction = view.getUint32(at + 4, littleEndian);
    packet.seconds = view.getUint32(at, littleEndian) + Math.floor(fraction / unitsPerSecond);
    packet.nanos = (fraction % unitsPerSecond) * nanosPerUnit;
    packet.wireLength = Math.max(captured, wireLength);
    window.advance(packetHeaderBytes + captured);
    visit(packet);
    return true;
  }

  return { step };
}

/**
 * Whether a capture of an old version has the two lengths the other way round: before 2.3 all do,
 * and of those that call themselves 2.3 some.
 */
function areSwapped(minorVersion: number, captured: number, wireLength: number): boolean {
  return minorVersion < 3 || (minorVersion === 3 && captured > wireLength);
}

/** What is wrong with a packet at `offset` that claims more than anybody captures. */
export function tooLong(offset: number, captured: number): DecodeError {
  const detail = `packet of ${captured} octets, at most ${limits.packetBytes} are captured`;
  return new DecodeError("bad-length", offset, detail);
}
