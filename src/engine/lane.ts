import { StateTables } from "../host/state-tables.ts";
import type { BatchSink } from "../ipfix/batch.ts";
import { ownElements, useOwnElements } from "../ipfix/registry.ts";
import type { LuaEngine } from "../lua/engine.ts";
import { type Configuration, evaluateConfiguration } from "./conf/configuration.ts";
import type { Declaration, Problem, Wanted } from "./conf/words.ts";
import type { Modules } from "./lane-thread.ts";
import type { Counters, Sink } from "./ports.ts";
import { layRoutes, type Stage } from "./routes.ts";
import {
  collectSinks,
  collectSources,
  type SinkUnit,
  type SourceMaker,
  type SourceUnit,
  sinkKey,
  startAll,
  stopAll,
} from "./units.ts";

/** Makes the moving parts; the lane decides only which of them live. */
export interface Parts extends SourceMaker {
  exporter(exporter: Declaration<"exporter">): Sink;
  mediator(mediator: Declaration<"mediator">, configuration: Configuration): CountedStage;
  /** Says what conf.lua printed. */
  print(text: string): void;
}

/** A stage whose work can be seen. */
export interface CountedStage extends Stage {
  counters(): Counters;
}

/** Where a part listens, reads or sends to, as a person would type it. */
export interface PartAddress {
  readonly word: string;
  readonly name: string;
  readonly address: string;
}

/** What became of a conf.lua in a lane. */
export type Outcome =
  | { readonly kind: "applied"; readonly addresses: readonly PartAddress[] }
  | { readonly kind: "refused"; readonly problems: readonly Problem[] };

/** The counters of one part. */
export interface PartCounters {
  readonly word: string;
  readonly name: string;
  /** Where it listens, reads or sends to; a mediator has none. */
  readonly addresses?: readonly string[];
  readonly counters: Counters;
}

interface RunningStage {
  /** Equal keys: the same function over the same values, for the same records. */
  readonly key: string;
  readonly lua: LuaEngine;
  readonly stage: CountedStage;
}

/** Everything that runs for one accepted conf.lua. */
interface Running {
  readonly sources: ReadonlyMap<string, SourceUnit>;
  readonly sinks: ReadonlyMap<string, SinkUnit>;
  readonly stages: ReadonlyMap<string, RunningStage>;
}

/**
 * A lane owns the sockets, Templates, Lua state and exporters of a conf.lua: records never change
 * thread between their source and their exporter.
 */
export class Lane {
  readonly #parts: Parts;
  #running: Running = { sources: new Map(), sinks: new Map(), stages: new Map() };
  #unrouted = 0;
  /** What scripts keep: it outlives every conf.lua of this lane. */
  readonly #state = new StateTables();

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /**
   * Put `source` to work or refuse it and leave everything as it was. What is new is started
   * beside what runs; then the routes change between two batches; then the rest is retired.
   * One call at a time.
   */
  async apply(source: string, fileName: string, modules?: Modules): Promise<Outcome> {
    const elements = ownElements();
    const configuration = evaluateConfiguration(source, fileName, {
      print: (text) => this.#parts.print(text),
      state: this.#state,
      ...(modules && { modules }),
    });
    const next = await this.#prepare(configuration);
    if ("problems" in next) {
      configuration.engine.close();
      useOwnElements(elements);
      return { kind: "refused", problems: next.problems };
    }
    await this.#retire(next, configuration.engine);
    const units = [...next.sources.values(), ...next.sinks.values()];
    const addresses = units.flatMap(({ word, name, addresses }) =>
      addresses.map((address) => ({ word, name, address })),
    );
    return { kind: "applied", addresses };
  }

  /** Stop sources, then exporters: what was received is delivered first. */
  async stop(): Promise<void> {
    await this.#retire({ sources: new Map(), sinks: new Map(), stages: new Map() });
  }

  counters(): PartCounters[] {
    const { sources, sinks, stages } = this.#running;
    return [
      ...[...sources.values(), ...sinks.values()].map(({ word, name, addresses, part }) => ({
        word,
        name,
        addresses,
        counters: part.counters(),
      })),
      ...[...stages].map(([name, { stage }]) => ({
        word: "mediator",
        name,
        counters: stage.counters(),
      })),
      { word: "lane", name: "main", counters: { unrouted: this.#unrouted } },
    ];
  }

  async #prepare(
    configuration: Configuration,
  ): Promise<Running | { problems: readonly Problem[] }> {
    const { wanted, problems } = configuration;
    if (problems.length > 0) return { problems };
    const sinks = collectSinks(wanted, this.#running.sinks, this.#parts.exporter);
    const failedSinks = await startAll(sinks.fresh);
    if (failedSinks.length > 0) return { problems: failedSinks };

    const stages = this.#prepareStages(configuration);
    const sinkByName = new Map(
      wanted.exporter.map((exporter) => [exporter.name, sinks.all.get(sinkKey(exporter))?.part]),
    );
    const routeOf = this.#layRoutes(wanted, sinkByName, stages);
    const sources = collectSources(wanted, this.#running.sources, {
      maker: this.#parts,
      routeOf,
      flush() {
        for (const { part } of sinks.all.values()) part.flush?.();
      },
    });
    const failedSources = await startAll(sources.fresh);
    if (failedSources.length > 0) {
      await stopAll(sinks.fresh);
      return { problems: failedSources };
    }
    sinks.adopt();
    sources.adopt();
    for (const unit of sources.all.values()) unit.route = routeOf(unit.name);
    return { sources: sources.all, sinks: sinks.all, stages };
  }

  /** A mediator whose function, `where` and surroundings are unchanged keeps its Lua state. */
  #prepareStages(configuration: Configuration): ReadonlyMap<string, RunningStage> {
    const surroundings = configuration.surroundings();
    return new Map(
      configuration.wanted.mediator.map((mediator) => {
        const { each, where = "" } = mediator.options;
        const key = JSON.stringify([where, each.fingerprint, surroundings]);
        const old = this.#running.stages.get(mediator.name);
        if (old?.key === key) return [mediator.name, old];
        const stage = this.#parts.mediator(mediator, configuration);
        return [mediator.name, { key, lua: configuration.engine, stage }];
      }),
    );
  }

  #layRoutes(
    wanted: Wanted,
    sinks: ReadonlyMap<string, Sink | undefined>,
    stages: ReadonlyMap<string, RunningStage>,
  ): (name: string) => BatchSink {
    const stageByName = new Map([...stages].map(([name, { stage }]) => [name, stage]));
    return layRoutes(wanted, stageByName, sinks, (records) => {
      this.#unrouted += records;
    });
  }

  /** Retire what `next` does not hold: sources first, so that their last records find their way. */
  async #retire(next: Running, candidate?: LuaEngine): Promise<void> {
    const old = this.#running;
    this.#running = next;
    await stopAll([...old.sources.values()].filter(({ key }) => !next.sources.has(key)));
    await stopAll([...old.sinks.values()].filter(({ key }) => !next.sinks.has(key)));
    const used = new Set([...next.stages.values()].map(({ lua }) => lua));
    const engines = new Set([...old.stages.values()].map(({ lua }) => lua));
    if (candidate !== undefined) engines.add(candidate);
    for (const engine of engines) if (!used.has(engine)) engine.close();
  }
}
