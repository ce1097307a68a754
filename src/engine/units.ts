import { normalize } from "node:path";
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
      adopt({ part }) {
        part.rotateBy?.(exporter.options.rotate);
        part.describeElements?.(exporter.options.describe_elements);
      },
    })),
    running,
  );
}

/** What an exporter is known by while it runs: a file by its path, a peer by name and address. */
export function sinkKey({ name, options }: Declaration<"exporter">): string {
  const { to } = options;
  return to.startsWith("file:") ? `file:${normalize(to.slice("file:".length))}` : `${name} ${to}`;
}

/** Where a source delivers to. */
export interface Outlet {
  readonly onBatch: BatchSink;
  /** Let what waits in the exporters leave: a source that ends calls it. */
  readonly flush: () => void;
}

/** Makes sources. */
export interface SourceMaker {
  listener(address: string, outlet: Outlet): Source;
  probe(probe: Declaration<"probe">, outlet: Outlet): Source;
}

/** What new sources are made of. */
export interface SourceOptions {
  readonly maker: SourceMaker;
  readonly routeOf: (name: string) => BatchSink;
  readonly flush: () => void;
}

/** Keep the listeners and probes that run already, create the others with their routes. */
export function collectSources(
  wanted: Wanted,
  running: ReadonlyMap<string, SourceUnit> | undefined,
  options: SourceOptions,
): Units<SourceUnit> {
  const { listener, probe } = options.maker;
  const listeners = wanted.collector.flatMap((collector) =>
    collector.options.listen.map((address) => ({
      key: address,
      declaration: collector,
      make: sourceMaker((outlet) => listener(address, outlet), options),
    })),
  );
  const probes = wanted.probe.map((declaration) => ({
    key: `${declaration.name} ${JSON.stringify(declaration.options)}`,
    declaration,
    make: sourceMaker((outlet) => probe(declaration, outlet), options),
  }));
  return collect([...listeners, ...probes], running);
}

type Identity = Pick<SourceUnit, "key" | "word" | "name" | "where">;

function sourceMaker(
  create: (outlet: Outlet) => Source,
  { routeOf, flush }: SourceOptions,
): (identity: Identity) => SourceUnit {
  return (identity) => {
    const unit: SourceUnit = {
      ...identity,
      addresses: [],
      route: routeOf(identity.name),
      part: create({ onBatch: (batch) => unit.route(batch), flush }),
    };
    return unit;
  };
}

interface WantedUnit<U> {
  readonly key: string;
  readonly declaration: Declaration<"collector" | "probe" | "exporter">;
  readonly make: (identity: Identity) => U;
  /** Tells a unit that is kept of options that are no part of its key. */
  readonly adopt?: (unit: U) => void;
}

function collect<U extends Unit<unknown>>(
  wanted: readonly WantedUnit<U>[],
  running: ReadonlyMap<string, U> | undefined,
): Units<U> {
  const all = new Map<string, U>();
  const fresh: U[] = [];
  const renames: (() => void)[] = [];
  for (const { key, declaration, make, adopt } of wanted) {
    const { word, name, where } = declaration;
    const old = running?.get(key);
    if (old === undefined) {
      const unit = make({ key, word, name, where });
      fresh.push(unit);
      all.set(key, unit);
    } else {
      all.set(key, old);
      renames.push(() => {
        Object.assign(old, { name, where });
        adopt?.(old);
      });
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
