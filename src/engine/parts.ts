import { resolve } from "node:path";
import { createRecordStage } from "../host/record-stage.ts";
import { limits } from "../limits.ts";
import { createFileExporter } from "../transport/file-exporter.ts";
import { createTcpCollector } from "../transport/tcp-collector.ts";
import { createTcpExporter } from "../transport/tcp-exporter.ts";
import { createUdpCollector } from "../transport/udp-collector.ts";
import { createUdpExporter } from "../transport/udp-exporter.ts";
import type { Parts } from "./lane.ts";
import type { LaneEvent } from "./lane-thread.ts";
import { createProbe, type ProbeReport } from "./probe.ts";

/** The real parts of a lane. Relative paths start at `folder`; `tell` takes what they say. */
export function createParts(folder: string, tell: (event: LaneEvent) => void): Parts {
  const warn = (from: string) => (message: string) =>
    tell({ kind: "log", level: "warn", message, fields: { from } });
  return {
    listener(address, { onBatch }) {
      const options = { listen: address, onBatch, onProblem: warn(address) };
      return address.startsWith("udp:") ? createUdpCollector(options) : createTcpCollector(options);
    },
    probe(probe, outlet) {
      const onReport = (report: ProbeReport) => tell({ kind: "probe", report });
      return createProbe({ probe, folder, outlet, onReport });
    },
    exporter({ name, options: { to, append } }) {
      const onProblem = warn(name);
      if (to.startsWith("udp:")) return createUdpExporter({ to, onProblem });
      if (to.startsWith("tcp:")) return createTcpExporter({ to, onProblem });
      const path = resolve(folder, to.slice("file:".length));
      return createFileExporter({ path, append, onProblem });
    },
    mediator({ name }, { engine, functions, budget }) {
      const each = functions.get(name);
      if (each === undefined) throw new Error(`Mediator "${name}" has no function`);
      const onError = ({ message }: Error) => warn(name)(message);
      const stage = createRecordStage({ engine, each, name: `mediator "${name}"`, onError });
      return {
        process(batch, sink) {
          budget.run(limits.mediatorMs, () => stage.process(batch, sink));
        },
        counters: stage.counters,
      };
    },
    print: (message) => tell({ kind: "log", level: "info", message, fields: { from: "conf.lua" } }),
  };
}
