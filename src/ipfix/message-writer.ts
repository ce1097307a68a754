import { writeUint16 } from "../bytes/read.ts";
import { DecodeError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { RecordBatch } from "./batch.ts";
import type { Element } from "./element.ts";
import { type TemplateIdWalk, walkTemplateIds } from "./structured/template-ids.ts";
import type { Template } from "./template.ts";
import { announcingSetId, encodeTemplate } from "./template-record.ts";
import { MessageBuffer } from "./writer/message-buffer.ts";
import { type OutgoingTemplate, TemplateTable } from "./writer/template-table.ts";
import { DescribedElements, encodeTypeRecord, typeTemplate } from "./writer/type-records.ts";

/** An Observation Domain as an earlier writer of the same Transport Session left it. */
export interface ResumedDomain {
  readonly id: number;
  /** Sequence Number of the next Message. */
  readonly sequence: number;
  /** Templates the receiver knows: their ids keep their meaning, though all are sent anew. */
  readonly templates: readonly Template[];
}

/** How Messages are written and where they go. */
export interface MessageWriterOptions {
  /** Largest Message in octets: the path's MTU over UDP, 65 535 for streams and files. */
  readonly maximumBytes: number;
  /** Gets each whole Message and how many records it holds; the bytes are reused afterwards. */
  readonly onMessage: (bytes: Uint8Array, records: number) => void;
  /** Send all Templates again after this time, as UDP needs it (RFC 7011 §8.4); needs `now`. */
  readonly templateRefreshMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
  /**
   * Describe elements that are neither IANA's nor CERT's by type records (RFC 5610) before they are
   * first used. They are not among the records that are counted. Default false.
   */
  readonly describeElements?: boolean;
  /** Where to go on, as at the end of a file; a new Transport Session by default. */
  readonly resume?: readonly ResumedDomain[];
}

/** The exporting end of one Transport Session. */
export interface MessageWriter {
  /**
   * Take a batch; Messages that became full leave at once. A batch with a layout begins a Message
   * or a Set where its source did, and announces its Template where its source did, so that a
   * stream that nothing changed has the octets it came with, as far as Messages are large enough.
   */
  append(batch: RecordBatch): void;
  /** Let the Message that is being filled leave. */
  flush(): void;
  /** Send all Templates again, each in its domain. */
  refreshTemplates(): void;
  /** Describe elements from now on, or do no more. */
  describeElements(isWanted: boolean): void;
  counters(): Readonly<Record<string, number>>;
}

/** Create the exporting end of a Transport Session (RFC 7011 §8, §10). */
export function createMessageWriter(options: MessageWriterOptions): MessageWriter {
  return new Writer(options);
}

interface Domain {
  readonly id: number;
  readonly elements: DescribedElements;
  templates: TemplateTable;
  /** Data Records sent so far, modulo 2^32. */
  sequence: number;
  exportTime: number;
}

class Writer implements MessageWriter {
  readonly #options: MessageWriterOptions;
  readonly #buffer: MessageBuffer;
  readonly #domains = new Map<number, Domain>();
  readonly #counts = {
    messages: 0,
    bytes: 0,
    records: 0,
    templates: 0,
    elementsDescribed: 0,
    recordsTooLarge: 0,
    recordsMalformed: 0,
    domainsForgotten: 0,
  };
  /** Template IDs in the lists of the record at hand: where each stands and what it becomes. */
  readonly #idsAt: number[] = [];
  readonly #ids: number[] = [];
  /** Templates those lists need and the receiver lacks, outer ones first. */
  readonly #missing: OutgoingTemplate[] = [];
  #refreshedAt: number;
  /** Type records in the Message that is being filled. */
  #descriptions = 0;
  #describes: boolean;

  constructor(options: MessageWriterOptions) {
    this.#options = options;
    this.#buffer = new MessageBuffer(Math.min(options.maximumBytes, limits.messageBytes));
    this.#refreshedAt = options.now?.() ?? 0;
    this.#describes = options.describeElements === true;
    for (const { id, sequence, templates } of options.resume ?? []) {
      const domain = this.#domain(id);
      domain.sequence = sequence;
      for (const template of templates) domain.templates.assign(template);
    }
  }

  append(batch: RecordBatch): void {
    this.#refreshWhenDue();
    const domain = this.#domain(batch.domain);
    const buffer = this.#buffer;
    const { layout } = batch;
    const begins = layout?.begins;
    const isOther = buffer.domain !== batch.domain || buffer.exportTime !== batch.exportTime;
    if (isOther || begins === "message") this.flush();
    else if (begins === "set") buffer.endSet(batch.bytes, 0, 0);
    domain.exportTime = batch.exportTime;
    if (domain.templates.size >= limits.writerTemplates) this.#startAfresh(domain);
    this.#describe(domain, batch.template);
    const outgoing = domain.templates.assign(batch.template);
    if (batch.count === 0) {
      outgoing.sent = false;
      this.#announce(domain, outgoing);
    } else if (batch.template.firstList < 0) this.#appendPlain(batch, domain, outgoing);
    else this.#appendWithLists(batch, domain, outgoing);
    if (layout === undefined || layout.padding === 0) return;
    const end = batch.offsets[batch.count] as number;
    buffer.endSet(batch.bytes, end, end + layout.padding);
  }

  flush(): void {
    const buffer = this.#buffer;
    if (buffer.isEmpty) {
      buffer.length = 0;
      return;
    }
    const records = buffer.records - this.#descriptions;
    const domain = this.#domain(buffer.domain);
    const message = buffer.finish(domain.sequence);
    domain.sequence = (domain.sequence + buffer.records) >>> 0;
    this.#descriptions = 0;
    this.#counts.messages++;
    this.#counts.bytes += message.length;
    this.#counts.records += records;
    this.#options.onMessage(message, records);
  }

  refreshTemplates(): void {
    this.flush();
    for (const domain of this.#domains.values()) {
      const all = domain.templates.all();
      for (const outgoing of all) outgoing.sent = false;
      for (const element of domain.elements.all()) this.#putDescription(domain, element);
      for (const outgoing of all) this.#announce(domain, outgoing);
      this.flush();
    }
  }

  describeElements(isWanted: boolean): void {
    this.#describes = isWanted;
  }

  counters(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  #refreshWhenDue(): void {
    const { templateRefreshMs, now } = this.#options;
    if (templateRefreshMs === undefined || !now) return;
    const time = now();
    if (time - this.#refreshedAt < templateRefreshMs) return;
    this.#refreshedAt = time;
    this.refreshTemplates();
  }

  #domain(id: number): Domain {
    const known = this.#domains.get(id);
    if (known) return known;
    if (this.#domains.size >= limits.sessionDomains) this.#forgetOldest();
    const templates = new TemplateTable();
    const elements = new DescribedElements();
    const domain = { id, elements, templates, sequence: 0, exportTime: 0 };
    this.#domains.set(id, domain);
    return domain;
  }

  #forgetOldest(): void {
    this.flush();
    for (const id of this.#domains.keys()) {
      this.#domains.delete(id);
      this.#counts.domainsForgotten++;
      return;
    }
  }

  /** Withdraw all Templates of the domain (RFC 7011 §8.1) and begin with none. */
  #startAfresh(domain: Domain): void {
    this.flush();
    for (const setId of [2, 3]) {
      const withdrawal = new Uint8Array(4);
      writeUint16(withdrawal, 0, setId);
      this.#open(domain);
      this.#buffer.put(setId, withdrawal, 0, 4);
    }
    domain.templates = new TemplateTable();
  }

  #open(domain: Domain): void {
    if (!this.#buffer.isOpen) this.#buffer.begin(domain.id, domain.exportTime);
  }

  /** Have room for `size` octets in the Set `setId`; false when no Message is large enough. */
  #makeRoom(domain: Domain, setId: number, size: number): boolean {
    this.#open(domain);
    if (size <= this.#buffer.room(setId)) return true;
    this.flush();
    this.#open(domain);
    return size <= this.#buffer.room(setId);
  }

  #describe(domain: Domain, template: Template): void {
    if (!this.#describes) return;
    for (const element of domain.elements.take(template)) this.#putDescription(domain, element);
  }

  /** Tell the receiver what an element is; one it is not told of stays octets to it. */
  #putDescription(domain: Domain, element: Element): void {
    const outgoing = domain.templates.assign(typeTemplate);
    const record = encodeTypeRecord(element);
    if (!this.#announce(domain, outgoing)) return;
    if (!this.#makeRoom(domain, outgoing.id, record.length)) return;
    this.#buffer.put(outgoing.id, record, 0, record.length);
    this.#buffer.records++;
    this.#descriptions++;
    this.#counts.elementsDescribed++;
  }

  /** Tell the receiver of a Template once; false when it fits into no Message. */
  #announce(domain: Domain, outgoing: OutgoingTemplate): boolean {
    if (outgoing.sent) return true;
    const setId = announcingSetId(outgoing.template);
    const record = encodeTemplate(outgoing.template, outgoing.id);
    if (!this.#makeRoom(domain, setId, record.length)) return false;
    this.#buffer.put(setId, record, 0, record.length);
    outgoing.sent = true;
    this.#counts.templates++;
    return true;
  }

  #appendPlain(batch: RecordBatch, domain: Domain, outgoing: OutgoingTemplate): void {
    if (!this.#announce(domain, outgoing)) {
      this.#counts.recordsTooLarge += batch.count;
      return;
    }
    const { offsets, count, bytes } = batch;
    for (let i = 0; i < count; ) {
      const start = offsets[i] as number;
      if (!this.#makeRoom(domain, outgoing.id, (offsets[i + 1] as number) - start)) {
        this.#counts.recordsTooLarge++;
        i++;
        continue;
      }
      const room = this.#buffer.room(outgoing.id);
      let last = i + 1;
      while (last < count && (offsets[last + 1] as number) - start <= room) last++;
      this.#buffer.put(outgoing.id, bytes, start, offsets[last] as number);
      this.#buffer.records += last - i;
      i = last;
    }
  }

  #appendWithLists(batch: RecordBatch, domain: Domain, outgoing: OutgoingTemplate): void {
    const { bytes, templates, offsets, template } = batch;
    const visit = (id: number, at: number) => this.#noteId(batch, domain, id, at);
    const walk: TemplateIdWalk = { bytes, templates, visit, depth: 0 };
    if (this.#describes) {
      walk.element = (element) => {
        if (domain.elements.takeOne(element)) this.#putDescription(domain, element);
      };
    }
    for (let i = 0; i < batch.count; i++) {
      const start = offsets[i] as number;
      const end = offsets[i + 1] as number;
      this.#ids.length = this.#idsAt.length = this.#missing.length = walk.depth = 0;
      try {
        walkTemplateIds(walk, template, start, end);
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        this.#counts.recordsMalformed++;
        continue;
      }
      if (this.#announceAll(domain, outgoing) && this.#makeRoom(domain, outgoing.id, end - start)) {
        this.#putPatched(outgoing.id, bytes, start, end);
      } else {
        this.#counts.recordsTooLarge++;
      }
    }
  }

  #noteId(batch: RecordBatch, domain: Domain, id: number, at: number): void {
    const template = batch.templates(id);
    if (template) this.#describe(domain, template);
    const outgoing = template && domain.templates.assign(template);
    const outgoingId = outgoing ? outgoing.id : domain.templates.assignUnknown(id);
    if (outgoing && !outgoing.sent) this.#missing.push(outgoing);
    if (outgoingId === id) return;
    this.#ids.push(outgoingId);
    this.#idsAt.push(at);
  }

  #announceAll(domain: Domain, outgoing: OutgoingTemplate): boolean {
    for (let i = this.#missing.length - 1; i >= 0; i--) {
      if (!this.#announce(domain, this.#missing[i] as OutgoingTemplate)) return false;
    }
    return this.#announce(domain, outgoing);
  }

  #putPatched(setId: number, source: Uint8Array, start: number, end: number): void {
    const moved = this.#buffer.put(setId, source, start, end) - start;
    for (let i = 0; i < this.#ids.length; i++) {
      writeUint16(this.#buffer.bytes, (this.#idsAt[i] as number) + moved, this.#ids[i] as number);
    }
    this.#buffer.records++;
  }
}
