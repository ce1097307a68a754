import { readUint16, readUint32 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";
import type { RecordBatch } from "../ipfix/batch.ts";
import {
  createOrigin,
  firstDataSetId,
  type MessageHeader,
  type MessageOrigin,
} from "../ipfix/message.ts";
import type { SetProblem, TransportSession } from "../ipfix/session.ts";
import { createDataSetReader, type DataSetReader } from "../ipfix/sets/data-set.ts";
import { type Domain, DomainTable } from "../ipfix/sets/domains.ts";
import { type KnownTemplate, listKnown, recallKnown } from "../ipfix/sets/known-template.ts";
import { SequenceWatch } from "../ipfix/sets/sequence.ts";
import { WaitingSets } from "../ipfix/sets/waiting-sets.ts";
import type { Template } from "../ipfix/template.ts";
import type { ExporterClock } from "./clock.ts";
import { sourceElement } from "./elements.ts";
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

/** Where an export packet stands in its session, with the up-time that its times hang on. */
interface Position extends MessageHeader {
  readonly sysUpTime: number;
}

class Netflow9Session implements TransportSession {
  readonly header: MessageOrigin & { details: { sysUpTime: number } };
  readonly #options: SourceOptions;
  readonly #domains = new DomainTable();
  /** The Sequence Number counts export packets (RFC 3954 §5.1), not records. */
  readonly #sequence = new SequenceWatch();
  readonly #readDataSet: DataSetReader;
  readonly #clock: { -readonly [Key in keyof ExporterClock]: number } = {
    sysUpTime: 0,
    epochMs: 0,
  };
  readonly #counts = {
    messages: 0,
    messagesDamaged: 0,
    bytes: 0,
    records: 0,
    setsWithoutTemplate: 0,
    reservedSets: 0,
    templates: 0,
    templatesRefused: 0,
  };
  readonly #waiting: WaitingSets<Position>;
  #domain: Domain;

  constructor(options: SourceOptions) {
    this.#options = options;
    this.#waiting = new WaitingSets(options.waitingBudget);
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
      this.#domain = this.#domains.select(this.header.domain);
      this.#sequence.count(this.#domain.sequence, this.header.sequence, 1);
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
    const { forgotten: domainsForgotten } = this.#domains;
    const sequence = this.#sequence.counters("messagesLost");
    return { ...this.#counts, ...sequence, ...this.#waiting.counters(), domainsForgotten };
  }

  known(): readonly KnownTemplate[] {
    return listKnown(this.#domains);
  }

  recall(known: readonly KnownTemplate[]): void {
    recallKnown(this.#domains, known, sourceElement);
  }

  end(): void {
    this.#waiting.clear();
  }

  #readHeader(bytes: Uint8Array): void {
    if (bytes.length < headerBytes) {
      throw new DecodeError("truncated", 0, `NetFlow v9 header, ${bytes.length} left`);
    }
    this.#enter({
      length: bytes.length,
      sysUpTime: readUint32(bytes, 4),
      exportTime: readUint32(bytes, 8),
      sequence: readUint32(bytes, 12),
      domain: readUint32(bytes, 16),
    });
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
      if (!template) {
        this.#leaveOut("set-without-template", id, start, end);
        this.#waiting.add(this.#position(), id, bytes.subarray(start, end));
      } else this.#readDataSet(template, this.#domain.lookup, { header: this.header, ...set });
    }
  }

  #define(defined: Template): void {
    const before = this.#domain.templates.get(defined.id);
    const template = this.#domains.define(this.#domain, defined);
    if (!template) {
      this.#counts.templatesRefused++;
      return;
    }
    this.#counts.templates++;
    const { id, scopeCount } = template;
    const { domain } = this.header;
    const changed = template !== before;
    this.#options.onTemplate?.({ domain, id, template, options: scopeCount > 0, changed });
    this.#waiting.decode(id, {
      current: this.#position(),
      enter: (origin) => this.#enter(origin),
      read: (bytes) => {
        const set = { header: this.header, bytes, start: 0, end: bytes.length };
        this.#readDataSet(template, this.#domain.lookup, set);
      },
    });
  }

  #position(): Position {
    const { domain, exportTime, length, sequence, details } = this.header;
    return { domain, exportTime, length, sequence, sysUpTime: details.sysUpTime };
  }

  #enter({ sysUpTime, ...position }: Position): void {
    Object.assign(this.header, position);
    this.header.details.sysUpTime = sysUpTime;
    this.#clock.sysUpTime = sysUpTime;
    this.#clock.epochMs = position.exportTime * 1000;
  }

  #leaveOut(code: SetProblem["code"], setId: number, start: number, end: number): void {
    if (code === "reserved-set") this.#counts.reservedSets++;
    else this.#counts.setsWithoutTemplate++;
    const { domain } = this.header;
    this.#options.onProblem?.({ code, domain, setId, octets: end - start, offset: start });
  }
}
