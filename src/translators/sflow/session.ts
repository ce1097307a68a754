import { DecodeError } from "../../errors.ts";
import type { BatchSink } from "../../ipfix/batch.ts";
import { createOrigin, type MessageOrigin } from "../../ipfix/message.ts";
import type { TransportSession } from "../../ipfix/session.ts";
import { DomainTable } from "../../ipfix/sets/domains.ts";
import type { KnownTemplate } from "../../ipfix/sets/known-template.ts";
import { SequenceWatch } from "../../ipfix/sets/sequence.ts";
import { decodeSflow, type SflowHeader, type SflowSample } from "./datagram.ts";
import { buildCounterRecord, buildFlowRecord } from "./ipfix.ts";
import { RecordBuilder } from "./record-builder.ts";

/** What to do with what an sFlow agent sends. */
export interface SflowOptions {
  readonly onBatch: BatchSink;
  /** Gets each sample in sFlow's own terms, just before its record is built. */
  readonly onSample?: (sample: SflowSample, header: SflowHeader) => void;
  readonly exporter?: string;
  /** Milliseconds since the epoch: sFlow itself tells no time. */
  readonly now: () => number;
}

/**
 * Create the collecting end of an sFlow v5 agent. Sampled packets become Data Records, counters of
 * interfaces become Options Data Records; the Observation Domain is the sub-agent.
 */
export function createSflowSession(options: SflowOptions): TransportSession {
  return new SflowSession(options);
}

class SflowSession implements TransportSession {
  readonly templateFields = 0;
  readonly header: MessageOrigin;
  readonly #options: SflowOptions;
  readonly #builder: RecordBuilder;
  readonly #domains = new DomainTable();
  /** The Sequence Number counts datagrams. */
  readonly #sequence = new SequenceWatch();
  readonly #counts = {
    messages: 0,
    messagesDamaged: 0,
    bytes: 0,
    records: 0,
    samplesUnknown: 0,
    countersWithoutElement: 0,
  };

  constructor(options: SflowOptions) {
    this.#options = options;
    this.#builder = new RecordBuilder(options.onBatch);
    this.header = createOrigin("sflow5", options.exporter);
  }

  /** Decode one datagram. @throws {DecodeError} */
  decodeMessage(bytes: Uint8Array): void {
    try {
      this.#decode(bytes);
    } catch (error) {
      if (error instanceof DecodeError) this.#counts.messagesDamaged++;
      throw error;
    } finally {
      this.#builder.flush();
    }
    this.#counts.messages++;
    this.#counts.bytes += bytes.length;
  }

  decodeDatagram(bytes: Uint8Array): void {
    this.decodeMessage(bytes);
  }

  counters(): Readonly<Record<string, number>> {
    const sequence = this.#sequence.counters("messagesLost");
    return { ...this.#counts, ...sequence, domainsForgotten: this.#domains.forgotten };
  }

  // The protocol has no Templates: nothing to know, and nothing that waits.
  known(): readonly KnownTemplate[] {
    return [];
  }

  recall(): void {}

  end(): void {}

  #decode(bytes: Uint8Array): void {
    const received = this.#options.now();
    let head: SflowHeader | undefined;
    decodeSflow(
      bytes,
      (header) => {
        head = header;
        this.#begin(header, bytes.length, received);
      },
      (sample) => head && this.#sample(sample, head, received),
    );
  }

  #begin({ subAgent, sequence }: SflowHeader, length: number, received: number): void {
    const exportTime = Math.floor(received / 1000);
    Object.assign(this.header, { length, exportTime, sequence, domain: subAgent });
    this.#builder.begin({ domain: subAgent, exportTime });
    this.#sequence.count(this.#domains.select(subAgent).sequence, sequence, 1);
  }

  #sample(sample: SflowSample, header: SflowHeader, received: number): void {
    const counts = this.#counts;
    this.#options.onSample?.(sample, header);
    if (sample.kind === "unknown") counts.samplesUnknown++;
    else if (sample.kind === "flow") {
      buildFlowRecord(this.#builder, sample, header, received);
      counts.records++;
    } else if (buildCounterRecord(this.#builder, sample, header, received)) counts.records++;
    else counts.countersWithoutElement++;
  }
}
