import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { problemType, toProblem } from "./problem.ts";

/** Answer what is not even HTTP, or came too slowly, and close the connection. */
export function refuseRaw(error: Error, socket: Socket): void {
  if ((error as { code?: unknown }).code === "ECONNRESET" || !socket.writable) {
    socket.destroy();
    return;
  }
  const problem = toProblem(Object.assign(error, { statusCode: 400 }));
  const body = JSON.stringify(problem);
  const head = [
    `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
    `content-type: ${problemType}`,
    `content-length: ${Buffer.byteLength(body)}`,
    "connection: close",
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`, () => socket.destroy());
}
