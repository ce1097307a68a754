import { readUint16 } from "../../bytes/read.ts";
import {
  firstDataSetId,
  ipfixVersion,
  messageHeaderBytes,
  optionsTemplateSetId,
  setHeaderBytes,
  templateSetId,
} from "../message.ts";

/** An answer that may take octets that are not there yet. */
export type Answer = "yes" | "no" | "more";

/** Octets up to the end of the Length of a Message. */
const lengthEnd = 4;

/** Whether a Message Header stands at `at`, or nothing follows. */
function isFollowed(bytes: Uint8Array, at: number, final: boolean): Answer {
  if (at + lengthEnd > bytes.length) {
    if (!final) return "more";
    return at === bytes.length ? "yes" : "no";
  }
  const isHeader =
    readUint16(bytes, at) === ipfixVersion && readUint16(bytes, at + 2) >= messageHeaderBytes;
  return isHeader ? "yes" : "no";
}

/**
 * Set Headers looked at per octet of the stream: each octet is looked at twice or thrice, and a
 * Set has four octets at least. Only Messages within Messages within Messages need more.
 */
const stepsPerOctet = 8;
const firstSteps = 1_000_000;

/** A piece of a stream. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** Offset of the bytes in the stream. */
  readonly base: number;
  /** Whether nothing follows them. */
  readonly final: boolean;
}

/**
 * Judges what looks like Messages in a stream that may be damaged. It has to be asked from the
 * front to the back: what it has looked through once it does not look through again, so that a
 * hostile stream costs no more than its length.
 */
export class MessageJudge {
  /** Offset in the stream below which no Message beyond doubt begins, but those at `#foundAt`. */
  #clearTo = 0;
  #foundAt = -1;
  /** Set Headers looked at so far. */
  #steps = 0;

  /**
   * Whether to trust what looks like a Message of `length` octets at `at`. When its Sets fill it
   * and another one follows it is one. With only one sign of the two, or with none as long as the
   * stream `isInStep`, it is one unless another Message begins within: then its end, or its Length,
   * is lost.
   */
  trust(piece: Piece, at: number, length: number, isInStep: boolean): Answer {
    const { bytes, final } = piece;
    const end = at + length;
    if (end > bytes.length) return final ? "no" : "more";
    const isFilled = this.#isMessage(piece, at);
    const followed = isFollowed(bytes, end, final);
    if (followed === "more") return "more";
    if (isFilled === "yes" && followed === "yes") return "yes";
    if (!isInStep && isFilled === "no" && followed === "no") return "no";
    return this.#isFree(piece, at + 1, end);
  }

  /**
   * Whether a Message stands at `at` beyond doubt: its Sets, at least one, are of valid kinds and
   * fill it to its end.
   */
  #isMessage({ bytes, base, final }: Piece, at: number): Answer {
    const unknown = final ? "no" : "more";
    if (at + lengthEnd > bytes.length) return unknown;
    if (readUint16(bytes, at) !== ipfixVersion) return "no";
    const length = readUint16(bytes, at + 2);
    if (length <= messageHeaderBytes) return "no";
    const end = at + length;
    let set = at + messageHeaderBytes;
    const most = firstSteps + stepsPerOctet * (base + at);
    for (; set < end && this.#steps < most; this.#steps++) {
      if (set + setHeaderBytes > end) return "no";
      if (set + setHeaderBytes > bytes.length) return unknown;
      const setLength = readUint16(bytes, set + 2);
      if (setLength < setHeaderBytes || !isSetId(readUint16(bytes, set))) return "no";
      set += setLength;
    }
    if (set !== end) return "no";
    return end > bytes.length ? unknown : "yes";
  }

  /** Whether no Message beyond doubt begins within `[from, to)`. */
  #isFree(piece: Piece, from: number, to: number): Answer {
    const { bytes, base } = piece;
    if (this.#foundAt >= base + from) return this.#foundAt < base + to ? "no" : "yes";
    for (let at = Math.max(from, this.#clearTo - base); at < to; at++) {
      // Few places look like a version: the first octet alone rules most of them out.
      if (bytes[at] !== ipfixVersion >>> 8) continue;
      const answer = this.#isMessage(piece, at);
      if (answer === "no") continue;
      this.#clearTo = base + at;
      if (answer === "more") return "more";
      this.#foundAt = base + at;
      this.#clearTo++;
      return "no";
    }
    this.#clearTo = Math.max(this.#clearTo, base + to);
    return "yes";
  }
}

function isSetId(id: number): boolean {
  return id >= firstDataSetId || id === templateSetId || id === optionsTemplateSetId;
}
