import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";
import { ConfigError } from "../errors.ts";
import { createTransportSession } from "../ipfix/session.ts";
import { limits } from "../limits.ts";
import { formatAddress, formatPeer, type NetworkAddress, parseListen } from "./address.ts";
import {
  type Collector,
  type CollectorOptions,
  countDamage,
  createDamageCounts,
} from "./collecting/collector.ts";
import { Connection, type ConnectionEnd, type ConnectionLimits } from "./collecting/connection.ts";
import { PeerTable } from "./collecting/peer-table.ts";
import { failureReason, transportFailure } from "./support/failure.ts";
import { createNotices, type Notices } from "./support/notices.ts";
import { settled } from "./support/quiet.ts";
import { resolveHost } from "./support/resolve.ts";

/** How a TCP collector may differ from the usual. */
export interface TcpCollectorOptions extends CollectorOptions, Partial<ConnectionLimits> {
  /** Connections at once; `limits.collectorConnections` by default. */
  readonly maximumConnections?: number;
  /** Milliseconds of silence that keep a connection safe; `limits.tcpSilenceMs` by default. */
  readonly silenceMs?: number;
}

/**
 * Create a collector of IPFIX over TCP (RFC 7011 §10.4). Each connection is a Transport Session;
 * one that brings something else, or too slowly, is closed and counted.
 * @throws {ConfigError} `bad-value` when `listen` is no TCP address.
 */
export function createTcpCollector(options: TcpCollectorOptions): Collector {
  return new TcpCollector(options);
}

class TcpCollector implements Collector {
  readonly #options: TcpCollectorOptions;
  readonly #address: NetworkAddress;
  readonly #notices: Notices;
  readonly #waitingBudget = { bytes: 0 };
  readonly #peers: PeerTable;
  readonly #connections = new Map<string, Connection>();
  readonly #counts = {
    connections: 0,
    connectionsRefused: 0,
    connectionsDisplaced: 0,
    connectionsTimedOut: 0,
    connectionsFailed: 0,
    connectionsMalformed: 0,
    socketErrors: 0,
    ...createDamageCounts(),
  };
  #server: Server | undefined;

  constructor(options: TcpCollectorOptions) {
    this.#options = options;
    this.#address = parseListen(options.listen);
    if (this.#address.scheme !== "tcp") {
      throw new ConfigError("bad-value", "", `Cannot listen on ${options.listen} by TCP`);
    }
    this.#notices = createNotices(options);
    this.#peers = new PeerTable({
      open: (exporter) =>
        createTransportSession({
          onBatch: options.onBatch,
          exporter,
          learnElements: true,
          layout: true,
          waitingBudget: this.#waitingBudget,
        }),
      maximum: this.#maximumConnections,
      onForget: (name) => this.#closeLargest(name),
    });
  }

  async start(): Promise<readonly string[]> {
    const action = `Cannot listen on ${formatAddress(this.#address)}`;
    const { address } = await resolveHost(this.#address, action);
    const server = createServer({ allowHalfOpen: true, noDelay: true });
    try {
      server.listen({ host: address, port: this.#address.port, exclusive: true });
      await once(server, "listening");
    } catch (cause) {
      throw transportFailure(action, cause);
    }
    this.#server = server;
    server.on("connection", (socket) => this.#accept(socket));
    server.on("error", (error) => this.#fail(error));
    const bound = server.address();
    const port = typeof bound === "object" && bound ? bound.port : this.#address.port;
    return [formatAddress({ ...this.#address, port })];
  }

  async stop(): Promise<void> {
    const server = this.#server;
    if (!server) return;
    this.#server = undefined;
    const progress = () => this.#progress();
    await settled(progress, limits.transportStopMs);
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    for (const connection of this.#connections.values()) connection.halfClose();
    await settled(progress, limits.transportStopMs);
    for (const connection of [...this.#connections.values()]) connection.close();
    await closed;
  }

  counters(): Readonly<Record<string, number>> {
    const connectionsOpen = this.#connections.size;
    return { ...this.#peers.counters(), ...this.#counts, connectionsOpen };
  }

  get #maximumConnections(): number {
    return this.#options.maximumConnections ?? limits.collectorConnections;
  }

  /** A number that changes when anything arrives. */
  #progress(): number {
    let sum = this.#counts.connections;
    for (const { bytes } of this.#connections.values()) sum += bytes;
    return sum + this.#counts.connections - this.#connections.size;
  }

  #accept(socket: Socket): void {
    if (this.#connections.size >= this.#maximumConnections && !this.#makeRoom()) {
      socket.destroy();
      this.#refuse();
      return;
    }
    const name = formatPeer(socket.remoteAddress ?? "?", socket.remotePort ?? 0);
    this.#counts.connections++;
    const { firstHeaderMs = limits.tcpFirstHeaderMs, messageMs = limits.tcpMessageMs } =
      this.#options;
    const connection = new Connection(socket, {
      firstHeaderMs,
      messageMs,
      onMessage: (bytes) => {
        this.#peers.select(name).session.decodeMessage(bytes);
        this.#peers.settle();
      },
      onEnd: (end) => this.#end(name, end),
    });
    this.#connections.set(name, connection);
  }

  /** Close the connection silent for longest, unless it sent something a short while ago. */
  #makeRoom(): boolean {
    const { silenceMs = limits.tcpSilenceMs } = this.#options;
    let heardMs = performance.now() - silenceMs;
    let silent: string | undefined;
    for (const [name, connection] of this.#connections) {
      if (connection.heardMs > heardMs) continue;
      heardMs = connection.heardMs;
      silent = name;
    }
    if (silent === undefined) return false;
    this.#counts.connectionsDisplaced++;
    this.#notices.say("displaced", `Connection of ${silent} closed: a new one needs its place`);
    this.#connections.get(silent)?.close();
    return true;
  }

  #end(name: string, end: ConnectionEnd): void {
    this.#connections.delete(name);
    this.#peers.remove(name);
    if (end.reason === "timeout") {
      this.#counts.connectionsTimedOut++;
      this.#notices.say(`timeout ${name}`, `Connection of ${name} closed: ${end.detail}`);
    } else if (end.reason === "failed") {
      this.#counts.connectionsFailed++;
      const reason = failureReason(end.error);
      this.#notices.say(`failed ${name}`, `Connection of ${name} lost: ${reason}`);
    } else if (end.reason === "malformed") {
      this.#counts.connectionsMalformed++;
      countDamage(this.#counts, end.error.code);
      const detail = `${end.error.detail} (byte ${end.error.offset})`;
      this.#notices.say(`malformed ${name}`, `Connection of ${name} closed: ${detail}`);
    }
  }

  #closeLargest(name: string): void {
    this.#notices.say("forget", `Connection of ${name} closed: too many Templates`);
    this.#connections.get(name)?.close();
  }

  #refuse(): void {
    this.#counts.connectionsRefused++;
    const maximum = this.#maximumConnections;
    this.#notices.say("refused", `Connection refused: ${maximum} connections are open already`);
  }

  #fail(error: Error): void {
    this.#counts.socketErrors++;
    const reason = failureReason(error);
    this.#notices.say("socket", `Cannot accept on ${this.#options.listen}: ${reason}`);
  }
}
