import { createWriteStream, type Stats } from "node:fs";
import { realpath, stat } from "node:fs/promises";
import type { Writable } from "node:stream";
import { finished } from "node:stream/promises";
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
 * Open a file, which gets its name when it is whole; a device or pipe, which is written at once; or
 * a stream, which stays open.
 * @throws {TransportError} when nothing can be written there.
 */
export async function openMessageSink(output: string | Writable): Promise<MessageSink> {
  if (typeof output !== "string") return streamSink(output);
  const found = await statOrNothing(output);
  if (found?.isDirectory()) {
    throw new TransportError("io", `Cannot write ${output}: it is a folder`);
  }
  if (found !== undefined && !found.isFile()) return deviceSink(output);
  // Behind a symbolic link the file is replaced, not the link.
  const file = createAtomicFile(found === undefined ? output : await realpath(output));
  return {
    write: (bytes) => file.write(bytes),
    drained: async () => undefined,
    commit: () => file.commit(),
    abort: () => file.abort(),
  };
}

/** What stands under `path`, or undefined when nothing does. @throws {TransportError} */
export async function statOrNothing(path: string): Promise<Stats | undefined> {
  try {
    return await stat(path);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw TransportError.from(`Cannot read ${path}`, cause);
  }
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

function deviceSink(path: string): MessageSink {
  const output = createWriteStream(path);
  const done = finished(output);
  done.catch(() => undefined); // whoever commits gets the failure
  return {
    ...streamSink(output),
    async commit() {
      output.end();
      await done.catch((cause: unknown) => {
        throw TransportError.from(`Cannot write ${path}`, cause);
      });
    },
    abort: () => void output.destroy(),
  };
}
