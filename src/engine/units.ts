import type { BatchSink } from "../ipfix/batch.ts";
import type { Declaration, Problem, Wanted } from "./conf/words.ts";
import type { Sink, Source } from "./ports.ts";

/** A source or an exporter at work, and the key that tells it from another one. */
interface Unit<T> {
  /** Two declarations with the same key ask for the very same part. */
  readonly key: string;
  readonly word: "collector" | "probe" | "exporter";
  name: string;
  where: string;
  readonly part: T;
  /** Known once it has started. */
  addresses: readonly string[];
}

export interface SourceUnit extends Unit<Source> {
  /** Where its records go: changing it is the whole of rewiring. */
  route: BatchSink;
}

export type SinkUnit = Unit<Sink>;

/** The units of one configuration: those kept from the one before, and those made for it. */
export interface Units<U> {
  readonly all: ReadonlyMap<string, U>;
  readonly fresh: readonly U[];
  /** Give kept units the names they have now; to be called when nothing can fail any more. */
  readonly adopt: () => void;
}

/** Keep the exporters that run already, create the others. */
export function collectSinks(
  wanted: Wanted,
  running: ReadonlyMap<string, SinkUnit> | undefined,
  create: (exporter: Declaration<"exporter">) => Sink,
): Units<SinkUnit> {
  return collect(
    wanted.exporter.map((exporter) => ({
      key: sinkKey(exporter),
      declaration: exporter,
      make: (identity) => ({ ...identity, part: create(exporter), addresses: [] }),
    })),
    running,
  );
}

/** What an exporter is known by while it runs: a file by its path, a peer by name and address. */
export function sinkKey({ name, options }: Declaration<"exporter">): string {
  return options.to.startsWith("file:") ? options.to : `${name} ${options.to}`;
}

/** Makes sources; each is given what to do with its batches. */
export interface SourceMaker {
  listener(address: string, onBatch: BatchSink): Source;
  probe(probe: Declaration<"probe">, onBatch: BatchSink): Source;
}

/** Keep the listeners and probes that run already, create the others with their routes. */
export function collectSources(
  wanted: Wanted,
  running: ReadonlyMap<string, SourceUnit> | undefined,
  { listener, probe }: SourceMaker,
  routeOf: (name: string) => BatchSink,
): Units<SourceUnit> {
  const listeners = wanted.collector.flatMap((collector) =>
    collector.options.listen.map((address) => ({
      key: address,
      declaration: collector,
      make: sourceMaker((onBatch) => listener(address, onBatch), routeOf),
    })),
  );
  const probes = wanted.probe.map((declaration) => ({
    key: `${declaration.name} ${JSON.stringify(declaration.options)}`,
    declaration,
    make: sourceMaker((onBatch) => probe(declaration, onBatch), routeOf),
  }));
  return collect([...listeners, ...probes], running);
}

type Identity = Pick<SourceUnit, "key" | "word" | "name" | "where">;

function sourceMaker(
  create: (onBatch: BatchSink) => Source,
  routeOf: (name: string) => BatchSink,
): (identity: Identity) => SourceUnit {
  return (identity) => {
    const unit: SourceUnit = {
      ...identity,
      addresses: [],
      route: routeOf(identity.name),
      part: create((batch) => unit.route(batch)),
    };
    return unit;
  };
}

interface WantedUnit<U> {
  readonly key: string;
  readonly declaration: Declaration<"collector" | "probe" | "exporter">;
  readonly make: (identity: Identity) => U;
}

function collect<U extends Unit<unknown>>(
  wanted: readonly WantedUnit<U>[],
  running: ReadonlyMap<string, U> | undefined,
): Units<U> {
  const all = new Map<string, U>();
  const fresh: U[] = [];
  const renames: (() => void)[] = [];
  for (const { key, declaration, make } of wanted) {
    const { word, name, where } = declaration;
    const old = running?.get(key);
    if (old === undefined) {
      const unit = make({ key, word, name, where });
      fresh.push(unit);
      all.set(key, unit);
    } else {
      all.set(key, old);
      renames.push(() => Object.assign(old, { name, where }));
    }
  }
  return {
    all,
    fresh,
    adopt() {
      for (const rename of renames) rename();
    },
  };
}

/**
 * Start `units` together. When one fails, all of them are stopped again and every failure is told
 * at the line of its declaration.
 */
export async function startAll(
  units: readonly (SourceUnit | SinkUnit)[],
): Promise<readonly Problem[]> {
  const problems: Problem[] = [];
  await Promise.all(
    units.map(async (unit) => {
      try {
        unit.addresses = [await unit.part.start()].flat();
      } catch (error) {
        const { word, name, where } = unit;
        const { code = "io", message } = error as { code?: string; message: string };
        problems.push({ where, code, message: `${word} "${name}": ${message}` });
      }
    }),
  );
  if (problems.length > 0) await stopAll(units);
  return problems;
}

/** Stop `units` together. */
export async function stopAll(units: readonly (SourceUnit | SinkUnit)[]): Promise<void> {
  await Promise.all(units.map(({ part }) => part.stop()));
}
