import { resolve } from "node:path";
import { createRecordStage } from "../host/record-stage.ts";
import { createWhereStage } from "../host/where-stage.ts";
import { createRecordFilter } from "../ipfix/where/filter.ts";
import { limits } from "../limits.ts";
import { createCollector } from "../transport/collectors.ts";
import { createExporter } from "../transport/exporters.ts";
import { resolvePattern } from "../transport/exporting/path-pattern.ts";
import type { CountedStage, Parts } from "./lane.ts";
import type { LaneEvent } from "./lane-thread.ts";
import { createProbe, type ProbeReport } from "./probe.ts";

/** The real parts of a lane. Relative paths start at `folder`; `tell` takes what they say. */
export function createParts(folder: string, tell: (event: LaneEvent) => void): Parts {
  const warn = (from: string) => (message: string) =>
    tell({ kind: "log", level: "warn", message, fields: { from } });
  return {
    listener(address, { onBatch }) {
      const options = { listen: address, onBatch, onProblem: warn(address) };
      const templateCache = resolve(folder, "var/templates", `${fileNameOf(address)}.json`);
      return createCollector({ ...options, templateCache });
    },
    probe(probe, outlet) {
      const onReport = (report: ProbeReport) => tell({ kind: "probe", report });
      return createProbe({ probe, folder, outlet, onReport });
    },
    exporter({ name, options: { to, append, rotate, describe_elements } }) {
      const common = { append, onProblem: warn(name), describeElements: describe_elements };
      if (!to.startsWith("file:")) return createExporter({ to, ...common });
      const find = rotate === undefined ? resolve : resolvePattern;
      const place = `file:${find(folder, to.slice("file:".length))}`;
      return createExporter({ to: place, rotate, ...common });
    },
    mediator({ name, options: { where } }, { engine, functions, budget }) {
      const each = functions.get(name);
      if (each === undefined) throw new Error(`Mediator "${name}" has no function`);
      const onError = ({ message }: Error) => warn(name)(message);
      const stage = createRecordStage({ engine, each, name: `mediator "${name}"`, onError });
      const bounded: CountedStage = {
        process(batch, sink) {
          budget.run(limits.mediatorMs, () => stage.process(batch, sink));
        },
        counters: stage.counters,
      };
      return where === undefined ? bounded : pushDown(where, bounded);
    },
    print: (message) => tell({ kind: "log", level: "info", message, fields: { from: "conf.lua" } }),
  };
}

/** A name for a file of `address`, such as `udp-127.0.0.1-4739`. */
function fileNameOf(address: string): string {
  return address.replace("://", "-").replaceAll(/[^A-Za-z0-9.-]/g, "-");
}

/** Let only records that match `where` reach `stage`, and count all of them as taken in. */
function pushDown(where: string, stage: CountedStage): CountedStage {
  const filtered = createWhereStage(createRecordFilter(where), stage);
  return {
    process: filtered.process,
    counters() {
      const { in: reached = 0, ...rest } = stage.counters();
      const { unmatched, damaged } = filtered.counters();
      return { in: reached + unmatched + damaged, ...rest, unmatched, damaged };
    },
  };
}
