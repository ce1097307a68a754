import { writeFileSync } from "node:fs";
import { ConfigError, DecodeError, TransportError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import type { LuaState } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import type { Host } from "../primitive.ts";
import { readIpfixMessages } from "../record/file.ts";
import { parseElements } from "./elements.ts";
import { encodeRecord } from "./encode.ts";
import { Handles } from "./handles.ts";
import { pushMessage } from "./message.ts";
import type { RawArguments } from "./raw-arguments.ts";
import { createScriptSession, type ScriptSession } from "./session.ts";

type Messages = ReturnType<typeof readIpfixMessages>;

const cores = new WeakMap<LuaState, FixbufCore>();

/** What the Lua module `fixbuf` stands on, in one engine: its sessions and open files. */
export class FixbufCore {
  readonly #state: LuaState;
  readonly #sessions: Handles<ScriptSession>;
  readonly #files: Handles<Messages>;
  readonly #waitingBudget = { bytes: 0 };
  /** Registry slot of what gives the next Message of a file. */
  #next = 0;

  /** The one of the engine of `host`. */
  static of({ engine: { state } }: Host): FixbufCore {
    const core = cores.get(state) ?? new FixbufCore(state);
    cores.set(state, core);
    return core;
  }

  private constructor(state: LuaState) {
    this.#state = state;
    this.#sessions = new Handles(state, limits.scriptSessionBytes, (session) => session.end());
    this.#files = new Handles(state, limits.scriptSessionBytes, (file) => file.return(undefined));
  }

  /** `ipfix.session(kind, elements)` pushes a session. */
  session(given: RawArguments): number {
    const kind = given.has(1) ? given.text(1) : "stream";
    const elements = parseElements(given.has(2) ? given.text(2) : "");
    if (kind !== "stream" && kind !== "datagrams") {
      const detail = `Cannot call ipfix.session: kind is "${kind}", expected stream or datagrams`;
      throw new ConfigError("bad-value", "", detail);
    }
    const most = limits.scriptSessions;
    if (this.#sessions.size >= most) {
      throw new ConfigError("limit", "", `Cannot open more than ${most} sessions at once`);
    }
    const session = createScriptSession({
      datagrams: kind === "datagrams",
      elements: elements.map(({ element }) => element),
      waitingBudget: this.#waitingBudget,
    });
    this.#sessions.push(given.L, session);
    return 1;
  }

  /** `ipfix.decode(session, octets, templates)` pushes a Message, or nil and what is wrong. */
  decode(given: RawArguments): number {
    const { L } = given;
    const octets = given.octets(2);
    given.check(3, lua.type.table);
    const session = this.#sessions.at(L, 1);
    if (session === undefined) {
      const detail = "Cannot call ipfix.decode: session is none, expected what ipfix.session gives";
      throw new ConfigError("wrong-type", "", detail);
    }
    const before = session.templateFields;
    try {
      const message = session.decode(octets);
      if (session.templateFields > before) this.#refuseFlood();
      pushMessage({ state: this.#state, L, session, known: 3 }, message);
      return 1;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return this.#fail(L, error);
    }
  }

  /** `ipfix.encode(layout, record, lists)` pushes octets. */
  encode(given: RawArguments): number {
    const layout = given.text(1);
    given.check(2, lua.type.table);
    const lists = given.has(3) ? 3 : undefined;
    if (lists !== undefined) given.check(lists, lua.type.table);
    this.#state.reserve(given.L, 8);
    const octets = encodeRecord(this.#state, given.L, { layout, record: 2, lists });
    this.#state.pushString(given.L, octets);
    return 1;
  }

  /** `ipfix.messages(path)` pushes an iterator and its file, or nil and what is wrong. */
  messages(given: RawArguments): number {
    const { L } = given;
    const { x } = this.#state;
    const file = readIpfixMessages(given.text(1));
    try {
      const opened = withFirst(file, file.next());
      if (this.#next === 0) {
        this.#state.pushRaw(L, (thread) => this.#nextMessage(thread));
        this.#next = x.luaL_ref(L, lua.registryIndex);
      }
      x.lua_rawgeti(L, lua.registryIndex, BigInt(this.#next));
      this.#files.push(L, opened);
      return 2;
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      return this.#fail(L, error);
    }
  }

  /** `ipfix.write(path, octets, append)` pushes true, or nil and what is wrong. */
  write(given: RawArguments): number {
    const { L } = given;
    const { x } = this.#state;
    const [path, octets] = [given.text(1), given.octets(2)];
    if (given.has(3)) given.check(3, lua.type.boolean);
    const flag = x.lua_toboolean(L, 3) === 0 ? "w" : "a";
    try {
      writeFileSync(path, octets, { flag });
    } catch (error) {
      return this.#fail(L, TransportError.from(`Cannot write ${path}`, error));
    }
    x.lua_pushboolean(L, 1);
    return 1;
  }

  #nextMessage(L: StatePointer): number {
    const next = this.#files.at(L, 1)?.next();
    if (next === undefined || next.done) {
      this.#files.end(L, 1);
      this.#state.x.lua_pushnil(L);
      return 1;
    }
    this.#state.pushString(L, next.value.bytes);
    this.#state.x.lua_pushinteger(L, BigInt(next.value.offset));
    return 2;
  }

  /** All sessions of an engine together may keep as much as the peers of a collector. */
  #refuseFlood(): void {
    let fields = 0;
    for (const { templateFields } of this.#sessions.values()) fields += templateFields;
    const most = limits.collectorTemplateFields;
    if (fields <= most) return;
    throw new ConfigError("limit", "", `Cannot keep more than ${most} fields of Templates`);
  }

  #fail(L: StatePointer, error: DecodeError | TransportError): number {
    this.#state.x.lua_settop(L, 0);
    this.#state.x.lua_pushnil(L);
    this.#state.pushString(L, error.message);
    return 2;
  }
}

/** The Messages of a file whose first was read to see whether it is one. */
function* withFirst(rest: Messages, first: ReturnType<Messages["next"]>): Messages {
  try {
    if (first.done) return;
    yield first.value;
    yield* rest;
  } finally {
    rest.return(undefined);
  }
}
