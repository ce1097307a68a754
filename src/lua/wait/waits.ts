import { ConfigError } from "../../errors.ts";
import type { LuaState } from "../state.ts";
import type { AsyncContext, LuaValue } from "../values.ts";
import type { StatePointer } from "../vm/exports.ts";

/** What a promise came to. */
type Outcome = { readonly results: LuaValue[] } | { readonly error: unknown };

type PushResults = (L: StatePointer, results: readonly LuaValue[]) => number;

/** A call of a host function that is under way. */
interface Wait {
  readonly settled: Promise<unknown>;
  readonly push: PushResults;
  /** The function, as errors call it. */
  outcome: Outcome | undefined;
}

/** Pointer that no object has and no script sees: marks what a coroutine yields as a wait. */
const waitTag = 8;

/** The largest context that C hands through a yield. */
const mostWaits = 0x7fff_ffff;

/**
 * The results of the host that coroutines wait for. A host function yields a tag and the number of
 * its wait; `lua/engine/waiting.lua` hands both out through every coroutine to the task, which
 * resumes it when the promise is settled.
 */
export class Waits {
  readonly #state: LuaState;
  readonly #waits = new Map<number, Wait>();
  #count = 0;
  #continuation = 0;

  constructor(state: LuaState) {
    this.#state = state;
  }

  /** @throws {ConfigError} `unsupported` where `name` cannot be waited for. */
  check(L: StatePointer, name: string): void {
    const detail = `Cannot wait for ${name} here: `;
    if (this.#state.task === undefined) {
      throw new ConfigError(
        "unsupported",
        "",
        `${detail}the script was started by a caller that does not wait`,
      );
    }
    if (this.#state.x.lua_isyieldable(L) === 0)
      throw new ConfigError("unsupported", "", detail + notHere);
  }

  /** Start `work` and suspend the coroutine until it is settled; never returns. */
  wait(
    L: StatePointer,
    work: (context: AsyncContext) => Promise<LuaValue[]>,
    push: PushResults,
  ): number {
    const { x, task } = this.#state;
    if (task === undefined) throw new Error("Cannot wait outside of a task");
    const id = this.#number();
    const wait: Wait = {
      push,
      outcome: undefined,
      settled: work({ signal: task.signal }).then(
        (results) => {
          wait.outcome ??= { results };
        },
        (error: unknown) => {
          wait.outcome ??= { error };
        },
      ),
    };
    this.#waits.set(id, wait);
    this.#continuation ||= this.#addContinuation();
    x.lua_pushlightuserdata(L, waitTag);
    x.lua_pushinteger(L, BigInt(id));
    return x.lua_yieldk(L, 2, id, this.#continuation);
  }

  /** The number of the wait that a coroutine yielded, its two values on top; else undefined. */
  yielded(L: StatePointer, values: number): number | undefined {
    const { x } = this.#state;
    if (values !== 2 || x.lua_touserdata(L, -2) !== waitTag) return undefined;
    return Number(x.lua_tointegerx(L, -1, 0));
  }

  /** Settled when wait `id` is; never rejected. */
  settled(id: number): Promise<unknown> {
    return this.#waits.get(id)?.settled ?? Promise.resolve();
  }

  /** Forget wait `id`: nobody will be resumed for it. */
  forget(id: number): void {
    this.#waits.delete(id);
  }

  /** How many are under way. */
  get size(): number {
    return this.#waits.size;
  }

  /** Push the tag. */
  pushTag(L: StatePointer): void {
    this.#state.x.lua_pushlightuserdata(L, waitTag);
  }

  /** A coroutine that cannot hand wait `id` out: the call fails when it is resumed. */
  refuse(id: number): void {
    const wait = this.#waits.get(id);
    if (wait === undefined) return;
    const detail = `Cannot wait for a result here: ${notHere}`;
    wait.outcome = { error: new ConfigError("unsupported", "", detail) };
  }

  #number(): number {
    do this.#count = (this.#count % mostWaits) + 1;
    while (this.#waits.has(this.#count));
    return this.#count;
  }

  /** C goes on here when the coroutine is resumed. */
  #addContinuation(): number {
    const { glue } = this.#state;
    return glue.addFunction((L, _status, id) => {
      const resume = this.#state.guarded((L) => this.#take(L, id as number));
      return resume(L as StatePointer);
    }, 3);
  }

  #take(L: StatePointer, id: number): number {
    const wait = this.#waits.get(id);
    this.#waits.delete(id);
    if (wait?.outcome === undefined) throw new Error("A coroutine went on before its result");
    if ("error" in wait.outcome) throw wait.outcome.error;
    return wait.push(L, wait.outcome.results);
  }
}

const notHere =
  "string.gsub, table.sort and other functions that call back cannot be suspended meanwhile";
