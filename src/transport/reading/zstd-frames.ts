import { TransportError } from "../../errors.ts";
import { limits } from "../../limits.ts";

/** Octets of a block, compressed or not, at most (RFC 8878 §3.1.1.2.4). */
const blockBytes = 131_072;
const frameMagic = 0xfd2fb528;
/** Skippable frames have one of sixteen magic numbers. */
const skippableMagic = 0x184d2a50;

/** Octets of the Dictionary_ID by its flag, of the Frame_Content_Size by its own. */
const dictionaryBytes = [0, 1, 2, 4] as const;
const sizeBytes = [0, 2, 4, 8] as const;
/** Block types (RFC 8878 §3.1.1.2.2): one octet stands for a block of equal ones. */
const blockTypes = { raw: 0, repeated: 1, compressed: 2 } as const;

/**
 * Follows the frames and blocks of Zstandard (RFC 8878 §3.1), so that a decompressor can be fed
 * block by block: a few octets may stand for gigabytes, and the head of a frame may ask for as much
 * memory.
 */
export class ZstdFrames {
  #expects: "frame" | "block" | "content" | "checksum" | "skipped" = "frame";
  /** Octets so far of the header that is expected. */
  #header: number[] = [];
  /** Octets left of what follows the header. */
  #left = 0;
  #isLast = false;
  #hasChecksum = false;

  /** Whether all frames so far are whole. */
  get isWhole(): boolean {
    return this.#expects === "frame" && this.#header.length === 0;
  }

  /**
   * Where the next piece of `bytes` ends, which begins at `at`: with a block or with `bytes`.
   * @throws {TransportError} for what is no Zstandard, or asks for too much memory.
   */
  next(bytes: Uint8Array, at: number): number {
    let end = at;
    while (end < bytes.length && this.#left === 0) {
      this.#header.push(bytes[end] as number);
      end++;
      if (this.#header.length === this.#wanted()) this.#readHeader();
    }
    const taken = Math.min(this.#left, bytes.length - end);
    this.#left -= taken;
    if (taken > 0 && this.#left === 0) this.#pass();
    return end + taken;
  }

  /** What follows the octets that were left. */
  #pass(): void {
    if (this.#expects !== "content") this.#expects = "frame";
    else if (!this.#isLast) this.#expects = "block";
    else if (this.#hasChecksum) [this.#expects, this.#left] = ["checksum", 4];
    else this.#expects = "frame";
  }

  /** Octets of the header at hand, as far as they are known. */
  #wanted(): number {
    if (this.#expects === "block") return 3;
    if (this.#header.length <= 4) return 4;
    if (isSkippable(this.#number(0, 4))) return 8;
    return 5 + descriptorBytes(this.#header[4] as number);
  }

  #readHeader(): void {
    if (this.#expects === "block") this.#readBlockHeader();
    else if (this.#header.length === 4) {
      const magic = this.#number(0, 4);
      if (magic !== frameMagic && !isSkippable(magic)) throw refuse("no frame where one is due");
      return; // how long the rest is was not known before
    } else if (isSkippable(this.#number(0, 4))) {
      this.#left = this.#number(4, 8);
      this.#expects = this.#left > 0 ? "skipped" : "frame";
    } else this.#readFrameHeader();
    this.#header = [];
  }

  #readFrameHeader(): void {
    const flags = this.#header[4] as number;
    const isSingle = (flags & 0x20) !== 0;
    const size = this.#header.slice(-contentSizeBytes(flags));
    const window = isSingle ? littleEndian(size) : windowBytes(this.#header[5] as number);
    if (window > limits.zstdWindowBytes) {
      throw refuse(`a window of ${window} octets, expected at most ${limits.zstdWindowBytes}`);
    }
    this.#hasChecksum = (flags & 0x04) !== 0;
    this.#expects = "block";
  }

  #readBlockHeader(): void {
    const word = this.#number(0, 3);
    const [type, size] = [(word >>> 1) & 3, word >>> 3];
    if (type > blockTypes.compressed || size > blockBytes) throw refuse("a block that is none");
    this.#isLast = (word & 1) !== 0;
    this.#left = type === blockTypes.repeated ? 1 : size;
    this.#expects = "content";
    if (this.#left === 0) this.#pass();
  }

  #number(from: number, to: number): number {
    return littleEndian(this.#header.slice(from, to));
  }
}

/** Octets of a frame's header behind its flags. */
function descriptorBytes(flags: number): number {
  const isSingle = (flags & 0x20) !== 0;
  return (isSingle ? 0 : 1) + (dictionaryBytes[flags & 3] as number) + contentSizeBytes(flags);
}

function contentSizeBytes(flags: number): number {
  const flag = flags >>> 6;
  return flag === 0 ? (flags >>> 5) & 1 : (sizeBytes[flag] as number);
}

/** RFC 8878 §3.1.1.1.2. */
function windowBytes(descriptor: number): number {
  const base = 2 ** (10 + (descriptor >>> 3));
  return base + (base / 8) * (descriptor & 7);
}

function isSkippable(magic: number): boolean {
  return magic - (magic % 16) === skippableMagic;
}

function littleEndian(octets: readonly number[]): number {
  return octets.reduceRight((sum, octet) => sum * 256 + octet, 0);
}

function refuse(state: string): TransportError {
  return new TransportError("io", `Cannot decompress the input: ${state}`);
}
