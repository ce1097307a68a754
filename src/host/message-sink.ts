import type { Writable } from "node:stream";
import { TransportError } from "../errors.ts";
import { createAtomicFile } from "../transport/atomic-file.ts";

/** Takes IPFIX Messages, and keeps all of them or none where it can. */
export interface MessageSink {
  /** Take a Message, which is copied. @throws {TransportError} such as `disk-full` */
  write(bytes: Uint8Array): void;
  /** Resolves once there is room for more. @throws {TransportError} */
  drained(): Promise<void>;
  /** Make what was written last. @throws {TransportError} */
  commit(): Promise<void>;
  /** Take back what can be taken back. */
  abort(): void;
}

/**
 * Open a path, which gets its file when it is whole, or a stream, which stays open.
 * @throws {TransportError} when the path's folder does not take files.
 */
export function openMessageSink(output: string | Writable): MessageSink {
  if (typeof output !== "string") return streamSink(output);
  const file = createAtomicFile(output);
  return {
    write: (bytes) => file.write(bytes),
    drained: async () => undefined,
    commit: () => file.commit(),
    abort: () => file.abort(),
  };
}

function streamSink(output: Writable): MessageSink {
  let last = Promise.resolve();
  let isFull = false;
  return {
    write(bytes) {
      last = new Promise((resolve, reject) => {
        isFull = !output.write(Uint8Array.from(bytes), (error) => {
          if (error) reject(TransportError.from("Cannot write the output", error));
          else resolve();
        });
      });
      // Whoever waits next gets the failure; nobody may be waiting yet.
      last.catch(() => undefined);
    },
    drained: async () => {
      if (isFull) await last;
    },
    commit: () => last,
    abort: () => undefined,
  };
}
