import { LimitError } from "../../lua/errors.ts";
import type { ScriptLine } from "./script.ts";

/** Octets gathered before they go to the other thread. */
const chunkBytes = 16_384;

/** Milliseconds after which lines go to the other thread even if they are few. */
const chunkMs = 50;

/** What a line costs beside its octets, so that empty ones are not free. */
const lineBytes = 1;

/** Lines of one script on their way out of its thread, up to a bound. */
export class OutputBuffer {
  readonly #mostBytes: number;
  readonly #onLines: (lines: readonly ScriptLine[]) => void;
  #lines: ScriptLine[] = [];
  #gathered = 0;
  #total = 0;
  #sentMs = 0;
  #full = false;

  constructor(mostBytes: number, onLines: (lines: readonly ScriptLine[]) => void) {
    this.#mostBytes = mostBytes;
    this.#onLines = onLines;
  }

  /** Why the script that writes here must end; undefined while it has room. */
  get exceeded(): LimitError | undefined {
    if (!this.#full) return undefined;
    return new LimitError("output", `printed more than ${this.#mostBytes} octets`);
  }

  /** Take a line. @throws {LimitError} `output` without room for it, and ever after. */
  add(line: ScriptLine): void {
    const bytes = lineBytes + Buffer.byteLength(line.text);
    this.#full ||= this.#total + bytes > this.#mostBytes;
    if (this.exceeded !== undefined) throw this.exceeded;
    this.#lines.push(line);
    this.#total += bytes;
    this.#gathered += bytes;
    if (this.#gathered >= chunkBytes) this.flush();
    else this.flushOld();
  }

  /** Send what is gathered when the last lines went some time ago; to be called now and then. */
  flushOld(): void {
    if (this.#lines.length > 0 && performance.now() - this.#sentMs >= chunkMs) this.flush();
  }

  /** Send what is gathered. */
  flush(): void {
    if (this.#lines.length > 0) this.#onLines(this.#lines);
    this.#lines = [];
    this.#gathered = 0;
    this.#sentMs = performance.now();
  }
}
