import { DecodeError } from "../errors.ts";
import { createClassicFormat } from "./classic.ts";
import { type CaptureFormat, type CaptureWindow, ChunkWindow } from "./format.ts";
import { createNextGenerationFormat } from "./ng.ts";
import type { PacketVisitor } from "./packet.ts";

/** Decodes a capture that comes in pieces of any size. */
export interface CaptureDecoder {
  /**
   * Take the next octets; packets that became whole are visited, most of them where they lie in
   * `chunk`, which is the caller's again afterwards.
   * @throws {DecodeError} offsets count from the start of the capture; packets before the damage
   *   were visited, and nothing can be pushed afterwards.
   */
  push(chunk: Uint8Array): void;
  /** Say that nothing more comes. @throws {DecodeError} `truncated` within a record. */
  end(): void;
}

/** Create a decoder of pcap and pcapng captures: the first four octets tell which it is. */
export function createCaptureDecoder(visit: PacketVisitor): CaptureDecoder {
  const window = new ChunkWindow();
  let format: CaptureFormat | undefined;

  function decode(): void {
    format ??= recognise(window, visit);
    if (format === undefined) return;
    while (format.step(window));
  }

  return {
    push(chunk) {
      window.pass(chunk, decode);
    },
    end() {
      const { incomplete } = window;
      if (incomplete === undefined && format !== undefined) return;
      const { offset, bytes } = incomplete ?? { offset: 0, bytes: 0 };
      const what = offset === 0 ? "file header" : "record";
      throw new DecodeError("truncated", offset, `${bytes} octets of a ${what}`);
    },
  };
}

const sectionHeaderBlock = 0x0a0d0d0a;

/** The first four octets of classic captures, as a big-endian number. */
const classicMagics: Readonly<Record<number, { littleEndian: boolean; nanos: boolean }>> = {
  2712847316: { littleEndian: false, nanos: false }, // a1b2c3d4
  3569595041: { littleEndian: true, nanos: false }, // d4c3b2a1
  2712812621: { littleEndian: false, nanos: true }, // a1b23c4d
  1295823521: { littleEndian: true, nanos: true }, // 4d3cb2a1
};

function recognise(window: CaptureWindow, visit: PacketVisitor): CaptureFormat | undefined {
  if (window.end - window.at < 4) return undefined;
  const magic = window.view.getUint32(window.at);
  if (magic === sectionHeaderBlock) return createNextGenerationFormat(visit);
  const classic = classicMagics[magic];
  if (classic !== undefined) return createClassicFormat(visit, classic);
  const shown = magic.toString(16).padStart(8, "0");
  throw new DecodeError("bad-magic", 0, `magic ${shown}, expected a pcap or pcapng capture`);
}
