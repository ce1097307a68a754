import { DecodeError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { RecordBatch } from "../batch.ts";
import { type MessageHeader, messageHeaderBytes, readMessageHeader } from "../message.ts";
import { createTransportSession } from "../session.ts";

/** A Message of a file from which its records can be read on. */
export interface Checkpoint {
  /** Where the Message begins, in octets. */
  readonly offset: number;
  /** Records before it. */
  readonly records: number;
  /** Of its header, to recognise it by. */
  readonly exportTime: number;
  readonly sequence: number;
}

/** What an IPFIX file holds where: enough to read record N without those before it. */
export interface FileIndex {
  /** Records in all. */
  readonly records: number;
  /**
   * Offsets of the Messages that change Templates or describe elements (RFC 5610). Whoever decodes
   * those before a checkpoint has there what is in force.
   */
  readonly setup: readonly number[];
  /** In order; not at the beginning of the file, which needs none. */
  readonly checkpoints: readonly Checkpoint[];
}

/** The file that an index was made of, and would no longer be after any change. */
export interface IndexedFile {
  readonly bytes: number;
  /** Time of its last change, as the system has it, in nanoseconds since the epoch. */
  readonly modifiedNs: string;
}

/** How far checkpoints stand apart, whichever comes first. */
export interface Stride {
  readonly records: number;
  readonly bytes: number;
}

const usualStride = { records: limits.indexStrideRecords, bytes: limits.indexStrideBytes };

/** Makes the index of a file out of its Messages. */
export class FileIndexer {
  readonly #setup: number[] = [];
  #checkpoints: Checkpoint[] = [];
  #stride: Stride;
  /** The first checkpoint at which sets waited that may yet be decoded; none is sure behind it. */
  #unsureFrom = -1;
  #last = { offset: 0, records: 0 };
  #changed = false;
  readonly #described = new Set<string>();
  readonly #header: MessageHeader = { length: 0, exportTime: 0, sequence: 0, domain: 0 };
  readonly #session = createTransportSession({
    onBatch: (batch) => this.#note(batch),
    onTemplate: ({ changed }) => {
      this.#changed ||= changed;
    },
  });

  constructor(stride: Stride = usualStride) {
    this.#stride = stride;
  }

  /**
   * Take the Message at `offset`; all of the file's in order.
   * @throws {DecodeError} as the session does; the Messages behind may follow all the same.
   */
  decodeMessage(bytes: Uint8Array, offset: number): void {
    this.#mark(bytes, offset);
    this.#changed = false;
    const lateBefore = this.#lateSets();
    try {
      this.#session.decodeMessage(bytes);
    } finally {
      if (this.#changed && this.#setup.length <= limits.indexSetupMessages) {
        this.#setup.push(offset);
      }
      // A reader that begins at one of these would never see the sets that waited there.
      if (this.#lateSets() > lateBefore && this.#unsureFrom >= 0) {
        this.#checkpoints.length = this.#unsureFrom;
        this.#unsureFrom = -1;
      }
    }
  }

  /** The index of what was taken. */
  finish(): FileIndex {
    const { records = 0 } = this.#session.counters();
    return { records, setup: this.#setup, checkpoints: this.#checkpoints };
  }

  /** Make a checkpoint of the Message at `offset` when it is time for one. */
  #mark(bytes: Uint8Array, offset: number): void {
    const { records = 0, setsWaiting = 0, domainsForgotten = 0 } = this.#session.counters();
    const { offset: lastOffset, records: lastRecords } = this.#last;
    const isDue =
      records - lastRecords >= this.#stride.records || offset - lastOffset >= this.#stride.bytes;
    // Beyond these bounds what is in force cannot be told in few words.
    const isSimple = this.#setup.length <= limits.indexSetupMessages && domainsForgotten === 0;
    if (!isDue || !isSimple || bytes.length < messageHeaderBytes) return;
    readMessageHeader(bytes, 0, this.#header);
    const { exportTime, sequence } = this.#header;
    if (setsWaiting === 0) this.#unsureFrom = -1;
    else if (this.#unsureFrom < 0) this.#unsureFrom = this.#checkpoints.length;
    this.#last = { offset, records };
    this.#checkpoints.push({ offset, records, exportTime, sequence });
    if (this.#checkpoints.length > limits.indexCheckpoints) this.#thin();
  }

  /** Leave every other checkpoint out, and make half as many from now on. */
  #thin(): void {
    this.#checkpoints = this.#checkpoints.filter((_, i) => i % 2 === 1);
    if (this.#unsureFrom >= 0) this.#unsureFrom >>>= 1;
    this.#stride = { records: 2 * this.#stride.records, bytes: 2 * this.#stride.bytes };
  }

  #lateSets(): number {
    const { setsDecodedLate = 0, setsDamagedLate = 0 } = this.#session.counters();
    return setsDecodedLate + setsDamagedLate;
  }

  /** Records that describe elements are set-up, the first time that they are seen. */
  #note({ template, bytes, offsets, count }: RecordBatch): void {
    if (template.scopeCount === 0) return;
    if (!template.fields.some(({ name }) => name === "informationElementName")) return;
    const key = `${template.signature} ${hash(bytes, offsets[0] as number, offsets[count])}`;
    if (this.#described.has(key)) return;
    this.#described.add(key);
    this.#changed = true;
  }
}

/** The last checkpoint at or before record `record`, counted from 0; undefined at the beginning. */
export function findCheckpoint(index: FileIndex, record: number): Checkpoint | undefined {
  return index.checkpoints.findLast(({ records }) => records <= record);
}

/** Whether the Message in `bytes` is the one that the checkpoint was made of. */
export function isCheckpoint({ exportTime, sequence }: Checkpoint, bytes: Uint8Array): boolean {
  const header: MessageHeader = { length: 0, exportTime: 0, sequence: 0, domain: 0 };
  try {
    readMessageHeader(bytes, 0, header);
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
  return header.exportTime === exportTime && header.sequence === sequence;
}

const magic = "moonfix-index 1";

/** The index as text: a line with a checksum, a line of JSON. */
export function encodeFileIndex(file: IndexedFile, index: FileIndex): string {
  const { records, setup, checkpoints } = index;
  const rows = checkpoints.map((c) => [c.offset, c.records, c.exportTime, c.sequence]);
  const body = JSON.stringify({ ...file, records, setup, checkpoints: rows });
  return `${magic} ${checksum(body)}\n${body}\n`;
}

/**
 * Decode what `encodeFileIndex` made.
 * @throws {DecodeError} for anything else, and for an index of another file than `file`.
 */
export function decodeFileIndex(text: string, file: IndexedFile): FileIndex {
  const [head, body = "", end, ...rest] = text.split("\n");
  if (head !== `${magic} ${checksum(body)}` || end !== "" || rest.length > 0) {
    throw new DecodeError("bad-magic", 0, "no index, or a damaged one");
  }
  const { bytes, modifiedNs, records, setup, checkpoints } = parseBody(body);
  if (bytes !== file.bytes || modifiedNs !== file.modifiedNs) {
    throw new DecodeError("unsupported", 0, "index of another file, or of an earlier state of it");
  }
  return {
    records,
    setup,
    checkpoints: checkpoints.map(([offset, before, exportTime, sequence]) => {
      return { offset, records: before, exportTime, sequence };
    }),
  };
}

interface Body extends IndexedFile {
  readonly records: number;
  readonly setup: readonly number[];
  readonly checkpoints: readonly (readonly [number, number, number, number])[];
}

function parseBody(text: string): Body {
  try {
    const body = JSON.parse(text) as Body;
    const numbers = [body.bytes, body.records, ...body.setup, ...body.checkpoints.flat()];
    const isWhole = body.checkpoints.every((row) => Array.isArray(row) && row.length === 4);
    if (isWhole && numbers.every((number) => Number.isSafeInteger(number) && number >= 0)) {
      return body;
    }
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error;
  }
  throw new DecodeError("bad-magic", 0, "no index");
}

/** FNV-1a of 32 bits: finds accidents, not forgery. */
function checksum(text: string): string {
  let sum = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return (sum >>> 0).toString(16).padStart(8, "0");
}

/** Two sums of 32 bits and the length, as a key. */
function hash(bytes: Uint8Array, start: number, end = start): string {
  let [a, b] = [0x811c9dc5, 0x9747b28c];
  for (let at = start; at < end; at++) {
    a = Math.imul(a ^ (bytes[at] as number), 0x01000193);
    b = Math.imul(b ^ (bytes[at] as number), 0x5bd1e995) + at - start;
  }
  return `${a >>> 0}.${b >>> 0}.${end - start}`;
}
