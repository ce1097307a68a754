import { randomBytes } from "node:crypto";
import {
  closeSync,
  fchmodSync,
  fsync,
  openSync,
  renameSync,
  statSync,
  unlinkSync,
  writeSync,
} from "node:fs";
import { basename, dirname, join } from "node:path";
import { promisify } from "node:util";
import { TransportError } from "../errors.ts";

const fsyncLater = promisify(fsync);

/** Octets gathered before they go to the system: far fewer calls, for little memory. */
const bufferBytes = 262_144;

/** A file that appears under its name whole or not at all, whatever happens to the process. */
export interface AtomicFile {
  /**
   * Append octets, which are copied.
   * @throws {TransportError} such as `disk-full`; only `abort` is left to do then.
   */
  write(bytes: Uint8Array): void;
  /**
   * Make what was written durable and give it its name.
   * @throws {TransportError} the old file, if any, is as it was, and the new one is gone.
   */
  commit(): Promise<void>;
  /** Leave the old file as it was and throw the new one away; nothing to do after `commit`. */
  abort(): void;
}

/**
 * Create a file beside `path` that takes its place on `commit`: temporary name, fsync, rename and
 * fsync of the folder. A process killed before leaves `.<name>.<pid>.<random>.tmp`, no more.
 * @throws {TransportError} when the folder does not take files.
 */
export function createAtomicFile(path: string): AtomicFile {
  const suffix = `${process.pid}.${randomBytes(4).toString("hex")}.tmp`;
  const temporary = join(dirname(path), `.${basename(path)}.${suffix}`);
  return new PendingFile(path, temporary);
}

class PendingFile implements AtomicFile {
  readonly #path: string;
  readonly #temporary: string;
  readonly #buffer = new Uint8Array(bufferBytes);
  #filled = 0;
  /** File descriptor; undefined once committed or aborted. */
  #descriptor: number | undefined;

  constructor(path: string, temporary: string) {
    this.#path = path;
    this.#temporary = temporary;
    this.#descriptor = this.#attempt("create", () => openSync(temporary, "wx"));
    this.#attempt("keep the permissions of", () => this.#keepMode());
  }

  write(bytes: Uint8Array): void {
    if (this.#filled + bytes.length > bufferBytes) this.#drain();
    if (bytes.length > bufferBytes) {
      this.#writeAll(bytes);
      return;
    }
    this.#buffer.set(bytes, this.#filled);
    this.#filled += bytes.length;
  }

  async commit(): Promise<void> {
    const descriptor = this.#open();
    try {
      this.#drain();
      await fsyncLater(descriptor);
      this.#descriptor = undefined;
      closeSync(descriptor);
      renameSync(this.#temporary, this.#path);
    } catch (cause) {
      this.#discard();
      throw cause instanceof TransportError
        ? cause
        : TransportError.from(`Cannot write ${this.#path}`, cause);
    }
    await this.#settleFolder();
  }

  abort(): void {
    if (this.#descriptor !== undefined) this.#discard();
  }

  /** Who could read the old file can read the new one, and nobody else. */
  #keepMode(): void {
    const old = statSync(this.#path, { throwIfNoEntry: false });
    if (old?.isFile()) fchmodSync(this.#open(), old.mode & 0o777);
  }

  #open(): number {
    if (this.#descriptor === undefined) throw new Error(`${this.#path} is already closed`);
    return this.#descriptor;
  }

  #drain(): void {
    this.#writeAll(this.#buffer.subarray(0, this.#filled));
    this.#filled = 0;
  }

  #writeAll(bytes: Uint8Array): void {
    const descriptor = this.#open();
    this.#attempt("write", () => {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    });
  }

  /** Make the rename itself survive a power cut. */
  async #settleFolder(): Promise<void> {
    if (process.platform === "win32") return; // folders cannot be opened there
    const folder = this.#attempt("open the folder of", () => openSync(dirname(this.#path), "r"));
    try {
      await fsyncLater(folder);
    } catch (cause) {
      throw TransportError.from(`Cannot write the folder of ${this.#path}`, cause);
    } finally {
      closeSync(folder);
    }
  }

  #discard(): void {
    const descriptor = this.#descriptor;
    this.#descriptor = undefined;
    if (descriptor !== undefined) closeSync(descriptor);
    this.#attempt("remove", () => unlinkSync(this.#temporary));
  }

  #attempt<Result>(action: string, attempt: () => Result): Result {
    try {
      return attempt();
    } catch (cause) {
      throw TransportError.from(`Cannot ${action} ${this.#path}`, cause);
    }
  }
}
