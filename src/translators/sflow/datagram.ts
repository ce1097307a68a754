import { DecodeError } from "../../errors.ts";
import { counterRecords, flowRecords, type SflowRecord } from "./records.ts";
import { XdrReader } from "./xdr.ts";

/** The version of sFlow that is read. */
const sflowVersion = 5;

/** The header of an sFlow datagram (sFlow v5 §5). */
export interface SflowHeader {
  /** Address of the agent as text. */
  readonly agent: string;
  readonly subAgent: number;
  readonly sequence: number;
  /** Milliseconds since the agent started, modulo 2^32. */
  readonly uptime: number;
}

/** A sampled packet: `rate` packets of `pool` were skipped for each. */
export interface FlowSample {
  readonly kind: "flow";
  readonly sequence: number;
  /** Type and index of what sampled, such as an interface. */
  readonly source: readonly [type: number, index: number];
  readonly rate: number;
  readonly pool: number;
  readonly drops: number;
  /** Formats 0 interface, 1 discarded for the reason `value`, 2 many interfaces. */
  readonly input: { readonly format: number; readonly value: number };
  readonly output: { readonly format: number; readonly value: number };
  readonly records: readonly SflowRecord[];
}

/** Counters of an interface at one moment. */
export interface CounterSample {
  readonly kind: "counters";
  readonly sequence: number;
  readonly source: readonly [type: number, index: number];
  readonly records: readonly SflowRecord[];
}

/** A sample of a format that is not known, skipped by its length. */
export interface UnknownSample {
  readonly kind: "unknown";
  readonly format: string;
  readonly octets: number;
}

export type SflowSample = FlowSample | CounterSample | UnknownSample;

/**
 * Decode an sFlow v5 datagram; `onSample` gets each sample as it is found.
 * @throws {DecodeError} `bad-version`, `truncated` or `unsupported`: the first thing that was
 *   wrong; all samples that are whole were told.
 */
export function decodeSflow(
  bytes: Uint8Array,
  onHeader: (header: SflowHeader) => void,
  onSample: (sample: SflowSample) => void,
): void {
  const xdr = new XdrReader(bytes);
  const version = xdr.uint32();
  if (version !== sflowVersion) {
    throw new DecodeError("bad-version", 0, `sFlow version ${version}, expected ${sflowVersion}`);
  }
  onHeader({
    agent: xdr.address(),
    subAgent: xdr.uint32(),
    sequence: xdr.uint32(),
    uptime: xdr.uint32(),
  });
  let damage: DecodeError | undefined;
  for (let left = xdr.uint32(); left > 0; left--) {
    const format = xdr.uint32();
    const content = xdr.nested();
    try {
      onSample(readSample(format, content));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      damage ??= error;
    }
  }
  if (damage) throw damage;
}

function readSample(format: number, sample: XdrReader): SflowSample {
  if (format === 1) return flowSample(sample, false);
  if (format === 2) return counterSample(sample, false);
  if (format === 3) return flowSample(sample, true);
  if (format === 4) return counterSample(sample, true);
  return { kind: "unknown", format: formatName(format), octets: sample.left };
}

/** A data format is an enterprise in the top 20 bits and a number in the others. */
function formatName(format: number): string {
  return `${format >>> 12}:${format & 0xfff}`;
}

function flowSample(xdr: XdrReader, expanded: boolean): FlowSample {
  return {
    kind: "flow",
    sequence: xdr.uint32(),
    source: readSource(xdr, expanded),
    rate: xdr.uint32(),
    pool: xdr.uint32(),
    drops: xdr.uint32(),
    input: readInterface(xdr, expanded),
    output: readInterface(xdr, expanded),
    records: readRecords(xdr, flowRecords),
  };
}

function counterSample(xdr: XdrReader, expanded: boolean): CounterSample {
  return {
    kind: "counters",
    sequence: xdr.uint32(),
    source: readSource(xdr, expanded),
    records: readRecords(xdr, counterRecords),
  };
}

function readSource(xdr: XdrReader, expanded: boolean): readonly [number, number] {
  if (expanded) return [xdr.uint32(), xdr.uint32()];
  const source = xdr.uint32();
  return [source >>> 24, source & 0xff_ffff];
}

function readInterface(xdr: XdrReader, expanded: boolean): { format: number; value: number } {
  if (expanded) return { format: xdr.uint32(), value: xdr.uint32() };
  const value = xdr.uint32();
  return { format: value >>> 30, value: value & 0x3fff_ffff };
}

function readRecords(xdr: XdrReader, known: typeof flowRecords): SflowRecord[] {
  const records: SflowRecord[] = [];
  for (let left = xdr.uint32(); left > 0; left--) {
    const format = xdr.uint32();
    const content = xdr.nested();
    const reader = known.get(format);
    if (reader) records.push({ type: reader[0], fields: reader[1](content) });
    else {
      const octets = content.bytes.subarray(content.at, content.at + content.left);
      records.push({ type: formatName(format), fields: { octets } });
    }
  }
  return records;
}
