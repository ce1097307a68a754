import { parentPort, workerData } from "node:worker_threads";
import { formatHelp } from "../../host/describe/help.ts";
import { installPrimitives } from "../../host/primitives.ts";
import { elementNames, registryRevision } from "../../ipfix/registry.ts";
import { limits } from "../../limits.ts";
import { createLuaEngine } from "../../lua/engine.ts";
import { LimitError, LuaError } from "../../lua/errors.ts";
import { createModuleFinder, rootBeside } from "../../lua/modules/finder.ts";
import { moduleSource } from "../../lua/sandbox.ts";
import { LuaFunction, LuaTable, type LuaValue } from "../../lua/values.ts";
import { formatLuaError } from "../lua-error.ts";
import { controlSlots, type ReplReply, type ReplRequest } from "./messages.ts";

/** How long the worker waits for the terminal before it looks for an interrupt. */
const waitMs = 50;

const control = workerData as Int32Array;
const interrupted = () => Atomics.load(control, controlSlots.interrupt) !== 0;

const engine = createLuaEngine({
  profile: "repl",
  modules: createModuleFinder({ root: rootBeside("prompt") }),
  print,
  poll: () => (interrupted() ? new LimitError("interrupt", "interrupted") : undefined),
});
installPrimitives({ engine, log: (level, message) => print(`${level}: ${message}`) });
engine.define("help", ([name]) => {
  print(formatHelp(typeof name === "string" ? name : undefined));
  return [];
});
const [inspect] = runOwn("inspect");
const [repl] = runOwn("repl", inspect);
const run = member("run");
const complete = member("complete");
/** Names of elements for completion, and the revision of the registry that they are of. */
let elements = LuaTable.fromArray([]);
let elementsRevision = -1;

function runOwn(name: string, ...args: LuaValue[]): LuaValue[] {
  return engine.run(moduleSource(`engine.${name}`) ?? "", `lua/engine/${name}.lua`, args);
}

function member(name: string): LuaFunction {
  const value = repl instanceof LuaTable ? repl.get(name) : undefined;
  if (value instanceof LuaFunction) return value;
  throw new Error(`lua/engine/repl.lua has no function ${name}`);
}

function reply(message: ReplReply): void {
  parentPort?.postMessage(message);
}

/** Hand a line over; a loop that prints is held back to the terminal's pace. */
function print(line: string | Uint8Array): void {
  reply({ kind: "print", line });
  Atomics.add(control, controlSlots.lines, 1);
  for (;;) {
    const lines = Atomics.load(control, controlSlots.lines);
    if (lines < limits.replLines || interrupted()) return;
    Atomics.wait(control, controlSlots.lines, lines, waitMs);
  }
}

function completed(line: string): ReplReply {
  if (elementsRevision !== registryRevision()) {
    elements = LuaTable.fromArray([...elementNames()]);
    elementsRevision = registryRevision();
  }
  const [candidates, word] = engine.call(complete, [line, elements, limits.replCompletions]);
  const names = candidates instanceof LuaTable ? candidates.toArray() : [];
  return { kind: "completed", candidates: names.map(String), word: String(word) };
}

async function answer(request: ReplRequest): Promise<ReplReply> {
  if (request.kind === "complete") return completed(request.line);
  try {
    if (request.kind === "load") {
      await engine.runAsync(request.source, request.name);
      return { kind: "ran", complete: true };
    }
    const [isComplete] = await engine.callAsync(run, [request.source]);
    return { kind: "ran", complete: isComplete === true };
  } catch (error) {
    if (!(error instanceof LuaError)) throw error;
    return { kind: "ran", complete: true, error: formatLuaError(error) };
  }
}

parentPort?.on("message", (request: ReplRequest) => void answer(request).then(reply));
