import { DecodeError } from "../errors.ts";
import type { BatchSink } from "./batch.ts";
import {
  createOrigin,
  firstDataSetId,
  ipfixVersion,
  type MessageOrigin,
  optionsTemplateSetId,
  readMessageHeader,
  templateSetId,
  walkSets,
} from "./message.ts";
import { createDataSetReader, type DataSetReader } from "./sets/data-set.ts";
import { type Domain, DomainTable, unknownSequence } from "./sets/domains.ts";
import type { Template } from "./template.ts";
import { type ElementLookup, walkTemplateSet } from "./template-record.ts";

/** A Template that was defined, or withdrawn when `template` is undefined. */
export interface TemplateEvent {
  readonly domain: number;
  /** Template ID; 2 or 3 when all Templates or Options Templates were withdrawn. */
  readonly id: number;
  readonly template: Template | undefined;
  /** Whether it came in an Options Template Set. */
  readonly options: boolean;
}

/** A Set that was left out. */
export interface SetProblem {
  readonly code: "set-without-template" | "reserved-set";
  readonly domain: number;
  readonly setId: number;
  /** Octets of the Set's content. */
  readonly octets: number;
  /** Where the content starts in the Message. */
  readonly offset: number;
}

/** What to do with what a Transport Session brings. */
export interface SessionOptions {
  readonly onBatch: BatchSink;
  readonly onTemplate?: (event: TemplateEvent) => void;
  readonly onProblem?: (problem: SetProblem) => void;
  /** Obey Template Withdrawals; false over UDP (RFC 7011 §8.4). Default true. */
  readonly withdrawals?: boolean;
  /** Finds elements; the registry by default. */
  readonly element?: ElementLookup;
  /** Address and port of who sends, for `header.exporter`. */
  readonly exporter?: string;
}

/** The collecting end of one Transport Session: its Templates, sequence numbers and counters. */
export interface TransportSession {
  /**
   * Decode one whole Message; octets after its end are ignored.
   * @throws {DecodeError} batches before the damage were delivered.
   */
  decodeMessage(bytes: Uint8Array): void;
  /**
   * Decode all the Messages of one datagram.
   * @throws {DecodeError} as `decodeMessage`.
   */
  decodeDatagram(bytes: Uint8Array): void;
  /** The header of the Message being decoded, or of the last one; reused by the next Message. */
  readonly header: Readonly<MessageOrigin>;
  /** Fields of all Templates that it keeps: what the session costs in memory. */
  readonly templateFields: number;
  counters(): Readonly<Record<string, number>>;
}

/** Create the collecting end of a Transport Session (RFC 7011 §8, §9). */
export function createTransportSession(options: SessionOptions): TransportSession {
  return new Session(options);
}

class Session implements TransportSession {
  readonly header: MessageOrigin;
  readonly #options: SessionOptions;
  readonly #domains = new DomainTable();
  readonly #readDataSet: DataSetReader;
  readonly #counts = {
    messages: 0,
    messagesDamaged: 0,
    messagesDisordered: 0,
    bytes: 0,
    records: 0,
    recordsLost: 0,
    sequenceGaps: 0,
    setsWithoutTemplate: 0,
    reservedSets: 0,
    templates: 0,
    templatesRefused: 0,
    withdrawals: 0,
    withdrawalsIgnored: 0,
  };
  #domain: Domain;
  /** Whether all records of the Message so far could be counted. */
  #countable = true;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.header = createOrigin(ipfixVersion, options.exporter);
    this.#domain = this.#domains.select(0);
    this.#readDataSet = createDataSetReader((batch) => {
      this.#counts.records += batch.count;
      options.onBatch(batch);
    });
  }

  decodeMessage(bytes: Uint8Array): void {
    const counts = this.#counts;
    const before = counts.records;
    try {
      this.#decode(bytes);
    } catch (error) {
      if (error instanceof DecodeError) counts.messagesDamaged++;
      throw error;
    }
    counts.messages++;
    counts.bytes += this.header.length;
    if (this.#countable) {
      this.#domain.expected = (this.header.sequence + counts.records - before) >>> 0;
    }
  }

  decodeDatagram(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length; at += this.header.length) {
      try {
        this.decodeMessage(at === 0 ? bytes : bytes.subarray(at));
      } catch (error) {
        throw error instanceof DecodeError ? error.shifted(at) : error;
      }
    }
  }

  get templateFields(): number {
    return this.#domains.fields;
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counts, domainsForgotten: this.#domains.forgotten };
  }

  #decode(bytes: Uint8Array): void {
    const { header } = this;
    readMessageHeader(bytes, 0, header);
    if (header.length > bytes.length) {
      const detail = `Message of ${header.length} octets, ${bytes.length} left`;
      throw new DecodeError("truncated", 0, detail);
    }
    this.#domain = this.#domains.select(header.domain);
    this.#checkSequence();
    this.#domain.expected = unknownSequence;
    this.#countable = true;
    walkSets(bytes, header.length, (setId, start, end) => {
      if (setId >= firstDataSetId) this.#decodeDataSet(bytes, setId, start, end);
      else if (setId === templateSetId || setId === optionsTemplateSetId) {
        this.#decodeTemplateSet(bytes, setId, start, end);
      } else this.#leaveOut("reserved-set", setId, start, end);
    });
  }

  #checkSequence(): void {
    const { expected } = this.#domain;
    if (expected === unknownSequence || expected === this.header.sequence) return;
    const ahead = (this.header.sequence - expected) >>> 0;
    if (ahead >= 0x8000_0000) {
      this.#counts.messagesDisordered++;
      return;
    }
    this.#counts.sequenceGaps++;
    this.#counts.recordsLost += ahead;
  }

  #decodeDataSet(bytes: Uint8Array, setId: number, start: number, end: number): void {
    const { templates, lookup } = this.#domain;
    const template = templates.get(setId);
    if (!template) {
      this.#leaveOut("set-without-template", setId, start, end);
      return;
    }
    this.#readDataSet(template, lookup, { header: this.header, bytes, start, end });
  }

  #decodeTemplateSet(bytes: Uint8Array, setId: number, start: number, end: number): void {
    const { element } = this.#options;
    const options = setId === optionsTemplateSetId;
    const set = { bytes, setId, start, end };
    walkTemplateSet(set, {
      ...(element && { element }),
      template: (template) => this.#define(template, options),
      withdrawal: (id) => this.#withdraw(id, options),
    });
  }

  #define(defined: Template, options: boolean): void {
    const template = this.#domains.define(this.#domain, defined);
    if (!template) {
      this.#counts.templatesRefused++;
      return;
    }
    this.#counts.templates++;
    const { domain } = this.header;
    this.#options.onTemplate?.({ domain, id: template.id, template, options });
  }

  #withdraw(id: number, options: boolean): void {
    if (this.#options.withdrawals === false) {
      this.#counts.withdrawalsIgnored++;
      return;
    }
    this.#counts.withdrawals++;
    this.#domains.withdraw(this.#domain, id, options);
    const { domain } = this.header;
    this.#options.onTemplate?.({ domain, id, template: undefined, options });
  }

  #leaveOut(code: SetProblem["code"], setId: number, start: number, end: number): void {
    this.#countable = false;
    if (code === "reserved-set") this.#counts.reservedSets++;
    else this.#counts.setsWithoutTemplate++;
    const { domain } = this.header;
    this.#options.onProblem?.({ code, domain, setId, octets: end - start, offset: start });
  }
}
