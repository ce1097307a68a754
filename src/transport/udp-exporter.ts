import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { ConfigError } from "../errors.ts";
import type { RecordBatch } from "../ipfix/batch.ts";
import { limits } from "../limits.ts";
import { formatAddress, type NetworkAddress, parseDestination } from "./address.ts";
import type { Exporter, ExporterOptions } from "./exporting/exporter.ts";
import { SessionWriter } from "./exporting/session-writer.ts";
import { failureReason, transportFailure } from "./support/failure.ts";
import { createNotices, type Notices } from "./support/notices.ts";
import { settled } from "./support/quiet.ts";
import { resolveHost } from "./support/resolve.ts";

/** What a UDP exporter needs to know. */
export interface UdpExporterOptions extends ExporterOptions {
  /** Where to send, such as `udp://127.0.0.1:4739`. */
  readonly to: string;
  /** Largest Message in octets; `limits.udpMessageBytes` by default. */
  readonly maximumBytes?: number;
  /** Milliseconds until all Templates are sent again (RFC 7011 §8.4); 10 minutes by default. */
  readonly templateRefreshMs?: number;
  /** Milliseconds since the epoch. */
  readonly now?: () => number;
}

const templateRefreshMs = 600_000;
/** Milliseconds between Templates for a collector that refused datagrams. */
const recoveryMs = 1_000;

/**
 * Create an exporter of IPFIX over UDP (RFC 7011 §10.3). Delivered means handed to the network:
 * over UDP nobody learns more.
 * @throws {ConfigError} `bad-value` when `to` is no UDP address.
 */
export function createUdpExporter(options: UdpExporterOptions): Exporter {
  return new UdpExporter(options);
}

class UdpExporter implements Exporter {
  readonly #address: NetworkAddress;
  readonly #notices: Notices;
  readonly #maximumBytes: number;
  readonly #writer: SessionWriter;
  readonly #counts = {
    records: 0,
    delivered: 0,
    messages: 0,
    bytes: 0,
    refusals: 0,
    droppedClosed: 0,
    droppedQueueFull: 0,
    droppedSendFailed: 0,
  };
  #socket: Socket | undefined;
  /** Records in datagrams that the system has not taken yet. */
  #sending = 0;
  /** Whether a collector may lack Templates because it was not there. */
  #templatesLost = false;
  #refreshedAt = Number.NEGATIVE_INFINITY;

  constructor(options: UdpExporterOptions) {
    const address = parseDestination(options.to);
    if (address.scheme !== "udp") {
      throw new ConfigError("bad-value", "", `Cannot send to ${options.to} by UDP`);
    }
    this.#address = address;
    this.#notices = createNotices(options);
    this.#maximumBytes = options.maximumBytes ?? limits.udpMessageBytes;
    this.#writer = new SessionWriter({
      maximumBytes: this.#maximumBytes,
      templateRefreshMs: options.templateRefreshMs ?? templateRefreshMs,
      now: options.now ?? Date.now,
      describeElements: options.describeElements === true,
      onMessage: (bytes, records) => this.#send(bytes, records),
      onTooLarge: (records) => this.#tellTooLarge(records),
    });
  }

  async start(): Promise<string> {
    const to = formatAddress(this.#address);
    const action = `Cannot send to ${to}`;
    const { address, family } = await resolveHost(this.#address, action);
    const socket = createSocket(family === 6 ? "udp6" : "udp4");
    try {
      socket.connect(this.#address.port, address);
      await once(socket, "connect");
    } catch (cause) {
      socket.close();
      throw transportFailure(action, cause);
    }
    socket.on("error", (error) => this.#refused(error));
    this.#socket = socket;
    return to;
  }

  write(batch: RecordBatch): void {
    this.#counts.records += batch.count;
    if (!this.#socket) {
      this.#counts.droppedClosed += batch.count;
      return;
    }
    if (this.#templatesLost) this.#refreshTemplates();
    this.#writer.append(batch);
  }

  describeElements(isWanted: boolean): void {
    this.#writer.describeElements(isWanted);
  }

  async stop(): Promise<void> {
    const socket = this.#socket;
    if (!socket) return;
    this.#writer.flush();
    this.#socket = undefined;
    await settled(() => this.#sending, limits.transportStopMs);
    await new Promise<void>((resolve) => socket.close(resolve));
  }

  counters(): Readonly<Record<string, number>> {
    const queued = this.#writer.queued + this.#sending;
    return { ...this.#counts, ...this.#writer.drops(), queued };
  }

  /** Tell a collector that came back of all Templates, but not a dead one all the time. */
  #refreshTemplates(): void {
    const time = performance.now();
    if (time - this.#refreshedAt < recoveryMs) return;
    this.#refreshedAt = time;
    this.#templatesLost = false;
    this.#writer.refreshTemplates();
  }

  #send(bytes: Uint8Array, records: number): void {
    const socket = this.#socket;
    if (!socket) throw new Error("Message without a socket");
    if (socket.getSendQueueSize() > limits.udpQueueBytes) {
      this.#counts.droppedQueueFull += records;
      this.#templatesLost = true;
      return;
    }
    this.#sending += records;
    // The writer reuses its buffer and the system may take the datagram later: hence the copy.
    socket.send(Buffer.from(bytes), (error) => this.#sent(error, bytes.length, records));
  }

  #sent(error: Error | null, size: number, records: number): void {
    this.#sending -= records;
    if (error) {
      this.#counts.droppedSendFailed += records;
      this.#refused(error);
      return;
    }
    this.#counts.delivered += records;
    this.#counts.messages++;
    this.#counts.bytes += size;
  }

  #refused(error: Error): void {
    this.#counts.refusals++;
    this.#templatesLost = true;
    const reason = failureReason(error);
    this.#notices.say(reason, `Cannot send to ${formatAddress(this.#address)}: ${reason}`);
  }

  #tellTooLarge(records: number): void {
    const to = formatAddress(this.#address);
    const maximum = `a Message of ${this.#maximumBytes} octets`;
    const detail = `larger than ${maximum}, expected tcp:// for such`;
    this.#notices.say("too-large", `Cannot send ${records} records to ${to}: ${detail}`);
  }
}
