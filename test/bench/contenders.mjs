import { execFileSync, spawnSync } from "node:child_process";
import { createRecordStage } from "../../dist/host/record-stage.js";
import { createWhereStage } from "../../dist/host/where-stage.js";
import { elementByName } from "../../dist/ipfix/registry.js";
import { createTemplate } from "../../dist/ipfix/template.js";
import { createRecordFilter } from "../../dist/ipfix/where/filter.js";
import { createLuaEngine } from "../../dist/lua/engine.js";
import { fields, recordBytes } from "./mediator.mjs";

/**
 * A contender: `output()` gives what leaves the mediator, `measure(seconds)` the least nanoseconds
 * a record that it took within that time.
 */

/** A contender of this process that runs `batch`, a function that gives its output. */
export function inProcess(batch, records, repeats = 5) {
  return {
    output: () => batch().slice(),
    measure(seconds) {
      let best = Number.POSITIVE_INFINITY;
      const stop = process.hrtime.bigint() + BigInt(Math.round(seconds * 1e9));
      while (process.hrtime.bigint() < stop) {
        const start = process.hrtime.bigint();
        for (let i = 0; i < repeats; i++) batch();
        const taken = Number(process.hrtime.bigint() - start) / repeats / records;
        best = Math.min(best, taken);
      }
      return best;
    },
  };
}

/** Another program that runs one of the scripts in `peers`; undefined where it is not installed. */
export function peer(program, args, data) {
  if (spawnSync(program, ["-v"]).error !== undefined) return undefined;
  return {
    output: () => new Uint8Array(execFileSync(program, [...args, data, "verify"])),
    measure: (seconds) => Number(execFileSync(program, [...args, data, "time", `${seconds}`])),
  };
}

const template = createTemplate(
  256,
  0,
  fields.map(([name, length]) => [elementByName(name), length]),
);

function batchOf(bytes) {
  const count = bytes.length / recordBytes;
  const offsets = Uint32Array.from({ length: count + 1 }, (_, i) => i * recordBytes);
  const templates = () => undefined;
  return { domain: 0, exportTime: 0, template, templates, bytes, offsets, count };
}

/** Our mediator with the Lua function `body`, behind `where` when there is one. */
export function lua(bytes, body, where) {
  const engine = createLuaEngine({ profile: "pipeline" });
  const [each] = engine.run(`return function(flow) ${body} end`, "bench.lua");
  const onError = (error) => {
    throw error;
  };
  const stage = createRecordStage({ engine, each, name: "bench", onError });
  const run = where === undefined ? stage : createWhereStage(createRecordFilter(where), stage);
  const batch = batchOf(bytes);
  const out = new Uint8Array(bytes.length);
  let end = 0;
  const sink = ({ bytes: kept, offsets, count }) => {
    const part = kept.subarray(offsets[0], offsets[count]);
    out.set(part, end);
    end += part.length;
  };
  return inProcess(() => {
    end = 0;
    run.process(batch, sink);
    return out.subarray(0, end);
  }, batch.count);
}

/** wasmoon as it comes: each record a JavaScript object that Lua sees through a proxy. */
export async function wasmoonProxies(bytes, createMediator) {
  const { LuaFactory } = await import("wasmoon");
  const engine = await new LuaFactory().createEngine();
  const each = engine.doStringSync(`return function(flow)
    if flow.destinationTransportPort == 443 then
      flow.octetDeltaCount = flow.octetDeltaCount * 2
      return true
    end
    return false
  end`);
  return inProcess(createMediator(bytes, each), bytes.length / recordBytes, 1);
}
