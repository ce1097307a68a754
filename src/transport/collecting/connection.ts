import type { Socket } from "node:net";
import { DecodeError } from "../../errors.ts";
import { messageHeaderBytes } from "../../ipfix/message.ts";
import { MessageFramer } from "./message-framer.ts";

/** How long a peer may take. */
export interface ConnectionLimits {
  /** Milliseconds until the first Message Header. */
  readonly firstHeaderMs: number;
  /** Milliseconds from the first to the last octet of a Message. */
  readonly messageMs: number;
}

/** Why a connection ended. */
export type ConnectionEnd =
  | { readonly reason: "closed" }
  | { readonly reason: "timeout"; readonly detail: string }
  | { readonly reason: "malformed"; readonly error: DecodeError }
  | { readonly reason: "failed"; readonly error: Error };

/** What to do with a connection. */
export interface ConnectionOptions extends ConnectionLimits {
  /** @throws {DecodeError} which ends the connection. */
  readonly onMessage: (bytes: Uint8Array) => void;
  /** Called once, when nothing more comes of the connection. */
  readonly onEnd: (end: ConnectionEnd) => void;
}

/** The collecting end of one TCP connection: framing and deadlines. */
export class Connection {
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #framer: MessageFramer;
  #deadline: NodeJS.Timeout | undefined;
  /** Messages that were whole when the deadline was set. */
  #deadlineSince = 0;
  #ended = false;
  #heardMs = performance.now();

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#framer = new MessageFramer(options.onMessage);
    this.#setDeadline(options.firstHeaderMs, "no Message Header");
    socket.setKeepAlive(true, 60_000);
    socket.on("data", (chunk) => this.#receive(chunk));
    socket.on("end", () => this.#finish());
    socket.on("error", (error) => this.#end({ reason: "failed", error }));
    socket.on("close", () => this.#end({ reason: "closed" }));
  }

  /** Octets received so far. */
  get bytes(): number {
    return this.#framer.bytes;
  }

  /** When the peer last sent anything, in milliseconds of a clock that only runs forward. */
  get heardMs(): number {
    return this.#heardMs;
  }

  /** Tell the peer that no more is wanted; what it has sent still arrives. */
  halfClose(): void {
    this.#socket.end();
  }

  /** Give the connection up. */
  close(): void {
    this.#end({ reason: "closed" });
  }

  #receive(chunk: Uint8Array): void {
    if (this.#ended) return;
    this.#heardMs = performance.now();
    try {
      this.#framer.push(chunk);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      this.#end({ reason: "malformed", error });
      return;
    }
    this.#watch();
  }

  #watch(): void {
    const { bytes, messages, pendingBytes } = this.#framer;
    if (bytes < messageHeaderBytes) return;
    if (pendingBytes === 0) {
      clearTimeout(this.#deadline);
      this.#deadline = undefined;
    } else if (this.#deadline === undefined || messages !== this.#deadlineSince) {
      this.#setDeadline(this.#options.messageMs, "no whole Message");
      this.#deadlineSince = messages;
    }
  }

  #setDeadline(afterMs: number, missing: string): void {
    clearTimeout(this.#deadline);
    const end = { reason: "timeout", detail: `${missing} within ${afterMs} ms` } as const;
    this.#deadline = setTimeout(() => this.#end(end), afterMs);
  }

  #finish(): void {
    const { bytes, pendingBytes } = this.#framer;
    if (pendingBytes === 0) {
      this.#end({ reason: "closed" });
      return;
    }
    const detail = `connection ended within a Message, ${pendingBytes} octets of it came`;
    const error = new DecodeError("truncated", bytes - pendingBytes, detail);
    this.#end({ reason: "malformed", error });
  }

  #end(end: ConnectionEnd): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#deadline);
    this.#socket.destroy();
    this.#options.onEnd(end);
  }
}
