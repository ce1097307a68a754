import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { TransportError } from "../../../errors.ts";
import { limits } from "../../../limits.ts";
import type { ResolvedHost } from "../../../transport/support/resolve.ts";

/** Where Messages go out. */
export interface Connected {
  /** @throws {TransportError} when the other end does not take them any more. */
  send(octets: Uint8Array): Promise<void>;
  close(): void;
}

/** A UDP socket towards a port. */
export function connectUdp({ address, family }: ResolvedHost, port: number): Connected {
  const socket = createSocket(family === 6 ? "udp6" : "udp4");
  // What a datagram meets on its way is nobody's to know; what fails at once, `send` tells.
  socket.on("error", () => socket.unref());
  socket.unref();
  return {
    send: (octets) =>
      new Promise((resolve, reject) => {
        socket.send(octets, port, address, (error) => {
          if (error) reject(TransportError.from("Cannot send", error));
          else resolve();
        });
      }),
    close: () => void socket.close(),
  };
}

/** A TCP connection; rejects with the system's error. */
export async function connectTcp(
  { address }: ResolvedHost,
  port: number,
  signal: AbortSignal,
): Promise<Connected> {
  const socket = connect({ host: address, port });
  try {
    const bound = AbortSignal.any([signal, AbortSignal.timeout(limits.tcpConnectMs)]);
    await once(socket, "connect", { signal: bound });
  } catch (error) {
    socket.destroy();
    throw error;
  }
  socket.unref();
  let failure: Error | undefined;
  socket.on("error", (error) => {
    failure = error;
  });
  socket.on("end", () => {
    failure ??= new Error("the other end has closed the connection");
  });
  socket.resume();
  return {
    send: (octets) =>
      new Promise((resolve, reject) => {
        const refuse = (error: Error) => reject(TransportError.from("Cannot send", error));
        if (failure) return refuse(failure);
        socket.write(octets, (error) => (error ? refuse(error) : resolve()));
      }),
    close: () => void socket.end(),
  };
}
