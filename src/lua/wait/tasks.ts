import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { LimitError, LuaError, type LuaFailure } from "../errors.ts";
import type { RunUsage } from "../guard.ts";
import type { LuaState } from "../state.ts";
import type { LuaValue } from "../values.ts";
import { lua, type StatePointer } from "../vm/exports.ts";

/** Bounds of what runs with waiting. */
export interface AsyncOptions {
  /** Milliseconds from the start to the end, waiting included. */
  readonly deadlineMs?: number;
  /** Aborting it ends the script where it waits. */
  readonly signal?: AbortSignal;
}

/** A script or a call that runs with waiting: a coroutine that nobody but us resumes. */
export interface Task {
  readonly thread: StatePointer;
  /** Registry slot that keeps the coroutine. */
  readonly ref: number;
  /** Told to host functions when nobody waits for them any more. */
  readonly signal: AbortSignal;
  /** The wait that it is suspended for. */
  waiting: number | undefined;
  /** What its stretches so far have used. */
  usage: RunUsage | undefined;
  /** Why it may not go on. */
  cancelled: LuaFailure | undefined;
  failure: LuaFailure | undefined;
  resolve(results: LuaValue[]): void;
  reject(error: unknown): void;
  /** Give up timers and listeners. */
  dispose(): void;
}

/** Why a task is ended from outside. */
type Ending = Pick<LuaFailure, "code" | "detail" | "cause">;

/** Octets for the number of results that C writes. */
const countBytes = 4;

/** The tasks of one engine; any number at once, of which one runs. */
export class Tasks {
  readonly #state: LuaState;
  readonly #read: (L: StatePointer, index: number) => LuaValue;
  readonly #tasks = new Map<StatePointer, Task>();
  readonly #entry: number;
  readonly #count: number;
  /** Looks for interrupts while tasks wait: Lua itself cannot. */
  #watch: NodeJS.Timeout | undefined;

  constructor(state: LuaState, read: (L: StatePointer, index: number) => LuaValue) {
    this.#state = state;
    this.#read = read;
    const { glue, x } = state;
    this.#count = x.malloc(countBytes);
    if (this.#count === 0) throw new ConfigError("limit", "", "not enough memory");
    const finish = glue.addFunction((L, status) => {
      const end = state.guarded((L) => this.#finish(L, status as number));
      return end(L as StatePointer);
    }, 3);
    const enter = state.guarded((L) => {
      const args = x.lua_gettop(L) - 1;
      x.lua_pushcclosure(L, state.handler, 0);
      x.lua_rotate(L, 1, 1);
      const status = x.lua_pcallk(L, args, lua.multipleReturns, 1, 0, finish);
      return this.#finish(L, status);
    });
    this.#entry = glue.addFunction((L) => enter(L as StatePointer), 1);
  }

  /** Whether `L` is the coroutine of a task: scripts see it as the main one. */
  has(L: StatePointer): boolean {
    return this.#tasks.has(L);
  }

  /**
   * Run what `push` pushes, a function and `args` arguments, until it ends; its first stretch at
   * once. Rejects with a `LuaError`, or with a bug of the host as it was thrown.
   */
  run(push: (L: StatePointer) => number, options: AsyncOptions): Promise<LuaValue[]> {
    return new Promise((resolve, reject) => {
      let task: Task | undefined;
      const { x } = this.#state;
      this.#state.protect((L) => {
        x.lua_pushcclosure(L, this.#entry, 0);
        const values = 2 + push(L);
        const thread = x.lua_newthread(L);
        const ref = x.luaL_ref(L, lua.registryIndex);
        task = this.#createTask({ thread, ref, resolve, reject }, options);
        if (x.lua_checkstack(thread, values + 8) === 0) {
          throw new ConfigError("limit", "", "Cannot pass so many values at once");
        }
        x.lua_xmove(L, thread, values);
        return 0;
      });
      if (task !== undefined) this.#go(task, x.lua_gettop(task.thread) - 1);
    });
  }

  /** End every task where it waits. */
  cancelAll(failure: Ending): void {
    for (const task of [...this.#tasks.values()]) this.#cancel(task, failure);
  }

  #createTask(
    base: Pick<Task, "thread" | "ref" | "resolve" | "reject">,
    { deadlineMs = Number.POSITIVE_INFINITY, signal }: AsyncOptions,
  ): Task {
    let controller: AbortController | undefined;
    const stop = (cause: LimitError) => {
      this.#cancel(task, { code: "limit", detail: cause.detail, cause });
    };
    const onAbort = () => stop(new LimitError("interrupt", "interrupted"));
    const onDeadline = () => {
      stop(new LimitError("deadline", `still runs after ${deadlineMs} ms`));
    };
    const timer = Number.isFinite(deadlineMs) ? setTimeout(onDeadline, deadlineMs) : undefined;
    signal?.addEventListener("abort", onAbort, { once: true });
    const task: Task = {
      ...base,
      // Most scripts never wait, and a signal takes longer to make than to run one.
      get signal() {
        controller ??= new AbortController();
        return controller.signal;
      },
      waiting: undefined,
      usage: undefined,
      cancelled: undefined,
      failure: undefined,
      dispose() {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        controller?.abort();
      },
    };
    this.#tasks.set(base.thread, task);
    this.#watchInterrupts();
    if (signal?.aborted) onAbort();
    return task;
  }

  #watchInterrupts(): void {
    const { guard } = this.#state;
    if (this.#watch !== undefined || !guard.isInterruptible) return;
    this.#watch = setInterval(() => {
      const cause = guard.interrupted();
      if (cause !== undefined) this.cancelAll({ code: "limit", detail: cause.detail, cause });
    }, limits.luaWaitLookMs).unref();
  }

  /** Run the next stretch of `task`, with so many values on its stack for it. */
  #go(task: Task, values: number): void {
    const { waits } = this.#state;
    try {
      if (task.cancelled !== undefined) throw new LuaError(task.cancelled);
      const results = this.#resume(task, values);
      if (task.waiting === undefined) {
        this.#end(task);
        task.resolve(results);
        return;
      }
      if (task.cancelled !== undefined) throw new LuaError(task.cancelled);
      const id = task.waiting;
      void waits.settled(id).then(() => {
        if (task.waiting !== id || !this.#tasks.has(task.thread)) return;
        task.waiting = undefined;
        this.#go(task, 0);
      });
    } catch (error) {
      this.#end(task);
      task.reject(error);
    }
  }

  #resume(task: Task, values: number): LuaValue[] {
    const { x, waits, glue } = this.#state;
    const { thread } = task;
    const results: LuaValue[] = [];
    this.#state.protect((L) => {
      this.#state.task = task;
      if (task.usage !== undefined) this.#state.guard.goOn(L, task.usage);
      const status = x.lua_resume(thread, L, values, this.#count);
      const count = glue.view().getInt32(this.#count, true);
      if (status === lua.status.yield) {
        task.waiting = waits.yielded(thread, count);
        if (task.waiting === undefined) throw new ConfigError("runtime", "", outside);
        x.lua_settop(thread, -count - 1);
      } else if (status !== lua.status.ok) {
        task.failure ??= this.#state.takeFailure(thread, status);
      } else {
        this.#state.reserve(L, count + 8);
        x.lua_xmove(thread, L, count);
        for (let i = 1; i <= count; i++) results.push(this.#read(L, i));
      }
      return 0;
    });
    task.usage = this.#state.guard.usage();
    if (task.failure !== undefined) throw new LuaError(task.failure);
    return results;
  }

  /** The protected call of a task is over: leave its results, or remember its failure. */
  #finish(L: StatePointer, status: number): number {
    const { x } = this.#state;
    if (status === lua.status.ok || status === lua.status.yield) return x.lua_gettop(L) - 1;
    const task = this.#tasks.get(L);
    if (task !== undefined) task.failure = this.#state.takeFailure(L, status);
    return 0;
  }

  /** A task that waits ends there; one that runs, with its next wait. */
  #cancel(task: Task, ending: Ending): void {
    task.cancelled = { ...ending, where: "", traceback: "" };
    if (task.waiting === undefined) return;
    // Without making a Lua value: the run that is cancelled may not have memory any more.
    const { where, traceback } = this.#state.place(task.thread);
    this.#end(task);
    task.reject(new LuaError({ ...ending, where, traceback }));
  }

  #end(task: Task): void {
    const { x, waits } = this.#state;
    if (!this.#tasks.delete(task.thread)) return;
    if (task.waiting !== undefined) waits.forget(task.waiting);
    task.waiting = undefined;
    task.dispose();
    if (this.#tasks.size === 0) {
      clearInterval(this.#watch);
      this.#watch = undefined;
    }
    if (this.#state.isBroken) return;
    this.#state.protectRest((L) => {
      // Closes what the script has marked to be closed.
      x.lua_resetthread(task.thread);
      x.luaL_unref(L, lua.registryIndex, task.ref);
      return 0;
    });
  }
}

const outside = "attempt to yield across C-call boundary";
