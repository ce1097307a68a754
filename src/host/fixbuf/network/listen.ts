import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Socket } from "node:net";
import { DecodeError } from "../../../errors.ts";
import { limits } from "../../../limits.ts";
import { MessageFramer } from "../../../transport/collecting/message-framer.ts";
import type { ResolvedHost } from "../../../transport/support/resolve.ts";
import { Inbox } from "./inbox.ts";

/** Where Messages come in. */
export interface Listening {
  readonly inbox: Inbox;
  readonly port: number;
  /** Whether the process stays alive for it, as while a script waits. */
  hold(held: boolean): void;
  close(): void;
}

function nameOf(address: string | undefined, port: number | undefined): string {
  return address?.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}

/** Bind a UDP socket; rejects with the system's error. */
export async function listenUdp(
  { address, family }: ResolvedHost,
  port: number,
): Promise<Listening> {
  const recvBufferSize = limits.udpReceiveBufferBytes;
  const socket = createSocket({ type: family === 6 ? "udp6" : "udp4", recvBufferSize });
  const inbox = new Inbox(() => {});
  socket.on("message", (octets, from) => {
    if (octets.length === 0) return;
    if (inbox.isFull) inbox.dropped++;
    else inbox.put({ octets, peer: nameOf(from.address, from.port) });
  });
  socket.bind(port, address);
  try {
    await once(socket, "listening");
  } catch (error) {
    socket.close();
    throw error;
  }
  // Later errors are of single datagrams.
  socket.on("error", () => inbox.dropped++);
  socket.unref();
  return {
    inbox,
    port: socket.address().port,
    hold: (held) => void (held ? socket.ref() : socket.unref()),
    close() {
      socket.close();
      inbox.end();
    },
  };
}

/** Listen for TCP connections; rejects with the system's error. */
export async function listenTcp({ address }: ResolvedHost, port: number): Promise<Listening> {
  const connections = new Set<Socket>();
  const inbox = new Inbox(() => {
    for (const connection of connections) connection.resume();
  });
  const server = createServer((connection) => {
    connections.add(connection);
    connection.on("close", () => connections.delete(connection));
    receive(connection, inbox);
  });
  server.maxConnections = limits.collectorConnections;
  server.listen(port, address);
  await once(server, "listening");
  server.unref();
  const bound = server.address();
  return {
    inbox,
    port: bound !== null && typeof bound === "object" ? bound.port : port,
    hold(held) {
      for (const each of [server, ...connections]) held ? each.ref() : each.unref();
    },
    close() {
      server.close();
      for (const connection of connections) connection.destroy();
      inbox.end();
    },
  };
}

/** Cut a connection into Messages; one that cannot be cut any further is closed. */
function receive(connection: Socket, inbox: Inbox): void {
  const peer = nameOf(connection.remoteAddress, connection.remotePort);
  const framer = new MessageFramer((octets) => inbox.put({ octets: octets.slice(), peer }));
  connection.on("data", (chunk) => {
    try {
      framer.push(chunk);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      connection.destroy();
    }
    if (inbox.isFull) connection.pause();
  });
  // An error closes the connection, which is all that matters here.
  connection.on("error", () => connection.destroy());
  connection.on("close", () => inbox.put({ octets: new Uint8Array(0), peer }));
}
