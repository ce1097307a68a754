import { connect, type Socket } from "node:net";
import { ConfigError } from "../errors.ts";
import type { RecordBatch } from "../ipfix/batch.ts";
import { limits } from "../limits.ts";
import { formatAddress, type NetworkAddress, parseDestination } from "./address.ts";
import { BatchQueue } from "./exporting/batch-queue.ts";
import type { Exporter, ExporterOptions } from "./exporting/exporter.ts";
import { OutgoingConnection } from "./exporting/outgoing-connection.ts";
import { failureReason } from "./support/failure.ts";
import { createNotices, type Notices } from "./support/notices.ts";

/** What a TCP exporter needs to know. */
export interface TcpExporterOptions extends ExporterOptions {
  /** Where to send, such as `tcp://127.0.0.1:4739`. */
  readonly to: string;
  /** Octets kept while the collector is away or slow; `limits.tcpQueueBytes` if unset. */
  readonly queueBytes?: number;
  /** Milliseconds before the second attempt to connect; each further one waits twice as long. */
  readonly firstRetryMs?: number;
  /** Milliseconds between attempts at most. */
  readonly lastRetryMs?: number;
  /** Milliseconds `stop` may take to deliver what is queued; `limits.transportStopMs` if unset. */
  readonly stopMs?: number;
}

/**
 * Create an exporter of IPFIX over TCP (RFC 7011 §10.4). It starts without its collector, connects
 * again when that goes away, and sends Templates first on each connection.
 * @throws {ConfigError} `bad-value` when `to` is no TCP address.
 */
export function createTcpExporter(options: TcpExporterOptions): Exporter {
  return new TcpExporter(options);
}

class TcpExporter implements Exporter {
  readonly #options: TcpExporterOptions;
  readonly #address: NetworkAddress;
  readonly #notices: Notices;
  readonly #queue: BatchQueue;
  readonly #counts = {
    records: 0,
    delivered: 0,
    messages: 0,
    bytes: 0,
    connections: 0,
    connectionsLost: 0,
    connectFailures: 0,
    droppedClosed: 0,
    droppedQueueFull: 0,
    droppedConnectionLost: 0,
    droppedTooLarge: 0,
    droppedMalformed: 0,
  };
  #state: "idle" | "running" | "stopping" | "stopped" = "idle";
  #connection: OutgoingConnection | undefined;
  /** The socket that is connecting or connected. */
  #socket: Socket | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  #retryMs: number;
  #describes: boolean;
  #onStopped: (() => void) | undefined;

  constructor(options: TcpExporterOptions) {
    const address = parseDestination(options.to);
    if (address.scheme !== "tcp") {
      throw new ConfigError("bad-value", "", `Cannot send to ${options.to} by TCP`);
    }
    this.#options = options;
    this.#address = address;
    this.#notices = createNotices(options);
    this.#queue = new BatchQueue(options.queueBytes ?? limits.tcpQueueBytes);
    this.#retryMs = this.#firstRetryMs;
    this.#describes = options.describeElements === true;
  }

  async start(): Promise<string> {
    this.#state = "running";
    this.#connect();
    return formatAddress(this.#address);
  }

  write(batch: RecordBatch): void {
    this.#counts.records += batch.count;
    if (this.#state !== "running") {
      this.#counts.droppedClosed += batch.count;
    } else if (this.#connection?.isWritable && this.#queue.isEmpty) {
      this.#connection.append(batch);
    } else if (!this.#queue.push(batch)) {
      this.#counts.droppedQueueFull += batch.count;
      const to = formatAddress(this.#address);
      this.#notices.say("full", `Records for ${to} dropped: its queue is full`);
    }
  }

  describeElements(isWanted: boolean): void {
    this.#describes = isWanted;
    this.#connection?.describeElements(isWanted);
  }

  async stop(): Promise<void> {
    if (this.#state !== "running") return;
    this.#state = "stopping";
    clearTimeout(this.#retryTimer);
    if (this.#connection || (this.#socket && this.#queue.records > 0)) {
      const stopped = new Promise<void>((resolve) => {
        this.#onStopped = resolve;
      });
      const stopMs = this.#options.stopMs ?? limits.transportStopMs;
      const deadline = setTimeout(() => this.#socket?.destroy(), stopMs);
      this.#pump();
      await stopped;
      clearTimeout(deadline);
    }
    this.#socket?.destroy();
    this.#state = "stopped";
    this.#counts.droppedClosed += this.#queue.clear();
  }

  counters(): Readonly<Record<string, number>> {
    const live = this.#connection;
    const counts = { ...this.#counts };
    if (live) addOutcome(counts, live);
    return {
      ...counts,
      queued: this.#queue.records + (live?.queued ?? 0),
      queuedBytes: this.#queue.bytes,
    };
  }

  get #firstRetryMs(): number {
    return this.#options.firstRetryMs ?? 200;
  }

  #connect(): void {
    const { host, port } = this.#address;
    const socket = connect({ host, port, noDelay: true, keepAlive: true, allowHalfOpen: true });
    let failure: unknown;
    this.#socket = socket;
    const timer = setTimeout(() => socket.destroy(new Error("no answer")), limits.tcpConnectMs);
    socket.once("connect", () => {
      clearTimeout(timer);
      this.#connected(socket);
    });
    socket.on("error", (error) => {
      failure = error;
    });
    socket.once("close", () => {
      clearTimeout(timer);
      this.#closed(failure);
    });
  }

  #connected(socket: Socket): void {
    this.#retryMs = this.#firstRetryMs;
    this.#counts.connections++;
    if (this.#counts.connectionsLost + this.#counts.connectFailures > 0) {
      this.#notices.say("connected", `Connected to ${formatAddress(this.#address)} again`);
    }
    this.#connection = new OutgoingConnection(socket, () => this.#pump());
    this.#connection.describeElements(this.#describes);
    this.#pump();
  }

  /** Hand queued batches to the connection as long as it takes them. */
  #pump(): void {
    const connection = this.#connection;
    if (!connection) return;
    while (connection.isWritable) {
      const batch = this.#queue.shift();
      if (!batch) break;
      connection.append(batch);
    }
    if (this.#state === "stopping" && this.#queue.isEmpty) connection.end();
  }

  #closed(failure: unknown): void {
    const connection = this.#connection;
    this.#connection = undefined;
    this.#socket = undefined;
    if (connection) {
      connection.abandon();
      addOutcome(this.#counts, connection);
    }
    if (this.#state === "running") this.#retry(connection !== undefined, failure);
    this.#onStopped?.();
  }

  #retry(wasConnected: boolean, failure: unknown): void {
    const to = formatAddress(this.#address);
    const reason = failure === undefined ? "closed by the collector" : failureReason(failure);
    if (wasConnected) {
      this.#counts.connectionsLost++;
      this.#notices.say("lost", `Connection to ${to} lost: ${reason}; trying again`);
    } else {
      this.#counts.connectFailures++;
      this.#notices.say("connect", `Cannot connect to ${to}: ${reason}; trying again`);
    }
    this.#retryTimer = setTimeout(() => this.#connect(), this.#retryMs);
    this.#retryMs = Math.min(this.#options.lastRetryMs ?? 10_000, 2 * this.#retryMs);
  }
}

/** What became of the records of a connection. */
type Outcome = Pick<
  OutgoingConnection,
  "delivered" | "messages" | "bytes" | "droppedConnectionLost" | "drops"
>;

interface OutcomeCounts {
  delivered: number;
  messages: number;
  bytes: number;
  droppedConnectionLost: number;
  droppedTooLarge: number;
  droppedMalformed: number;
}

function addOutcome(counts: OutcomeCounts, outcome: Outcome): void {
  const { droppedTooLarge, droppedMalformed } = outcome.drops();
  counts.delivered += outcome.delivered;
  counts.messages += outcome.messages;
  counts.bytes += outcome.bytes;
  counts.droppedConnectionLost += outcome.droppedConnectionLost;
  counts.droppedTooLarge += droppedTooLarge;
  counts.droppedMalformed += droppedMalformed;
}
