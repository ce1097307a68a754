import { createSocket, type RemoteInfo, type Socket } from "node:dgram";
import { once } from "node:events";
import { ConfigError, DecodeError } from "../errors.ts";
import type { TransportSession } from "../ipfix/session.ts";
import { limits } from "../limits.ts";
import {
  createExporterSession,
  type ExportProtocol,
  exportProtocolOf,
} from "../translators/exporter-session.ts";
import { formatAddress, formatPeer, type NetworkAddress, parseListen } from "./address.ts";
import {
  type Collector,
  type CollectorOptions,
  countDamage,
  createDamageCounts,
} from "./collecting/collector.ts";
import { foreignProtocol } from "./collecting/foreign.ts";
import { kernelDrops } from "./collecting/kernel-drops.ts";
import { type Peer, PeerTable } from "./collecting/peer-table.ts";
import { TemplateCache } from "./collecting/template-cache.ts";
import { failureReason, transportFailure } from "./support/failure.ts";
import { createNotices, type Notices } from "./support/notices.ts";
import { settled } from "./support/quiet.ts";
import { resolveHost } from "./support/resolve.ts";

/** How a UDP collector may differ from the usual. */
export interface UdpCollectorOptions extends CollectorOptions {
  /** Peers kept at once; `limits.collectorPeers` by default. */
  readonly maximumPeers?: number;
  /** Octets asked for as receive buffer; `limits.udpReceiveBufferBytes` by default. */
  readonly receiveBufferBytes?: number;
  /** File that keeps Templates over a restart; none by default. */
  readonly templateCache?: string;
}

/**
 * Create a collector of IPFIX over UDP (RFC 7011 §10.3), and of NetFlow and sFlow, which become
 * IPFIX here. No datagram can close its socket.
 * @throws {ConfigError} `bad-value` when `listen` is no UDP address.
 */
export function createUdpCollector(options: UdpCollectorOptions): Collector {
  return new UdpCollector(options);
}

const known = "IPFIX, NetFlow v1, v5, v7 or v9, or sFlow v5";

/** Datagrams by protocol, all 0. */
function protocolCounts(): Record<ExportProtocol, number> {
  return { ipfix: 0, netflow1: 0, netflow5: 0, netflow7: 0, netflow9: 0, sflow5: 0 };
}

class UdpCollector implements Collector {
  readonly #options: UdpCollectorOptions;
  readonly #address: NetworkAddress;
  readonly #notices: Notices;
  readonly #peers: PeerTable;
  readonly #counts = {
    datagrams: 0,
    emptyDatagrams: 0,
    ...protocolCounts(),
    foreignDatagrams: 0,
    socketErrors: 0,
    kernelDrops: 0,
    ...createDamageCounts(),
  };
  readonly #waitingBudget = { bytes: 0 };
  #cache: TemplateCache | undefined;
  #socket: Socket | undefined;

  constructor(options: UdpCollectorOptions) {
    this.#options = options;
    this.#address = parseListen(options.listen);
    if (this.#address.scheme !== "udp") {
      throw new ConfigError("bad-value", "", `Cannot listen on ${options.listen} by UDP`);
    }
    this.#notices = createNotices(options);
    const maximum = options.maximumPeers ?? limits.collectorPeers;
    this.#peers = new PeerTable({
      open: (exporter) => this.#open(exporter),
      maximum,
      onForget: (name) =>
        this.#notices.say("forget", `Too many peers or Templates: Templates of ${name} forgotten`),
    });
  }

  async start(): Promise<readonly string[]> {
    const action = `Cannot listen on ${formatAddress(this.#address)}`;
    const { address, family } = await resolveHost(this.#address, action);
    const bytes = this.#options.receiveBufferBytes ?? limits.udpReceiveBufferBytes;
    const socket = createSocket({ type: family === 6 ? "udp6" : "udp4", recvBufferSize: bytes });
    try {
      socket.bind({ address, port: this.#address.port, exclusive: true });
      await once(socket, "listening");
    } catch (cause) {
      socket.close();
      throw transportFailure(action, cause);
    }
    this.#socket = socket;
    this.#openCache();
    socket.on("message", (bytes, from) => this.#receive(bytes, from));
    socket.on("error", (error) => this.#fail(error));
    const bound = formatAddress({ ...this.#address, port: socket.address().port });
    this.#checkBuffer(socket, bound, bytes);
    return [bound];
  }

  async stop(): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    await settled(() => this.#counts.datagrams, limits.transportStopMs);
    this.#countKernelDrops();
    this.#socket = undefined;
    await this.#cache?.flush();
    await new Promise<void>((resolve) => socket.close(resolve));
  }

  counters(): Readonly<Record<string, number>> {
    this.#countKernelDrops();
    return { ...this.#peers.counters(), ...this.#counts };
  }

  #openCache(): void {
    const { templateCache: path } = this.#options;
    if (path === undefined) return;
    this.#cache = new TemplateCache({
      path,
      current: () => this.#peers.known(),
      onProblem: (message) => this.#notices.say("cache", message),
      now: Date.now,
    });
  }

  #open(exporter: string): TransportSession {
    const session = createExporterSession({
      onBatch: this.#options.onBatch,
      exporter,
      learnElements: true,
      layout: true,
      now: Date.now,
      waitingBudget: this.#waitingBudget,
      onTemplate: ({ changed }) => {
        if (changed) this.#cache?.touch();
      },
    });
    session.recall(this.#cache?.take(exporter) ?? []);
    return session;
  }

  #receive(bytes: Uint8Array, from: RemoteInfo): void {
    this.#counts.datagrams++;
    if (bytes.length === 0) {
      this.#counts.emptyDatagrams++;
      return;
    }
    const protocol = exportProtocolOf(bytes);
    if (protocol !== undefined) this.#counts[protocol]++;
    const peer = this.#peers.select(formatPeer(from.address, from.port));
    try {
      peer.session.decodeDatagram(bytes);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#refuse(error, bytes, peer);
    }
    this.#peers.settle();
  }

  #refuse(error: DecodeError, bytes: Uint8Array, { name }: Peer): void {
    const foreign = foreignProtocol(bytes);
    if (foreign !== undefined) {
      this.#counts.foreignDatagrams++;
      this.#notices.say(
        `${foreign} ${name}`,
        `Cannot decode datagrams of ${name}: ${foreign}, expected ${known}`,
      );
      return;
    }
    countDamage(this.#counts, error.code);
    const detail = `${error.detail} (byte ${error.offset} of ${bytes.length})`;
    this.#notices.say(`${error.code} ${name}`, `Cannot decode a datagram of ${name}: ${detail}`);
  }

  #fail(error: Error): void {
    this.#counts.socketErrors++;
    const reason = failureReason(error);
    this.#notices.say(`socket ${reason}`, `Cannot receive on ${this.#options.listen}: ${reason}`);
  }

  #checkBuffer(socket: Socket, bound: string, wanted: number): void {
    const told = socket.getRecvBufferSize();
    const actual = process.platform === "linux" ? told / 2 : told; // Linux tells the double
    if (actual >= wanted) return;
    this.#notices.say(
      "buffer",
      `Receive buffer of ${bound} is ${actual} octets, expected ${wanted}: ` +
        "bursts may be lost until net.core.rmem_max is raised",
    );
  }

  #countKernelDrops(): void {
    if (!this.#socket) return;
    this.#counts.kernelDrops = kernelDrops(this.#socket.address());
  }
}
