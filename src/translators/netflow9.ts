import { readUint16, readUint32 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";
import type { RecordBatch } from "../ipfix/batch.ts";
import { createOrigin, firstDataSetId, type MessageOrigin } from "../ipfix/message.ts";
import type { SetProblem, TransportSession } from "../ipfix/session.ts";
import { createDataSetReader, type DataSetReader } from "../ipfix/sets/data-set.ts";
import { type Domain, DomainTable, unknownSequence } from "../ipfix/sets/domains.ts";
import type { Template } from "../ipfix/template.ts";
import type { ExporterClock } from "./clock.ts";
import {
  optionsFlowSetId,
  templateFlowSetId,
  walkOptionsTemplates,
  walkTemplates,
} from "./netflow9-template.ts";
import type { SourceOptions } from "./source.ts";

const version = 9;
const headerBytes = 20;
const flowSetHeaderBytes = 4;

/**
 * Create the collecting end of a NetFlow v9 exporter (RFC 3954). Its batches show records as they
 * were sent, with scope elements of NetFlow's own; `createTranslation` makes IPFIX of them.
 */
export function createNetflow9Session(options: SourceOptions): TransportSession {
  return new Netflow9Session(options);
}

class Netflow9Session implements TransportSession {
  readonly header: MessageOrigin & { details: { sysUpTime: number } };
  readonly #options: SourceOptions;
  readonly #domains = new DomainTable();
  readonly #readDataSet: DataSetReader;
  readonly #clock: { -readonly [Key in keyof ExporterClock]: number } = {
    sysUpTime: 0,
    epochMs: 0,
  };
  readonly #counts = {
    messages: 0,
    messagesDamaged: 0,
    messagesDisordered: 0,
    messagesLost: 0,
    bytes: 0,
    records: 0,
    sequenceGaps: 0,
    setsWithoutTemplate: 0,
    reservedSets: 0,
    templates: 0,
    templatesRefused: 0,
  };
  #domain: Domain;

  constructor(options: SourceOptions) {
    this.#options = options;
    const origin = createOrigin(version, options.exporter);
    this.header = { ...origin, details: { sysUpTime: 0 } };
    this.#domain = this.#domains.select(0);
    this.#readDataSet = createDataSetReader((batch: RecordBatch) => {
      this.#counts.records += batch.count;
      options.onBatch(batch, this.#clock);
    });
  }

  /** Decode one export packet, which UDP delivers whole. @throws {DecodeError} */
  decodeMessage(bytes: Uint8Array): void {
    try {
      this.#readHeader(bytes);
      this.#checkSequence();
      this.#walk(bytes);
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

  get templateFields(): number {
    return this.#domains.fields;
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counts, domainsForgotten: this.#domains.forgotten };
  }

  #readHeader(bytes: Uint8Array): void {
    const { header } = this;
    if (bytes.length < headerBytes) {
      throw new DecodeError("truncated", 0, `NetFlow v9 header, ${bytes.length} left`);
    }
    header.length = bytes.length;
    header.details.sysUpTime = readUint32(bytes, 4);
    header.exportTime = readUint32(bytes, 8);
    header.sequence = readUint32(bytes, 12);
    header.domain = readUint32(bytes, 16);
    this.#clock.sysUpTime = header.details.sysUpTime;
    this.#clock.epochMs = header.exportTime * 1000;
  }

  /** The Sequence Number counts export packets (RFC 3954 §5.1), not records. */
  #checkSequence(): void {
    const { sequence, domain } = this.header;
    this.#domain = this.#domains.select(domain);
    const { expected } = this.#domain;
    this.#domain.expected = (sequence + 1) >>> 0;
    if (expected === unknownSequence || expected === sequence) return;
    const ahead = (sequence - expected) >>> 0;
    if (ahead >= 0x8000_0000) {
      this.#counts.messagesDisordered++;
      return;
    }
    this.#counts.sequenceGaps++;
    this.#counts.messagesLost += ahead;
  }

  /** The header's count of records is no help: exporters get it wrong. */
  #walk(bytes: Uint8Array): void {
    for (let at = headerBytes; at + flowSetHeaderBytes <= bytes.length; ) {
      const id = readUint16(bytes, at);
      const length = readUint16(bytes, at + 2);
      if (id === 0 && length === 0) return; // padding up to a fixed size of datagram
      const left = bytes.length - at;
      if (length < flowSetHeaderBytes || length > left) {
        const detail = `FlowSet ${id} of ${length} octets, ${left} left`;
        throw new DecodeError("bad-length", at, detail);
      }
      this.#flowSet(bytes, id, at + flowSetHeaderBytes, at + length);
      at += length;
    }
  }

  #flowSet(bytes: Uint8Array, id: number, start: number, end: number): void {
    const set = { bytes, start, end };
    if (id === templateFlowSetId) walkTemplates(set, (found) => this.#define(found));
    else if (id === optionsFlowSetId) walkOptionsTemplates(set, (found) => this.#define(found));
    else if (id < firstDataSetId) this.#leaveOut("reserved-set", id, start, end);
    else {
      const template = this.#domain.templates.get(id);
      if (!template) this.#leaveOut("set-without-template", id, start, end);
      else this.#readDataSet(template, this.#domain.lookup, { header: this.header, ...set });
    }
  }

  #define(defined: Template): void {
    const template = this.#domains.define(this.#domain, defined);
    if (!template) {
      this.#counts.templatesRefused++;
      return;
    }
    this.#counts.templates++;
    const { id, scopeCount } = template;
    const { domain } = this.header;
    this.#options.onTemplate?.({ domain, id, template, options: scopeCount > 0 });
  }

  #leaveOut(code: SetProblem["code"], setId: number, start: number, end: number): void {
    if (code === "reserved-set") this.#counts.reservedSets++;
    else this.#counts.setsWithoutTemplate++;
    const { domain } = this.header;
    this.#options.onProblem?.({ code, domain, setId, octets: end - start, offset: start });
  }
}
