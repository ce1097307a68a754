import { ConfigError } from "../../../errors.ts";
import { limits } from "../../../limits.ts";
import { systemError } from "../system-error.ts";
import type { Device } from "./device.ts";
import { scanNumber } from "./numeral.ts";

const bufferBytes = 65_536;
const lineFeed = 0x0a;

/** What a file was opened for. */
export interface FileAccess {
  readonly read: boolean;
  readonly write: boolean;
  readonly append: boolean;
}

/** When written octets go to the device, as C's `setvbuf` has it. */
export type Buffering = "full" | "line" | "no";

/** Where an offset counts from. */
export type Whence = "set" | "cur" | "end";

/**
 * A buffered file. Reading and writing may take turns without a seek between them. What a method
 * returns is a view that the next call overwrites. @throws a system error of Node.
 */
export class LuaFile {
  buffering: Buffering = "full";
  readonly #device: Device;
  readonly #access: FileAccess;
  /** Octets read ahead stand at `#start` to `#end`. */
  #ahead: Uint8Array = new Uint8Array(0);
  #start = 0;
  #end = 0;
  #behind: Uint8Array = new Uint8Array(0);
  #pending = 0;
  /** Where the device goes on: behind what was read ahead, before what is yet to be written. */
  #offset = 0;

  constructor(device: Device, access: FileAccess) {
    this.#device = device;
    this.#access = access;
    if (access.append && !access.read) this.#offset = device.size();
  }

  /** The next line, with its line feed when `keep`; undefined at the end. */
  readLine(keep: boolean): Uint8Array | undefined {
    this.#mayRead();
    const parts: Uint8Array[] = [];
    while (this.#start < this.#end || this.#fill()) {
      const rest = this.#ahead.subarray(this.#start, this.#end);
      const at = rest.indexOf(lineFeed);
      this.#start += at < 0 ? rest.length : at + 1;
      if (at >= 0) return join(parts, rest.subarray(0, keep ? at + 1 : at));
      collect(parts, rest);
    }
    return parts.length === 0 ? undefined : join(parts);
  }

  /** Up to `count` octets; undefined at the end. */
  readBytes(count: number): Uint8Array | undefined {
    this.#mayRead();
    if (count === 0) return this.#peek() < 0 ? undefined : new Uint8Array(0);
    const parts: Uint8Array[] = [];
    let missing = count;
    while (missing > 0 && (this.#start < this.#end || this.#fill())) {
      const end = Math.min(this.#end, this.#start + missing);
      const part = this.#ahead.subarray(this.#start, end);
      this.#start = end;
      missing -= part.length;
      if (missing === 0) return join(parts, part);
      collect(parts, part);
    }
    return parts.length === 0 ? undefined : join(parts);
  }

  /** All that is left. */
  readAll(): Uint8Array {
    return this.readBytes(Number.POSITIVE_INFINITY) ?? new Uint8Array(0);
  }

  /** The numeral that comes next, as text; undefined when there is none. */
  readNumeral(): string | undefined {
    this.#mayRead();
    return scanNumber({ peek: () => this.#peek(), take: () => this.#start++ });
  }

  write(bytes: Uint8Array): void {
    if (!this.#access.write) throw systemError("EBADF");
    this.#dropAhead();
    if (bytes.length > bufferBytes - this.#pending || this.buffering === "no") this.#drain();
    if (bytes.length > bufferBytes || this.buffering === "no") {
      this.#send(bytes);
      return;
    }
    if (this.#behind.length === 0) this.#behind = new Uint8Array(bufferBytes);
    this.#behind.set(bytes, this.#pending);
    this.#pending += bytes.length;
    if (this.buffering === "line" && bytes.includes(lineFeed)) this.#drain();
  }

  /** The new place, from the start of the file. */
  seek(whence: Whence, offset: number): number {
    this.#drain();
    if (!this.#device.seekable) throw systemError("ESPIPE");
    const here = this.#offset - (this.#end - this.#start);
    const base = { set: () => 0, cur: () => here, end: () => this.#device.size() }[whence]();
    if (base + offset < 0) throw systemError("EINVAL");
    this.#start = this.#end;
    this.#offset = base + offset;
    return this.#offset;
  }

  flush(): void {
    this.#drain();
    this.#device.flush();
  }

  close(): void {
    try {
      this.#drain();
    } finally {
      this.#device.close();
    }
  }

  #mayRead(): void {
    if (!this.#access.read) throw systemError("EBADF");
  }

  /** The next octet; -1 at the end. */
  #peek(): number {
    if (this.#start === this.#end && !this.#fill()) return -1;
    return this.#ahead[this.#start] as number;
  }

  #fill(): boolean {
    this.#drain();
    if (this.#ahead.length === 0) this.#ahead = new Uint8Array(bufferBytes);
    this.#start = 0;
    this.#end = 0;
    this.#end = this.#device.read(this.#ahead, this.#offset);
    this.#offset += this.#end;
    return this.#end > 0;
  }

  /** Go back to before what was read ahead. */
  #dropAhead(): void {
    this.#offset -= this.#end - this.#start;
    this.#start = this.#end;
  }

  #drain(): void {
    const bytes = this.#behind.subarray(0, this.#pending);
    this.#pending = 0;
    if (bytes.length > 0) this.#send(bytes);
  }

  #send(bytes: Uint8Array): void {
    this.#device.write(bytes, this.#offset);
    this.#offset = this.#access.append ? this.#device.size() : this.#offset + bytes.length;
  }
}

function collect(parts: Uint8Array[], part: Uint8Array): void {
  parts.push(part.slice());
  if (parts.length * bufferBytes <= limits.luaScriptMemoryBytes) return;
  throw new ConfigError("limit", "", "not enough memory");
}

function join(parts: Uint8Array[], last?: Uint8Array): Uint8Array {
  if (parts.length === 0 && last !== undefined) return last;
  return new Uint8Array(Buffer.concat(last === undefined ? parts : [...parts, last]));
}
