import { closeSync, fstatSync, readSync, writeSync } from "node:fs";

/** What a file of Lua reads from and writes to. Offsets count only where it is seekable. */
export interface Device {
  readonly seekable: boolean;
  /** Octets it holds. */
  size(): number;
  /** Read at `offset`; 0 at the end. */
  read(into: Uint8Array, offset: number): number;
  /** Write all of `bytes`; a view that the device does not keep. */
  write(bytes: Uint8Array, offset: number): void;
  /** Hand on what it holds back itself. */
  flush(): void;
  close(): void;
}

/** How long to wait for a peer of a pipe that does not block, in milliseconds. */
const retryMs = 5;

/** A descriptor of the system. It is closed with the device. */
export function openDevice(descriptor: number): Device {
  const seekable = fstatSync(descriptor).isFile();
  const place = (offset: number) => (seekable ? offset : null);
  return {
    seekable,
    size: () => fstatSync(descriptor).size,
    read: (into, offset) =>
      again(() => readSync(descriptor, into, 0, into.length, place(offset)), 0),
    write(bytes, offset) {
      for (let at = 0; at < bytes.length; ) {
        const rest = bytes.length - at;
        at += again(() => writeSync(descriptor, bytes, at, rest, place(offset + at)), 0);
      }
    },
    flush: () => undefined,
    close: () => closeSync(descriptor),
  };
}

/** Do it until the peer of a pipe is ready; `end` at the end of the stream. */
function again(action: () => number, end: number): number {
  for (;;) {
    try {
      return action();
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      if (code === "EOF") return end;
      if (code !== "EAGAIN") throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, retryMs);
    }
  }
}

/** A device that only takes octets, such as standard output under a command. */
export function createOutputDevice(write: (bytes: Uint8Array) => void, flush: () => void): Device {
  return { seekable: false, size: () => 0, read: () => 0, write, flush, close: flush };
}
