import { limits } from "../../limits.ts";
import type { StatePointer } from "./exports.ts";
import type { Glue } from "./glue.ts";

/** Files of our own that wrap functions of Lua: a mistake in a call to them is the caller's. */
export const ownFiles = "lua/engine/";

/** Where a failure was, as far as it is known. */
export interface Place {
  /** `conf.lua:12`, or empty. */
  readonly where: string;
  /** One call a line. */
  readonly traceback: string;
}

/** `lua_Debug` of Lua 5.4 in 32-bit WebAssembly: offsets of what we read, and its size. */
export const debugRecord = {
  name: 4,
  what: 12,
  line: 24,
  defined: 28,
  source: 44,
  bytes: 108,
} as const;

/**
 * Reads the calls of a coroutine without making a Lua value: also where Lua has no memory left.
 */
export class CallStack {
  readonly #glue: Glue;
  readonly #record: number;
  readonly #options: number;

  constructor(glue: Glue) {
    this.#glue = glue;
    this.#record = glue.x.malloc(debugRecord.bytes);
    this.#options = glue.x.malloc(4);
    if (this.#record === 0 || this.#options === 0)
      throw new Error("Cannot start a Lua VM: no memory");
    glue.bytes().set(Buffer.from("nSl\0"), this.#options);
  }

  /** The innermost line of a script, and all calls. */
  place(L: StatePointer): Place {
    const { x } = this.#glue;
    const calls: string[] = [];
    let where = "";
    for (let level = 0; level < limits.luaTracebackCalls; level++) {
      if (x.lua_getstack(L, level, this.#record) === 0) break;
      x.lua_getinfo(L, this.#options, this.#record);
      const { line, source } = this.#read();
      if (where === "" && line > 0 && !source.startsWith(ownFiles)) where = `${source}:${line}`;
      calls.push(this.#call());
    }
    while (calls.at(-1) === "[C]: in ?") calls.pop();
    return { where, traceback: calls.join("\n") };
  }

  #read() {
    const view = this.#glue.view();
    return {
      line: view.getInt32(this.#record + debugRecord.line, true),
      source: this.#text(this.#record + debugRecord.source),
    };
  }

  /** One call in the words of `debug.traceback`. */
  #call(): string {
    const view = this.#glue.view();
    const { line, source } = this.#read();
    const name = view.getUint32(this.#record + debugRecord.name, true);
    const what = this.#text(view.getUint32(this.#record + debugRecord.what, true));
    const defined = view.getInt32(this.#record + debugRecord.defined, true);
    const place = line > 0 ? `${source}:${line}` : source;
    if (name !== 0) return `${place}: in function '${this.#text(name)}'`;
    if (what === "main") return `${place}: in main chunk`;
    return `${place}: in ${what === "C" ? "?" : `function <${source}:${defined}>`}`;
  }

  /** The C string at `at`, or the first part of a long one. */
  #text(at: number): string {
    const bytes = this.#glue.bytes().subarray(at, at + longestName);
    const end = bytes.indexOf(0);
    return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
  }
}

/** Octets of a name that a traceback shows. */
const longestName = 100;
