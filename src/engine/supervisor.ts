import { resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { ConfigError } from "../errors.ts";
import type { ModuleLook } from "../lua/modules/finder.ts";
import { parseDestination } from "../transport/address.ts";
import { evaluateApart } from "./conf/evaluate.ts";
import { type Plan, planChanges } from "./conf/plan.ts";
import { type Problem, type Wanted, wantNothing } from "./conf/words.ts";
import type { PartAddress, PartCounters } from "./lane.ts";
import { type LaneEvent, type LaneThread, type Modules, startLane } from "./lane-thread.ts";

/** Says something to the operator. */
export type Log = (
  level: "error" | "warn" | "info" | "debug",
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

/** Something outside the lanes that conf.lua governs, such as the API. */
export interface Participant {
  /**
   * Get ready for `wanted` beside what runs.
   * @throws {ConfigError} when it cannot: the configuration is refused.
   */
  prepare(wanted: Wanted): Promise<Prepared>;
  stop(): Promise<void>;
}

export interface Prepared {
  commit(): Promise<void>;
  abort(): Promise<void>;
}

export interface SupervisorOptions {
  /** How messages call the file: `conf.lua`. */
  readonly fileName: string;
  /** Relative paths in conf.lua start here. */
  readonly folder: string;
  readonly participants: readonly Participant[];
  readonly log: Log;
  readonly onEvent: (event: LaneEvent) => void;
}

/** What became of one saved conf.lua, and the looks for modules that it depends on. */
export type Reload = { readonly looks: readonly ModuleLook[] } & (
  | {
      readonly kind: "applied";
      readonly plan: Plan;
      readonly addresses: readonly PartAddress[];
      readonly wanted: Wanted;
    }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] }
);

/** How long a lane that ended by itself stays down before it is started again, in milliseconds. */
const restartMs = 1_000;

/** Keeps what runs equal to the last conf.lua that was accepted. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  #lane: LaneThread;
  #wanted: Wanted = wantNothing();
  #source = "";
  #modules: Modules = new Map();
  #revision = 0;
  #refused: readonly Problem[] = [];
  #stopped = false;
  /** Resolves when a lane that ended by itself runs again. */
  #restarted: Promise<void> = Promise.resolve();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#lane = this.#startLane();
  }

  /** Apply `source`, or refuse it while everything runs on. One call at a time. */
  async apply(source: string): Promise<Reload> {
    const { fileName, participants, log } = this.#options;
    const verdict = await evaluateApart(source, fileName);
    for (const text of verdict.printed) log("info", text, { from: fileName });
    const { looks } = verdict;
    if (verdict.problems.length > 0) return this.#refuse(verdict.problems, looks);
    const prepared: Prepared[] = [];
    try {
      for (const participant of participants) {
        prepared.push(await participant.prepare(verdict.wanted));
      }
    } catch (error) {
      await Promise.all(prepared.map(({ abort }) => abort()));
      if (!(error instanceof ConfigError)) throw error;
      const { code, where, detail } = error;
      return this.#refuse([{ where, code, message: detail }], looks);
    }
    await this.#restarted;
    const modules = modulesOf(looks);
    const outcome = await this.#lane.apply(source, fileName, modules).catch((error: Error) => ({
      kind: "refused" as const,
      problems: [{ where: fileName, code: "runtime", message: `The lane ended: ${error.message}` }],
    }));
    if (outcome.kind === "refused") {
      await Promise.all(prepared.map(({ abort }) => abort()));
      return this.#refuse(outcome.problems, looks);
    }
    await Promise.all(prepared.map(({ commit }) => commit()));
    const plan = planChanges(this.#wanted, verdict.wanted);
    this.#wanted = verdict.wanted;
    this.#source = source;
    this.#modules = modules;
    this.#refused = [];
    this.#revision++;
    const { addresses } = outcome;
    return { kind: "applied", plan, addresses, wanted: verdict.wanted, looks };
  }

  /** What runs, for people and for `GET /healthz`. */
  async status() {
    return {
      revision: this.#revision,
      refused: this.#refused,
      parts: await this.counters(),
    };
  }

  /** Files that exporters write. */
  files(): string[] {
    return this.#wanted.exporter
      .map(({ options }) => parseDestination(options.to))
      .filter((destination) => destination.scheme === "file")
      .map(({ path }) => resolve(this.#options.folder, path));
  }

  counters(): Promise<readonly PartCounters[]> {
    return this.#lane.counters();
  }

  /** Deliver what was received and end everything within `deadlineMs`. */
  async stop(deadlineMs: number): Promise<void> {
    this.#stopped = true;
    await Promise.all([
      this.#lane.stop(deadlineMs),
      ...this.#options.participants.map((participant) => participant.stop()),
    ]);
  }

  #refuse(problems: readonly Problem[], looks: readonly ModuleLook[]): Reload {
    this.#refused = problems;
    return { kind: "refused", problems, looks };
  }

  #startLane(): LaneThread {
    const { folder, onEvent } = this.#options;
    return startLane({ folder }, onEvent, (reason) => {
      this.#restarted = this.#restartLane(reason);
    });
  }

  /** A lane that crashed is started again with the last configuration that was accepted. */
  async #restartLane(reason: string): Promise<void> {
    const { fileName, log } = this.#options;
    log("error", "The lane ended by itself and is started again", { reason });
    await wait(restartMs);
    if (this.#stopped) return;
    this.#lane = this.#startLane();
    if (this.#source === "") return;
    // A lane that ends meanwhile is told of, and started again, by its own `onEnd`.
    const outcome = await this.#lane
      .apply(this.#source, fileName, this.#modules)
      .catch(() => undefined);
    if (outcome?.kind === "refused") {
      log("error", "The lane cannot be started again", { problems: outcome.problems });
    }
  }
}

/** The modules that a check found, so that the lane runs what was checked. */
function modulesOf(looks: readonly ModuleLook[]): Modules {
  return new Map(looks.flatMap(({ name, file }) => (file === undefined ? [] : [[name, file]])));
}
