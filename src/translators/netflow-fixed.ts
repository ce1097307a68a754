import { readUint16, readUint32 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";
import { createOrigin, type MessageOrigin } from "../ipfix/message.ts";
import type { TransportSession } from "../ipfix/session.ts";
import { DomainTable } from "../ipfix/sets/domains.ts";
import type { KnownTemplate } from "../ipfix/sets/known-template.ts";
import { SequenceWatch } from "../ipfix/sets/sequence.ts";
import { createTemplate, type Template } from "../ipfix/template.ts";
import { element } from "./elements.ts";
import type { SourceOptions } from "./source.ts";

/** One of NetFlow's versions whose records have no Template: their layout is this table. */
interface FixedVersion {
  readonly name: string;
  readonly headerBytes: number;
  /** The layouts in use, the usual one last. */
  readonly templates: readonly Template[];
}

type Layout = readonly (readonly [name: string, octets: number])[];

const layoutHead: Layout = [
  ["sourceIPv4Address", 4],
  ["destinationIPv4Address", 4],
  ["ipNextHopIPv4Address", 4],
  ["ingressInterface", 2],
  ["egressInterface", 2],
  ["packetDeltaCount", 4],
  ["octetDeltaCount", 4],
  ["flowStartSysUpTime", 4],
  ["flowEndSysUpTime", 4],
  ["sourceTransportPort", 2],
  ["destinationTransportPort", 2],
];

const layout1: Layout = [
  ["paddingOctets", 2],
  ["protocolIdentifier", 1],
  ["ipClassOfService", 1],
  ["tcpControlBits", 1],
];

/** Octets behind the fields of a v1 record: softflowd sends 48 octets in all, Cisco's have 52. */
const tails1 = [7, 11] as const;

const layout5: Layout = [
  ["paddingOctets", 1],
  ["tcpControlBits", 1],
  ["protocolIdentifier", 1],
  ["ipClassOfService", 1],
  ["bgpSourceAsNumber", 2],
  ["bgpDestinationAsNumber", 2],
  ["sourceIPv4PrefixLength", 1],
  ["destinationIPv4PrefixLength", 1],
  ["paddingOctets", 2],
];

const layout7: Layout = [...layout5, ["ipv4RouterSc", 4]];

function define(version: number, headerBytes: number, layouts: readonly Layout[]): FixedVersion {
  const templates = layouts.map((tail) => {
    const fields = [...layoutHead, ...tail];
    const specifiers = fields.map(([name, octets]) => [element(name), octets] as const);
    return createTemplate(version, 0, specifiers);
  });
  return { name: `NetFlow v${version}`, headerBytes, templates };
}

const versions = {
  1: define(
    1,
    16,
    tails1.map((octets) => [...layout1, ["paddingOctets", octets]]),
  ),
  5: define(5, 24, [layout5]),
  7: define(7, 24, [layout7]),
} as const;

/**
 * Create the collecting end of an exporter of NetFlow v1, v5 or v7. Its batches show records as
 * they were sent, under a Template whose ID is the version; `createTranslation` makes IPFIX of
 * them.
 */
export function createFixedNetflowSession(
  version: 1 | 5 | 7,
  options: SourceOptions,
): TransportSession {
  return new FixedSession(version, options);
}

class FixedSession implements TransportSession {
  readonly templateFields = 0;
  readonly header: MessageOrigin & { details: Record<string, number> };
  readonly #options: SourceOptions;
  readonly #version: 1 | 5 | 7;
  readonly #format: FixedVersion;
  readonly #domains = new DomainTable();
  /** The Sequence Number counts records; v1 has none. */
  readonly #sequence = new SequenceWatch();
  readonly #clock = { sysUpTime: 0, epochMs: 0, samplingAlgorithm: 0, samplingInterval: 0 };
  /** Where the records of a packet begin: reused by the next one. */
  #offsets = new Uint32Array(64);
  readonly #counts = {
    messages: 0,
    messagesDamaged: 0,
    bytes: 0,
    records: 0,
  };

  constructor(version: 1 | 5 | 7, options: SourceOptions) {
    this.#options = options;
    this.#version = version;
    this.#format = versions[version];
    this.header = { ...createOrigin(version, options.exporter), details: {} };
  }

  /** Decode one export packet, which UDP delivers whole. @throws {DecodeError} */
  decodeMessage(bytes: Uint8Array): void {
    try {
      this.#decode(bytes);
    } catch (error) {
      if (error instanceof DecodeError) this.#counts.messagesDamaged++;
      throw error;
    }
    this.#counts.messages++;
    this.#counts.bytes += bytes.length;
  }

  decodeDatagram(bytes: Uint8Array): void {
    this.decodeMessage(bytes);
  }

  counters(): Readonly<Record<string, number>> {
    const sequence = this.#sequence.counters("recordsLost");
    return { ...this.#counts, ...sequence, domainsForgotten: this.#domains.forgotten };
  }

  // The protocol has no Templates: nothing to know, and nothing that waits.
  known(): readonly KnownTemplate[] {
    return [];
  }

  recall(): void {}

  end(): void {}

  #decode(bytes: Uint8Array): void {
    const { headerBytes, name } = this.#format;
    if (bytes.length < headerBytes) {
      throw new DecodeError("truncated", 0, `${name} header, ${bytes.length} left`);
    }
    const told = readUint16(bytes, 2);
    const template = this.#templateFor(told, bytes.length - headerBytes);
    const whole = Math.floor((bytes.length - headerBytes) / template.fixedLength);
    const count = Math.min(told, whole);
    this.#readHeader(bytes);
    if (this.#version > 1) this.#countSequence(told);
    this.#deliver(bytes, template, count);
    if (count < told) {
      const at = headerBytes + count * template.fixedLength;
      throw new DecodeError("truncated", at, `${name} of ${told} records, ${count} are there`);
    }
  }

  /** The layout whose records fill the packet, or else the usual one. */
  #templateFor(count: number, octets: number): Template {
    const { templates } = this.#format;
    const exact = templates.find(({ fixedLength }) => count * fixedLength === octets);
    return exact ?? (templates.at(-1) as Template);
  }

  #readHeader(bytes: Uint8Array): void {
    const { header } = this;
    const clock = this.#clock;
    header.length = bytes.length;
    header.exportTime = readUint32(bytes, 8);
    const exportNanos = readUint32(bytes, 12);
    const sysUpTime = readUint32(bytes, 4);
    header.details = { exportNanos, sysUpTime };
    clock.sysUpTime = sysUpTime;
    clock.epochMs = header.exportTime * 1000 + Math.floor(exportNanos / 1e6);
    if (this.#version > 1) header.sequence = readUint32(bytes, 16);
    if (this.#version !== 5) return;
    const [engineType, engineId] = [bytes[20] as number, bytes[21] as number];
    const sampling = readUint16(bytes, 22);
    header.domain = (engineType << 8) | engineId;
    clock.samplingAlgorithm = sampling >> 14;
    clock.samplingInterval = sampling & 0x3fff;
    const { samplingAlgorithm: samplingMode, samplingInterval } = clock;
    Object.assign(header.details, { engineType, engineId, samplingMode, samplingInterval });
  }

  #countSequence(records: number): void {
    const { domain, sequence } = this.header;
    this.#sequence.count(this.#domains.select(domain).sequence, sequence, records);
  }

  #deliver(bytes: Uint8Array, template: Template, count: number): void {
    if (count === 0) return;
    const { headerBytes } = this.#format;
    const { domain, exportTime } = this.header;
    if (this.#offsets.length <= count) this.#offsets = new Uint32Array(count + 1);
    const offsets = this.#offsets;
    for (let i = 0, at = headerBytes; i <= count; i++, at += template.fixedLength) offsets[i] = at;
    this.#counts.records += count;
    const templates = () => undefined;
    const batch = { domain, exportTime, template, templates, bytes, offsets, count };
    this.#options.onBatch(batch, this.#clock);
  }
}
