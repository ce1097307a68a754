import { ConfigError } from "../../../errors.ts";
import { limits } from "../../../limits.ts";
import type { NetworkAddress } from "../../../transport/address.ts";
import { transportFailure } from "../../../transport/support/failure.ts";
import { resolveHost } from "../../../transport/support/resolve.ts";
import type { Host } from "../../primitive.ts";
import { type Connected, connectTcp, connectUdp } from "./connect.ts";
import type { Received } from "./inbox.ts";
import { type Listening, listenTcp, listenUdp } from "./listen.ts";

const byHost = new WeakMap<Host, Sockets>();

/** The sockets of one engine, by number: scripts hold numbers. */
export class Sockets {
  readonly #open = new Map<number, Listening | Connected>();
  #last = 0;

  /** Those of the engine of `host`. */
  static of(host: Host): Sockets {
    const sockets = byHost.get(host) ?? new Sockets();
    byHost.set(host, sockets);
    return sockets;
  }

  /** Open a way out. @throws {TransportError} */
  async connect(to: NetworkAddress, signal: AbortSignal): Promise<number> {
    const action = `Cannot connect to ${to.scheme}://${to.host}:${to.port}`;
    return this.#keep(action, async () => {
      const found = await resolveHost(to, action);
      if (to.scheme === "udp") return connectUdp(found, to.port);
      return connectTcp(found, to.port, signal);
    });
  }

  /** Open a way in. @throws {TransportError} */
  async listen(at: NetworkAddress): Promise<{ readonly id: number; readonly port: number }> {
    const action = `Cannot listen on ${at.scheme}://${at.host}:${at.port}`;
    let port = at.port;
    const id = await this.#keep(action, async () => {
      const found = await resolveHost(at, action);
      const listen = at.scheme === "udp" ? listenUdp : listenTcp;
      const listening = await listen(found, at.port);
      port = listening.port;
      return listening;
    });
    return { id, port };
  }

  /** @throws {TransportError} */
  async send(id: number, octets: Uint8Array): Promise<void> {
    const socket = this.#open.get(id);
    if (socket === undefined || !("send" in socket)) throw unknownSocket(id, "ipfix.connect");
    await socket.send(octets);
  }

  /** The next Message or datagram; undefined when none came within `ms`. */
  async receive(
    id: number,
    ms: number | undefined,
    signal: AbortSignal,
  ): Promise<Received | undefined> {
    const socket = this.#open.get(id);
    if (socket === undefined || !("inbox" in socket)) throw unknownSocket(id, "ipfix.listen");
    socket.hold(true);
    try {
      return await socket.inbox.take(ms, signal);
    } finally {
      if (this.#open.has(id)) socket.hold(false);
    }
  }

  /** Closing twice is nothing. */
  close(id: number): void {
    this.#open.get(id)?.close();
    this.#open.delete(id);
  }

  async #keep(action: string, open: () => Promise<Listening | Connected>): Promise<number> {
    if (this.#open.size >= limits.scriptSockets) {
      const detail = `Cannot open more than ${limits.scriptSockets} sockets at once`;
      throw new ConfigError("limit", "", detail);
    }
    const id = ++this.#last;
    try {
      this.#open.set(id, await open());
    } catch (cause) {
      throw transportFailure(action, cause);
    }
    return id;
  }
}

function unknownSocket(id: number, from: string): ConfigError {
  return new ConfigError("bad-value", "", `Cannot use socket ${id}: expected one of ${from}`);
}
