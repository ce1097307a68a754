import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { messageHeaderBytes, setHeaderBytes } from "../message.ts";

/** Most octets of a record: it has to fit into a Set of a Message of its own (RFC 7011 §3.1). */
const recordBytes = limits.messageBytes - messageHeaderBytes - setHeaderBytes;

/** Octets of a record in the making: a buffer that grows up to the largest record. */
export class RecordOctets {
  bytes = new Uint8Array(512);
  /** Octets written so far. */
  length = 0;

  /**
   * Have room for `octets` more, count them in, and return where they begin; what stands there is
   * left from earlier records.
   * @throws {ConfigError} `limit` when no Message can hold the record.
   */
  extend(octets: number): number {
    const at = this.length;
    const needed = at + octets;
    if (needed > recordBytes) {
      const detail = `Cannot encode a record of ${needed} octets: expected at most ${recordBytes}`;
      throw new ConfigError("limit", "", detail);
    }
    if (needed > this.bytes.length) {
      const grown = new Uint8Array(Math.min(recordBytes, Math.max(needed, 2 * this.bytes.length)));
      grown.set(this.bytes);
      this.bytes = grown;
    }
    this.length = needed;
    return at;
  }

  /** Append `octets`. @throws {ConfigError} as `extend`. */
  append(octets: Uint8Array): void {
    const at = this.extend(octets.length);
    this.bytes.set(octets, at);
  }
}
