import { DecodeError } from "../errors.ts";

/** Takes the time of a packet from its 64-bit stamp. */
type Clock = (high: number, low: number, time: { seconds: number; nanos: number }) => void;

/** What packets need of their Interface Description Block (draft-ietf-opsawg-pcapng §4.2). */
export interface CaptureInterface {
  readonly linkType: number;
  /** Octets kept of each packet; 0 when all are. */
  readonly snapLength: number;
  readonly clock: Clock;
}

const options = { end: 0, timeResolution: 9, timeOffset: 14 } as const;

/** Content of a block: `[start, end)` of the view; `offset` is the block's place in the capture. */
interface BlockContent {
  readonly view: DataView;
  readonly start: number;
  readonly end: number;
  readonly offset: number;
}

/** Read an Interface Description Block. @throws {DecodeError} `bad-length` */
export function readInterface(block: BlockContent, littleEndian: boolean): CaptureInterface {
  const { view, start, end, offset } = block;
  if (end - start < 8) {
    throw new DecodeError("bad-length", offset, `interface block of ${end - start + 12} octets`);
  }
  let resolution = 6;
  let offsetSeconds = 0;
  for (let at = start + 8; at + 4 <= end; ) {
    const code = view.getUint16(at, littleEndian);
    const length = view.getUint16(at + 2, littleEndian);
    at += 4;
    if (code === options.end) break;
    if (at + length > end) {
      throw new DecodeError("bad-length", offset, `option ${code} of ${length} octets`);
    }
    if (code === options.timeResolution && length === 1) resolution = view.getUint8(at);
    if (code === options.timeOffset && length === 8) {
      offsetSeconds = Number(view.getBigInt64(at, littleEndian));
    }
    at += length + ((4 - (length % 4)) % 4);
  }
  return {
    linkType: view.getUint16(start, littleEndian),
    snapLength: view.getUint32(start + 4, littleEndian),
    clock: createClock(resolution, offsetSeconds),
  };
}

/**
 * A clock for stamps in units of 10^-n seconds, or 2^-n when the top bit of `resolution` is set.
 */
function createClock(resolution: number, offsetSeconds: number): Clock {
  const exponent = resolution & 0x7f;
  const isBinary = (resolution & 0x80) !== 0;
  // Beyond these, nanoseconds need more than the 53 bits in which numbers are exact.
  if (exponent > (isBinary ? 32 : 9)) return createFineClock(resolution, offsetSeconds);
  const unitsPerSecond = (isBinary ? 2 : 10) ** exponent;
  const nanosPerUnit = 1e9 / unitsPerSecond;
  return (high, low, time) => {
    // Long division in digits of 16 bits: every step stays below 2^53 and is exact.
    let seconds = 0;
    let rest = 0;
    for (let digit = 0; digit < 4; digit++) {
      const word = digit < 2 ? high : low;
      const part = rest * 65_536 + (digit % 2 === 0 ? word >>> 16 : word & 0xffff);
      const quotient = Math.floor(part / unitsPerSecond);
      rest = part - quotient * unitsPerSecond;
      seconds = seconds * 65_536 + quotient;
    }
    time.seconds = seconds + offsetSeconds;
    time.nanos = Math.floor(rest * nanosPerUnit);
  };
}

/** For units below a nanosecond, which capture programs do not write: exact, not fast. */
function createFineClock(resolution: number, offsetSeconds: number): Clock {
  const exponent = BigInt(resolution & 0x7f);
  const unitsPerSecond = resolution & 0x80 ? 2n ** exponent : 10n ** exponent;
  return (high, low, time) => {
    const units = (BigInt(high) << 32n) | BigInt(low);
    time.seconds = Number(units / unitsPerSecond) + offsetSeconds;
    time.nanos = Number(((units % unitsPerSecond) * 1_000_000_000n) / unitsPerSecond);
  };
}
