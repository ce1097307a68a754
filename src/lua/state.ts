import { ConfigError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { ErrorValues } from "./border/error-values.ts";
import { speakAsLuaJit } from "./dialect/messages.ts";
import { rewriteDialect } from "./dialect/rewrite.ts";
import { EngineEnd, LimitError, LuaError, type LuaFailure, splitPosition } from "./errors.ts";
import { describeFailure, pushError } from "./failures.ts";
import { Guard, type GuardOptions } from "./guard.ts";
import { CallStack, type Place } from "./vm/call-stack.ts";
import { type LuaExports, lua, type StatePointer, upvalueIndex } from "./vm/exports.ts";
import { createGlue, type Glue } from "./vm/glue.ts";
import type { Task } from "./wait/tasks.ts";
import { Waits } from "./wait/waits.ts";

/** A function on the raw stack: arguments at 1…, returns how many results lie on top. */
export type RawFunction = (L: StatePointer) => number;

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const encoder = new TextEncoder();
const scratchBytes = 4_096;
/** Text up to this long is faster copied here than handed to an encoder or decoder. */
const shortText = 32;

/** What the reader of a source needs, and the mode `t`: text, never bytecode. */
const loadContextBytes = 12;
const modes = { t: encoder.encode("t\0"), b: encoder.encode("b\0") };

/** Octets of a chunk's name that Lua shows in messages (LUA_IDSIZE). */
const longestChunkName = 59;

/**
 * One Lua state on its raw stack API. Methods that take `L` work on any of its coroutines and may
 * raise Lua errors: call them from `protect` or from a registered function only.
 */
export class LuaState {
  readonly glue: Glue;
  readonly x: LuaExports;
  /** The coroutine that runs now. */
  current: StatePointer;
  /** Protected calls under way, one within the other. */
  depth = 0;
  /** Ends scripts that have used up what they may. */
  readonly guard: Guard;
  /** The task whose Lua runs now; undefined in calls that cannot wait. */
  task: Task | undefined;
  /** Results of the host that Lua waits for. */
  readonly waits = new Waits(this);
  /** The registry slot of the metatable of our error objects; 0 before the sandbox is set up. */
  errorMetatable = 0;
  /** Host errors that crossed last, with the number in their Lua error object. */
  readonly crossed: { readonly nth: number; readonly error: unknown }[] = [];
  crossings = 0;
  /** Keeps what Lua raises; undefined before the engine is set up. */
  errorValues: ErrorValues | undefined;
  /** The error of Lua that went through a host function last: its calls led to the next one. */
  rethrown: LuaError | undefined;
  /** Names of chunks that Lua cuts to `...` and their last characters, by what it makes of them. */
  readonly #cutNames = new Map<string, string>();
  /** Set when the VM can no longer be trusted: a foreign exception went through its frames. */
  #broken: unknown;
  /** A bug in a host function, kept until the outermost call returns. */
  #fault: { readonly error: unknown } | undefined;
  #failure: LuaFailure | undefined;
  /** Where Lua was last refused memory. */
  #exhausted: Place | undefined;
  readonly #calls: CallStack;
  #body: RawFunction | undefined;
  readonly #functions: RawFunction[] = [];
  readonly #dispatch: number;
  readonly #enter: number;
  /** The message handler of protected calls, as C calls it. */
  readonly handler: number;
  readonly #writer: number;
  #dumped: Uint8Array[] = [];
  readonly #scratch: number;

  constructor(options: GuardOptions, write: (bytes: Uint8Array) => void) {
    const { memoryBytes } = options;
    this.glue = createGlue({
      // C's allocator needs room to move blocks; the guard's bound is the one that counts.
      memoryBytes: memoryBytes + memoryBytes / 4 + limits.luaHeapRoomBytes,
      write,
      onFault: (error) => {
        this.#broken = error;
      },
      onThrow: (L) => {
        if (this.guard.wantsMemory) this.#exhausted = this.#calls.place(L);
      },
      onCatch: (L, outer) => this.guard.caught(L, outer),
    });
    this.x = this.glue.x;
    speakAsLuaJit(this);
    this.#calls = new CallStack(this.glue);
    this.guard = new Guard(this.glue, options, (L) => this.#raiseExcess(L));
    this.#scratch = this.x.malloc(scratchBytes);
    this.current = this.x.lua_newstate(this.guard.allocator, 0);
    if (this.current === 0) throw new Error("Cannot create a Lua state: not enough memory");
    this.#dispatch = this.glue.addFunction((L) => {
      const id = this.x.lua_touserdata(L as StatePointer, upvalueIndex(1));
      return this.#invoke(L as StatePointer, this.#functions[id] as RawFunction);
    }, 1);
    this.#enter = this.glue.addFunction((L) => {
      return this.#invoke(L as StatePointer, this.#body as RawFunction);
    }, 1);
    const describe = this.guarded((L) => {
      this.#failure = describeFailure(this, L);
      return 1;
    });
    this.handler = this.glue.addFunction((L) => describe(L as StatePointer), 1);
    this.#writer = this.glue.addFunction((_L, at, length) => {
      this.#dumped.push(this.glue.bytes().slice(at, (at as number) + (length as number)));
      return 0;
    }, 4);
  }

  /** Whether the engine has ended: nothing of it may run any more. */
  get isBroken(): boolean {
    return this.#broken !== undefined;
  }

  /** Keep `fn` for as long as the state lives and push it as a Lua function. */
  pushRaw(L: StatePointer, fn: RawFunction): void {
    this.x.lua_pushlightuserdata(L, this.#functions.push(fn) - 1);
    this.x.lua_pushcclosure(L, this.#dispatch, 1);
  }

  /** As `pushRaw`, faster to call; for the few functions that run for each record. */
  pushHot(L: StatePointer, fn: RawFunction): void {
    this.x.lua_pushcclosure(L, this.glue.addFunction(this.guarded(fn), 1), 0);
  }

  /** `fn` as C may call it: what it throws becomes a Lua error. */
  guarded(fn: RawFunction): (L: number) => number {
    return (L) => this.#invoke(L as StatePointer, fn);
  }

  /** As `protect`, for what belongs to the run that went on last: that is what it is charged to. */
  protectRest(body: RawFunction): void {
    this.depth++;
    try {
      this.protect(body);
    } finally {
      this.depth--;
    }
  }

  /**
   * Run `body` in protected mode with an empty stack of its own.
   * @throws {LuaError} when Lua code fails; a bug in a host function as it was thrown.
   */
  protect(body: RawFunction): void {
    if (this.#broken !== undefined) {
      throw new Error("The Lua VM is broken by an earlier exception", { cause: this.#broken });
    }
    const { x, current: L, task } = this;
    if (this.depth === 0) this.guard.start(L);
    const top = x.lua_gettop(L);
    if (x.lua_checkstack(L, 8) === 0) throw new Error("The Lua stack is full");
    x.lua_pushcclosure(L, this.handler, 0);
    x.lua_pushcclosure(L, this.#enter, 0);
    this.#body = body;
    this.#failure = undefined;
    this.task = undefined;
    this.depth++;
    const status = x.lua_pcallk(L, 0, 0, top + 1, 0, 0);
    this.depth--;
    this.task = task;
    if (this.depth === 0 && this.rethrown !== undefined) {
      this.rethrown = undefined;
      this.errorValues?.note(undefined);
    }
    this.current = L;
    const failure = status === lua.status.ok ? undefined : this.takeFailure(L, status);
    x.lua_settop(L, top);
    this.#throwFault();
    if (failure !== undefined) throw new LuaError(failure);
  }

  /** Push text as UTF-8, or octets as they are. */
  pushString(L: StatePointer, value: string | Uint8Array): void {
    const { x } = this;
    const room = roomFor(value);
    if (room <= scratchBytes) {
      x.lua_pushlstring(L, this.#scratch, this.#copyIn(value, this.#scratch, room));
      return;
    }
    const at = x.malloc(room);
    if (at === 0) throw outOfMemory();
    try {
      x.lua_pushlstring(L, at, this.#copyIn(value, at, room));
    } finally {
      x.free(at);
    }
  }

  /** The octets of the string or number at `index`; a view that dies with the next call. */
  viewString(L: StatePointer, index: number): Uint8Array {
    const at = this.x.lua_tolstring(L, index, this.#scratch);
    if (at === 0) return new Uint8Array(0);
    const length = this.glue.view().getUint32(this.#scratch, true);
    return this.glue.bytes().subarray(at, at + length);
  }

  /** The string at `index` as text when it is UTF-8, else a copy of its octets. */
  toString(L: StatePointer, index: number): string | Uint8Array {
    const bytes = this.viewString(L, index);
    if (bytes.length <= shortText) {
      const text = decodeAscii(bytes);
      if (text !== undefined) return text;
    }
    try {
      return utf8.decode(bytes);
    } catch (error) {
      if (error instanceof TypeError) return bytes.slice();
      throw error;
    }
  }

  /** The string at `index` as text for people: what is not UTF-8 becomes U+FFFD. */
  toText(L: StatePointer, index: number): string {
    return Buffer.from(this.viewString(L, index)).toString("utf8");
  }

  /** The message or traceback at `index` as text of bounded length; names of chunks in full. */
  toMessage(L: StatePointer, index: number): string {
    const bytes = this.viewString(L, index);
    let text = Buffer.from(bytes.subarray(0, limits.luaErrorBytes)).toString("utf8");
    if (bytes.length > limits.luaErrorBytes) text += `… (${bytes.length} octets)`;
    for (const [cut, name] of this.#cutNames) text = text.replaceAll(cut, name);
    return text;
  }

  /** `conf.lua:5` of the function `level` calls up; empty for functions that have no lines. */
  where(L: StatePointer, level: number): string {
    this.x.luaL_where(L, level);
    const text = this.toMessage(L, -1);
    this.x.lua_settop(L, -2);
    return text.replace(/: $/, "");
  }

  /** Where the coroutine `L` is, which runs or waits; makes no Lua value. */
  place(L: StatePointer): Place {
    return this.#calls.place(L);
  }

  /** Make room for `slots` more values. @throws {ConfigError} `limit`. */
  reserve(L: StatePointer, slots: number): void {
    if (this.x.lua_checkstack(L, slots) !== 0) return;
    throw new ConfigError("limit", "", "Cannot pass so many values at once: the Lua stack is full");
  }

  /** Compile a chunk of LuaJIT's language and push it. @throws {ConfigError} `syntax`. */
  loadChunk(L: StatePointer, source: string | Uint8Array, chunkName: string): void {
    const text = typeof source === "string" ? encoder.encode(source) : source;
    const octets = Buffer.from(chunkName);
    if (octets.length > longestChunkName) {
      const cut = `...${octets.subarray(3 - longestChunkName).toString()}`;
      this.#cutNames.set(cut, chunkName);
    }
    const readable = rewriteDialect(withoutShebang(text));
    const status = this.load(L, readable, `@${chunkName}`);
    if (status === lua.status.ok) return;
    if (status !== lua.status.syntax) throw this.guard.excess ?? outOfMemory();
    const { where, detail } = splitPosition(this.toMessage(L, -1));
    throw new ConfigError("syntax", where || chunkName, detail);
  }

  /**
   * Compile text and push the function, or what is wrong; returns Lua's status. Mode `b` is for
   * bytecode that `dump` gave: other bytecode can do anything.
   */
  load(L: StatePointer, source: Uint8Array, chunkName: string, mode: "t" | "b" = "t"): number {
    const { x } = this;
    const name = encoder.encode(`${chunkName}\0`);
    const at = x.malloc(loadContextBytes + name.length + source.length);
    if (at === 0) throw outOfMemory();
    const text = at + loadContextBytes + name.length;
    this.glue.view().setUint32(at, text, true);
    this.glue.view().setUint32(at + 4, source.length, true);
    this.glue.bytes().set(modes[mode], at + 8);
    this.glue.bytes().set(name, at + loadContextBytes);
    this.glue.bytes().set(source, text);
    try {
      return x.lua_load(L, this.guard.reader, at, at + loadContextBytes, at + 8);
    } finally {
      x.free(at);
    }
  }

  /** The bytecode of the function on top; undefined for a host function. */
  dump(L: StatePointer, isStripped = true): Uint8Array | undefined {
    this.#dumped = [];
    const status = this.x.lua_dump(L, this.#writer, 0, isStripped ? 1 : 0);
    return status === 0 ? new Uint8Array(Buffer.concat(this.#dumped)) : undefined;
  }

  #copyIn(value: string | Uint8Array, at: number, room: number): number {
    const bytes = this.glue.bytes();
    if (typeof value === "string") {
      if (value.length <= shortText && copyAscii(value, bytes, at)) return value.length;
      return encoder.encodeInto(value, bytes.subarray(at, at + room)).written;
    }
    bytes.set(value, at);
    return value.length;
  }

  /** Call `fn` from C: what it throws becomes a Lua error, Lua's own unwinding passes untouched. */
  #invoke(L: StatePointer, fn: RawFunction): number {
    const caller = this.current;
    this.current = L;
    try {
      const results = fn(L);
      this.current = caller;
      return results;
    } catch (error) {
      this.current = caller;
      if (error === Number.POSITIVE_INFINITY || this.#broken !== undefined) throw error;
      if (error instanceof EngineEnd) {
        this.#broken = error;
        throw error;
      }
      // The arguments are of no more use, and a full stack needs their room.
      this.x.lua_settop(L, 0);
      if (pushError(this, L, error) === "fault") this.#fault ??= { error };
    }
    return this.x.lua_error(L);
  }

  /** Why a protected call of `status` failed; its error value lies on top. */
  takeFailure(L: StatePointer, status: number): LuaFailure {
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined && status === lua.status.runtime) return failure;
    if (status === lua.status.memory) return this.#excessFailure();
    const isText = this.x.lua_type(L, -1) === lua.type.string;
    const detail = isText ? this.toText(L, -1) : "error while handling an error";
    return { code: "runtime", detail, where: "", traceback: "" };
  }

  /** What it means that Lua was refused memory: it has none left, or may not go on. */
  #excessFailure(): LuaFailure {
    const cause = this.guard.excess ?? outOfMemory();
    const place = this.#exhausted ?? { where: "", traceback: "" };
    return { code: "limit", detail: cause.detail, cause, ...place };
  }

  /** Raise what ended the run, at the line that runs. */
  #raiseExcess(L: StatePointer): void {
    const excess = this.guard.excess ?? outOfMemory();
    this.current = L;
    pushError(this, L, excess, this.#calls.place(L).where);
    this.x.lua_error(L);
  }

  #throwFault(): void {
    const fault = this.#fault;
    if (fault === undefined) return;
    this.#fault = undefined;
    throw fault.error;
  }
}

/** Text of ASCII; undefined where there is any other octet. */
function decodeAscii(bytes: Uint8Array): string | undefined {
  let text = "";
  for (const octet of bytes) {
    if (octet > 127) return undefined;
    text += String.fromCharCode(octet);
  }
  return text;
}

/** Copy text of ASCII to `at`; false at the first other character. */
function copyAscii(text: string, bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code > 127) return false;
    bytes[at + i] = code;
  }
  return true;
}

/** Octets that `value` takes at most; exact for long text. */
function roomFor(value: string | Uint8Array): number {
  if (typeof value !== "string") return value.length;
  const most = 3 * value.length;
  return most <= scratchBytes ? most : Buffer.byteLength(value);
}

function outOfMemory(): LimitError {
  return new LimitError("memory", "not enough memory");
}

/** A first line `#!…` becomes a comment, so that line numbers stay. */
function withoutShebang(source: Uint8Array): Uint8Array {
  if (source[0] !== 0x23) return source;
  return new Uint8Array(Buffer.concat([Buffer.from("--"), source]));
}
