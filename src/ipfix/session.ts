import { readUint32 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";
import type { BatchSink, SetLayout } from "./batch.ts";
import {
  createOrigin,
  firstDataSetId,
  ipfixVersion,
  type MessageHeader,
  type MessageOrigin,
  optionsTemplateSetId,
  readMessageHeader,
  templateSetId,
  walkSets,
} from "./message.ts";
import { unknownElement } from "./registry.ts";
import { createDataSetReader, type DataSetReader } from "./sets/data-set.ts";
import { type Domain, DomainTable } from "./sets/domains.ts";
import { ElementLearner } from "./sets/element-learner.ts";
import { type KnownTemplate, listKnown, recallKnown } from "./sets/known-template.ts";
import { SequenceWatch } from "./sets/sequence.ts";
import { type WaitingBudget, WaitingSets } from "./sets/waiting-sets.ts";
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
  /** Whether it says anything new: exporters tell their Templates over and over. */
  readonly changed: boolean;
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
  /**
   * Tell how the exporter laid out its Messages, so that a relay can do the same: batches have a
   * `layout`, and one without records comes for each Template that was sent. Default false.
   */
  readonly layout?: boolean;
  /** Elements that are meant before those of the registry. */
  readonly element?: ElementLookup;
  /** Learn the elements that the exporter describes in type records (RFC 5610). Default false. */
  readonly learnElements?: boolean;
  /** Address and port of who sends, for `header.exporter`. */
  readonly exporter?: string;
  /** Shared by the sessions of a collector: bounds what waits in all of them together. */
  readonly waitingBudget?: WaitingBudget;
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
  /** Fields of all Templates that it keeps, with some for what it learned: its cost in memory. */
  readonly templateFields: number;
  counters(): Readonly<Record<string, number>>;
  /** All Templates, to be kept for a later session with the same exporter. */
  known(): readonly KnownTemplate[];
  /** Begin with Templates that an earlier session knew, as UDP may need them (RFC 7011 §8.4). */
  recall(known: readonly KnownTemplate[]): void;
  /** Give up what waits for its Template: nothing more comes. */
  end(): void;
}

/** Create the collecting end of a Transport Session (RFC 7011 §8, §9). */
export function createTransportSession(options: SessionOptions): TransportSession {
  return new Session(options);
}

class Session implements TransportSession {
  readonly header: MessageOrigin;
  readonly #options: SessionOptions;
  readonly #elements: ElementLearner;
  /** The revision of the elements that all Templates have. */
  #revision: number;
  readonly #domains: DomainTable;
  readonly #sequence = new SequenceWatch();
  readonly #readDataSet: DataSetReader;
  readonly #counts = {
    messages: 0,
    messagesDamaged: 0,
    bytes: 0,
    records: 0,
    setsWithoutTemplate: 0,
    reservedSets: 0,
    templates: 0,
    templatesRefused: 0,
    withdrawals: 0,
    withdrawalsIgnored: 0,
  };
  readonly #waiting: WaitingSets<MessageHeader>;
  #domain: Domain;
  /** Whether all records of the Message so far could be counted. */
  #countable = true;
  /** Records decoded with this Message that came in earlier ones. */
  #lateRecords = 0;
  /** Whether nothing of the Message at hand was told so far. */
  #messageBegins = true;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.header = createOrigin(ipfixVersion, options.exporter);
    this.#elements = new ElementLearner(options);
    this.#revision = this.#elements.revision;
    this.#domains = new DomainTable(this.#elements.find);
    this.#waiting = new WaitingSets(options.waitingBudget);
    this.#domain = this.#domains.select(0);
    this.#readDataSet = createDataSetReader((batch) => {
      this.#counts.records += batch.count;
      this.#elements.learn(batch);
      options.onBatch(batch);
    });
  }

  decodeMessage(bytes: Uint8Array): void {
    const counts = this.#counts;
    try {
      this.#readHeader(bytes);
      this.#readSets(bytes);
    } catch (error) {
      if (error instanceof DecodeError) counts.messagesDamaged++;
      throw error;
    }
    counts.messages++;
    counts.bytes += this.header.length;
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
    return this.#domains.fields + this.#elements.fields;
  }

  counters(): Readonly<Record<string, number>> {
    const { forgotten: domainsForgotten } = this.#domains;
    const sequence = this.#sequence.counters("recordsLost");
    const learned = this.#elements.counters();
    const waiting = this.#waiting.counters();
    return { ...this.#counts, ...sequence, ...waiting, ...learned, domainsForgotten };
  }

  known(): readonly KnownTemplate[] {
    return listKnown(this.#domains);
  }

  recall(known: readonly KnownTemplate[]): void {
    const { find } = this.#elements;
    recallKnown(this.#domains, known, (pen, id) => find(pen, id) ?? unknownElement(pen, id));
  }

  end(): void {
    this.#waiting.clear();
  }

  #readHeader(bytes: Uint8Array): void {
    const { header } = this;
    readMessageHeader(bytes, 0, header);
    if (header.length > bytes.length) {
      const detail = `Message of ${header.length} octets, ${bytes.length} left`;
      throw new DecodeError("truncated", 0, detail);
    }
  }

  #readSets(bytes: Uint8Array): void {
    const { length, sequence, domain } = this.header;
    this.#domain = this.#domains.select(domain);
    this.#countable = true;
    this.#lateRecords = 0;
    this.#messageBegins = true;
    const state = this.#domain.sequence;
    const before = this.#counts.records;
    let records: number | undefined;
    this.#sequence.begin(state, sequence);
    try {
      walkSets(bytes, length, (setId, start, end) => {
        if (setId >= firstDataSetId) this.#decodeDataSet(bytes, setId, start, end);
        else if (setId === templateSetId || setId === optionsTemplateSetId) {
          this.#decodeTemplateSet(bytes, setId, start, end);
        } else this.#leaveOut("reserved-set", setId, start, end);
      });
      if (this.#countable) records = this.#counts.records - before - this.#lateRecords;
    } finally {
      this.#sequence.end(state, sequence, records);
    }
  }

  #decodeDataSet(bytes: Uint8Array, setId: number, start: number, end: number): void {
    this.#renameWhenDue();
    const { templates, lookup } = this.#domain;
    const template = templates.get(setId);
    if (!template) {
      this.#leaveOut("set-without-template", setId, start, end);
      if (!this.#domain.hasWithdrawals) {
        this.#waiting.add(this.#position(), setId, bytes.subarray(start, end));
      }
      return;
    }
    const begins = this.#begin("set");
    this.#readDataSet(template, lookup, { header: this.header, bytes, start, end, begins });
  }

  /** What the next batch begins, when layouts are told. */
  #begin(what: "set" | "record"): SetLayout["begins"] | undefined {
    if (!this.#options.layout) return undefined;
    const begins = this.#messageBegins ? "message" : what;
    this.#messageBegins = false;
    return begins;
  }

  #decodeTemplateSet(bytes: Uint8Array, setId: number, start: number, end: number): void {
    this.#renameWhenDue();
    const options = setId === optionsTemplateSetId;
    const set = { bytes, setId, start, end };
    let begins: "set" | "record" = "set";
    walkTemplateSet(set, {
      element: this.#elements.find,
      template: (template) => {
        const kept = this.#define(template, options);
        if (!kept) return;
        this.#announce(kept, begins, set);
        begins = "record";
        this.#decodeWaiting(kept);
      },
      withdrawal: (id) => this.#withdraw(id, options),
    });
  }

  /** Templates that came before their elements were described get the names from now on. */
  #renameWhenDue(): void {
    if (this.#revision === this.#elements.revision) return;
    this.#revision = this.#elements.revision;
    this.#domains.rename(this.#elements.find);
  }

  /** Tell that the exporter sent `template`, the last one of `set` so far. */
  #announce(
    template: Template,
    what: "set" | "record",
    set: { bytes: Uint8Array; start: number; end: number },
  ): void {
    const begins = this.#begin(what);
    if (begins === undefined) return;
    const { domain, exportTime } = this.header;
    const { bytes, start, end } = set;
    const left = end - start;
    const padding = left < 4 || readUint32(bytes, start) === 0 ? left : 0;
    const offsets = Uint32Array.of(start);
    const templates = this.#domain.lookup;
    const layout = { begins, padding };
    this.#options.onBatch({
      domain,
      exportTime,
      template,
      templates,
      bytes,
      offsets,
      count: 0,
      layout,
    });
  }

  #define(defined: Template, options: boolean): Template | undefined {
    const before = this.#domain.templates.get(defined.id);
    const template = this.#domains.define(this.#domain, defined);
    if (!template) {
      this.#counts.templatesRefused++;
      return undefined;
    }
    this.#counts.templates++;
    const { domain } = this.header;
    const changed = template !== before;
    this.#options.onTemplate?.({ domain, id: template.id, template, options, changed });
    return template;
  }

  /** Decode what waited for `template`, under the header of the Message that it came in. */
  #decodeWaiting(template: Template): void {
    const before = this.#counts.records;
    this.#waiting.decode(template.id, {
      current: this.#position(),
      enter: (origin) => Object.assign(this.header, origin),
      read: (bytes) => {
        const begins = this.#begin("set");
        const set = { header: this.header, bytes, start: 0, end: bytes.length, begins };
        this.#readDataSet(template, this.#domain.lookup, set);
      },
    });
    this.#lateRecords += this.#counts.records - before;
  }

  #position(): MessageHeader {
    const { domain, exportTime, length, sequence } = this.header;
    return { domain, exportTime, length, sequence };
  }

  #withdraw(id: number, options: boolean): void {
    if (this.#options.withdrawals === false) {
      this.#counts.withdrawalsIgnored++;
      return;
    }
    this.#counts.withdrawals++;
    this.#domains.withdraw(this.#domain, id, options);
    const { domain } = this.header;
    this.#options.onTemplate?.({ domain, id, template: undefined, options, changed: true });
  }

  #leaveOut(code: SetProblem["code"], setId: number, start: number, end: number): void {
    this.#countable = false;
    if (code === "reserved-set") this.#counts.reservedSets++;
    else this.#counts.setsWithoutTemplate++;
    const { domain } = this.header;
    this.#options.onProblem?.({ code, domain, setId, octets: end - start, offset: start });
  }
}
