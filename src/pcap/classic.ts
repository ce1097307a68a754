import { DecodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { CaptureFormat, CaptureWindow } from "./format.ts";
import type { Packet, PacketVisitor } from "./packet.ts";

/** Octets of the file header, and of the header before each packet. */
const fileHeaderBytes = 24;
const recordHeaderBytes = 16;

/** The upper bits of the link type say how long the frame check sequence is. */
const linkTypeMask = 0x0fff_ffff;

/** Create the decoder of a classic capture, whose magic said how its numbers are written. */
export function createClassicFormat(
  visit: PacketVisitor,
  { littleEndian, nanos }: { littleEndian: boolean; nanos: boolean },
): CaptureFormat {
  const nanosPerUnit = nanos ? 1 : 1_000;
  let packet: Packet | undefined;
  let minorVersion = 4;

  function readFileHeader(window: CaptureWindow): boolean {
    if (window.end - window.at < fileHeaderBytes) return false;
    const { bytes, view, at } = window;
    const major = view.getUint16(at + 4, littleEndian);
    minorVersion = view.getUint16(at + 6, littleEndian);
    if (major !== 2 || minorVersion > 4) {
      throw new DecodeError("bad-version", 4, `version ${major}.${minorVersion}, expected 2.4`);
    }
    const linkType = view.getUint32(at + 20, littleEndian) & linkTypeMask;
    packet = { bytes, view, start: 0, end: 0, wireLength: 0, seconds: 0, nanos: 0, linkType };
    window.advance(fileHeaderBytes);
    return true;
  }

  // Hot: once per packet.
  function step(window: CaptureWindow): boolean {
    if (packet === undefined) return readFileHeader(window);
    const { view, at } = window;
    if (window.end - at < recordHeaderBytes) return false;
    let captured = view.getUint32(at + 8, littleEndian);
    let wireLength = view.getUint32(at + 12, littleEndian);
    if (minorVersion < 4 && areSwapped(minorVersion, captured, wireLength)) {
      [captured, wireLength] = [wireLength, captured];
    }
    if (captured > limits.packetBytes) throw tooLong(window, captured);
    const next = at + recordHeaderBytes + captured;
    if (next > window.end) return false;
    packet.bytes = window.bytes;
    packet.view = view;
    packet.start = at + recordHeaderBytes;
    packet.end = next;
    packet.seconds = view.getUint32(at, littleEndian);
    packet.nanos = view.getUint32(at + 4, littleEndian) * nanosPerUnit;
    packet.wireLength = Math.max(captured, wireLength);
    window.advance(recordHeaderBytes + captured);
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

/** A forged length: nobody captures packets of that size. */
function tooLong(window: CaptureWindow, captured: number): DecodeError {
  const detail = `packet of ${captured} octets, at most ${limits.packetBytes} are captured`;
  return new DecodeError("bad-length", window.offset, detail);
}
