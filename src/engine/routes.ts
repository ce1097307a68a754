import type { BatchSink, RecordBatch } from "../ipfix/batch.ts";
import type { Wanted } from "./conf/words.ts";
import type { Sink } from "./ports.ts";

/** A mediator at work: takes a batch, hands on what it keeps. */
export interface Stage {
  process(batch: RecordBatch, sink: BatchSink): void;
}

/**
 * Lay the ways from sources over mediators to exporters; returns the way for the records of a
 * source by its name. Each way is a plain function that returns
 * when every taker has the batch, so no record is under way when the ways are changed.
 * `unrouted` counts records that no taker wants.
 */
export function layRoutes(
  wanted: Wanted,
  stages: ReadonlyMap<string, Stage>,
  sinks: ReadonlyMap<string, Sink | undefined>,
  unrouted: (records: number) => void,
): (name: string) => BatchSink {
  const ways = new Map<string, BatchSink>();

  function from(name: string): BatchSink {
    const known = ways.get(name);
    if (known !== undefined) return known;
    const way = fanOut([...mediatorsOf(name), ...exportersOf(name)]);
    ways.set(name, way);
    return way;
  }

  function mediatorsOf(name: string): BatchSink[] {
    const takers = wanted.mediator.filter(({ options }) => options.from.includes(name));
    return takers.map((mediator): BatchSink => {
      const stage = required(stages, mediator.name);
      const onwards = from(mediator.name);
      return (batch) => stage.process(batch, onwards);
    });
  }

  function exportersOf(name: string): BatchSink[] {
    const takers = wanted.exporter.filter(({ options }) => options.from.includes(name));
    return takers.map((exporter): BatchSink => {
      const sink = required(sinks, exporter.name);
      return (batch) => sink.write(batch);
    });
  }

  function fanOut(takers: readonly BatchSink[]): BatchSink {
    const [only] = takers;
    if (only === undefined) return (batch) => unrouted(batch.count);
    if (takers.length === 1) return only;
    return (batch) => {
      for (const taker of takers) taker(batch);
    };
  }

  return from;
}

function required<T>(map: ReadonlyMap<string, T | undefined>, name: string): T {
  const value = map.get(name);
  if (value === undefined) throw new Error(`Nothing was prepared for "${name}"`);
  return value;
}
