import { formatIpv4, formatIpv6, formatMac } from "../../bytes/address.ts";
import { readUnsigned } from "../../bytes/integer.ts";
import { readUint32 } from "../../bytes/read.ts";
import { DecodeError } from "../../errors.ts";

/** Reads the XDR of sFlow (RFC 4506): everything takes a multiple of four octets. */
export class XdrReader {
  readonly bytes: Uint8Array;
  readonly #end: number;
  /** Offset of what is read next. */
  at: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    this.bytes = bytes;
    this.at = start;
    this.#end = end;
  }

  /** Octets that are left. */
  get left(): number {
    return this.#end - this.at;
  }

  /** An unsigned int. @throws {DecodeError} `truncated`, as all of them do */
  uint32(): number {
    return readUint32(this.bytes, this.#take(4));
  }

  /** An unsigned hyper: a bigint only from 2^53 up. */
  uint64(): number | bigint {
    const at = this.#take(8);
    return readUnsigned(this.bytes, at, at + 8);
  }

  /** Octets of a length that the format fixes, with their padding. */
  fixed(octets: number): Uint8Array {
    const at = this.#take((octets + 3) & ~3);
    return this.bytes.subarray(at, at + octets);
  }

  /** Octets behind their length. */
  opaque(): Uint8Array {
    const octets = this.uint32();
    if (octets > this.left) throw this.#short(octets);
    return this.fixed(octets);
  }

  /** What follows behind its length as a reader of its own, so that nothing reads past it. */
  nested(): XdrReader {
    const octets = this.uint32();
    if (octets > this.left) throw this.#short(octets);
    const at = this.#take((octets + 3) & ~3);
    return new XdrReader(this.bytes, at, at + octets);
  }

  /** Unsigned ints behind their number. */
  uint32s(): number[] {
    const count = this.uint32();
    if (4 * count > this.left) throw this.#short(4 * count);
    return Array.from({ length: count }, () => this.uint32());
  }

  /** An address behind its type: text, or an empty one when it is unknown. */
  address(): string {
    const type = this.uint32();
    if (type === 1) return formatIpv4(this.bytes, this.#take(4));
    if (type === 2) return formatIpv6(this.bytes, this.#take(16));
    if (type === 0) return "";
    throw new DecodeError("unsupported", this.at - 4, `sFlow address of type ${type}`);
  }

  /** A MAC address, which takes eight octets. */
  mac(): string {
    return formatMac(this.bytes, this.#take(8));
  }

  #take(octets: number): number {
    if (octets > this.left) throw this.#short(octets);
    const { at } = this;
    this.at += octets;
    return at;
  }

  #short(octets: number): DecodeError {
    return new DecodeError("truncated", this.at, `sFlow: ${octets} octets, ${this.left} left`);
  }
}
