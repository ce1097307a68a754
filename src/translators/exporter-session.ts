import { readUint16, readUint32 } from "../bytes/read.ts";
import type { BatchSink, RecordBatch } from "../ipfix/batch.ts";
import { createOrigin, ipfixVersion, type MessageOrigin } from "../ipfix/message.ts";
import {
  createTransportSession,
  type SessionOptions,
  type TransportSession,
} from "../ipfix/session.ts";
import type { KnownTemplate } from "../ipfix/sets/known-template.ts";
import { createFixedNetflowSession } from "./netflow-fixed.ts";
import { createNetflow9Session } from "./netflow9.ts";
import type { SflowHeader, SflowSample } from "./sflow/datagram.ts";
import { createSflowSession } from "./sflow/session.ts";
import type { SourceSink } from "./source.ts";
import { createTranslation } from "./translation.ts";

/** The protocols whose datagrams become IPFIX. */
export type ExportProtocol = "ipfix" | "netflow1" | "netflow5" | "netflow7" | "netflow9" | "sflow5";

/** The protocol of a datagram by its version; undefined for any other datagram. */
export function exportProtocolOf(bytes: Uint8Array): ExportProtocol | undefined {
  if (bytes.length < 4) return undefined;
  const version = readUint16(bytes, 0);
  if (version === 10) return "ipfix";
  if (version === 9) return "netflow9";
  if (version === 1 || version === 5 || version === 7) return `netflow${version}`;
  return readUint32(bytes, 0) === 5 ? "sflow5" : undefined;
}

/** Those of them that describe their records by Templates. */
const withTemplates: readonly ExportProtocol[] = ["ipfix", "netflow9"];

/** What to do with what an exporter sends over UDP, whichever protocol it speaks. */
export interface ExporterOptions extends SessionOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /**
   * Show NetFlow's records as they were sent: up-times stay up-times and scopes have NetFlow's own
   * elements, so that such batches are for the eye only. sFlow is always IPFIX. Default false.
   */
  readonly asSent?: boolean;
  /** Gets each sample of sFlow in its own terms, just before its record. */
  readonly onSample?: (sample: SflowSample, header: SflowHeader) => void;
}

/**
 * Create the collecting end of an exporter that speaks IPFIX, NetFlow v1, v5, v7 or v9, or sFlow
 * v5 over UDP: each datagram tells its protocol, and everything comes out as IPFIX.
 */
export function createExporterSession(options: ExporterOptions): TransportSession {
  return new ExporterSession(options);
}

class ExporterSession implements TransportSession {
  readonly #options: ExporterOptions;
  readonly #sessions = new Map<ExportProtocol, TransportSession>();
  #current: TransportSession | undefined;

  constructor(options: ExporterOptions) {
    this.#options = options;
  }

  get header(): Readonly<MessageOrigin> {
    return this.#current?.header ?? createOrigin(ipfixVersion, this.#options.exporter);
  }

  decodeMessage(bytes: Uint8Array): void {
    this.#select(bytes).decodeMessage(bytes);
  }

  decodeDatagram(bytes: Uint8Array): void {
    this.#select(bytes).decodeDatagram(bytes);
  }

  get templateFields(): number {
    let fields = 0;
    for (const session of this.#sessions.values()) fields += session.templateFields;
    return fields;
  }

  counters(): Readonly<Record<string, number>> {
    const sums: Record<string, number> = {};
    for (const session of this.#sessions.values()) {
      for (const [name, count] of Object.entries(session.counters())) {
        sums[name] = (sums[name] ?? 0) + count;
      }
    }
    return sums;
  }

  known(): readonly KnownTemplate[] {
    return [...this.#sessions].flatMap(([protocol, session]) =>
      session.known().map((template) => ({ ...template, protocol })),
    );
  }

  recall(known: readonly KnownTemplate[]): void {
    for (const protocol of withTemplates) {
      const own = known.filter((template) => template.protocol === protocol);
      if (own.length > 0) this.#session(protocol).recall(own);
    }
  }

  end(): void {
    for (const session of this.#sessions.values()) session.end();
  }

  /** The session of the protocol of a datagram; what is none is IPFIX's to refuse. */
  #select(bytes: Uint8Array): TransportSession {
    this.#current = this.#session(exportProtocolOf(bytes) ?? "ipfix");
    return this.#current;
  }

  #session(protocol: ExportProtocol): TransportSession {
    const session = this.#sessions.get(protocol) ?? this.#create(protocol);
    this.#sessions.set(protocol, session);
    return session;
  }

  #create(protocol: ExportProtocol): TransportSession {
    const options = this.#options;
    if (protocol === "ipfix") return createTransportSession({ ...options, withdrawals: false });
    if (protocol === "sflow5") return createSflowSession(options);
    const source = { ...options, onBatch: this.#sourceSink(options.onBatch) };
    if (protocol === "netflow9") return createNetflow9Session(source);
    return createFixedNetflowSession(Number(protocol.slice(-1)) as 1 | 5 | 7, source);
  }

  #sourceSink(sink: BatchSink): SourceSink {
    return this.#options.asSent ? (batch: RecordBatch) => sink(batch) : createTranslation(sink);
  }
}
