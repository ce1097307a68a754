import { installPrimitives } from "../../host/primitives.ts";
import { StateTables } from "../../host/state-tables.ts";
import { ownElements, useOwnElements } from "../../ipfix/registry.ts";
import { limits } from "../../limits.ts";
import { createLuaEngine, type LuaEngine } from "../../lua/engine.ts";
import { LuaError } from "../../lua/errors.ts";
import {
  createModuleFinder,
  type ModuleFile,
  type ModuleLook,
  rootBeside,
} from "../../lua/modules/finder.ts";
import type { LuaFunction } from "../../lua/values.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { TimeBudget } from "../time-budget.ts";
import { Declarations } from "./declarations.ts";
import { createElementFiles } from "./element-files.ts";
import { findProblems } from "./graph.ts";
import { watchGlobals } from "./surroundings.ts";
import { type Problem, type Wanted, words } from "./words.ts";

/** What an evaluation may see of the world, and whom it tells. */
export interface Evaluation {
  /** Says what it prints and logs. */
  print(text: string): void;
  /** What `state.table` finds: that of the lane, or else nothing. */
  readonly state?: StateTables;
  /** Modules as they were when the file was checked; others are read from the disk. */
  readonly modules?: ReadonlyMap<string, ModuleFile>;
  /** Told of each look at a file that the configuration depends on. */
  readonly onLook?: (look: ModuleLook) => void;
}

/** A conf.lua that has been run in a sandbox of its own. */
export interface Configuration {
  readonly wanted: Wanted;
  /** Empty when the configuration may go live. */
  readonly problems: readonly Problem[];
  /** The mediators' functions by name; they live as long as the engine. */
  readonly functions: ReadonlyMap<string, LuaFunction>;
  readonly engine: LuaEngine;
  /** Bounds the time of everything that runs in the engine. */
  readonly budget: TimeBudget;
  /**
   * Fingerprint of what its functions may see beside their upvalues: the globals it made, the
   * modules it required and the elements it defined.
   */
  surroundings(): string;
}

/**
 * Evaluate `source` as conf.lua in a closed sandbox and validate what it declares. Reports all
 * problems it can find, not the first. Its time is bounded except in pattern matching. The elements
 * that it defines take the place of all that this thread had of users before.
 */
export function evaluateConfiguration(
  source: string,
  fileName: string,
  { print, state = new StateTables(), modules, onLook }: Evaluation,
): Configuration {
  const budget = new TimeBudget();
  const required = new Map<string, string>();
  const note = (look: ModuleLook) => {
    required.set(look.path, look.digest);
    onLook?.(look);
  };
  const finder = createModuleFinder({
    root: rootBeside(fileName),
    ...(modules && { known: modules }),
    onLook: note,
  });
  const readElements = createElementFiles({ fileName, known: modules, onLook: note });
  const engine = createLuaEngine({
    profile: "pipeline",
    print: (line) => print(typeof line === "string" ? line : Buffer.from(line).toString("latin1")),
    poll: budget.poll,
    modules: finder,
  });
  const log = (level: string, text: string) => print(`${level}: ${text}`);
  installPrimitives({ engine, log, state, readElements });
  const [levels] = engine.run("return log", "=log");
  const declarations = new Declarations(engine);
  engine.run(callableLog, "=log", [levels, (args, context) => declarations.log(args, context)]);
  const globals = watchGlobals(engine);
  useOwnElements([]);
  const { wanted, functions, problems } = declarations;
  try {
    budget.run(limits.configurationMs, () => engine.run(source, fileName));
  } catch (error) {
    if (!(error instanceof LuaError)) throw error;
    problems.push(luaProblem(error, fileName));
  }
  problems.push(...declarations.unfinished());
  if (problems.length === 0) problems.push(...findProblems(wanted));
  const elements = ownElements();
  const surroundings = () => JSON.stringify([globals(), [...required].sort(), elements]);
  return { wanted, problems, functions, engine, budget, surroundings };
}

/** `log` is a word, and holds the functions that log: `log { … }` and `log.info("…")`. */
const callableLog = "local levels, word = ... log = setmetatable(levels, { __call = word })";

/** A Lua error as a problem; calling an unknown word gets the nearest one. */
function luaProblem(error: LuaError, fileName: string): Problem {
  const { code, detail } = error;
  const where = error.where === "" ? fileName : error.where;
  const global = /global '(\w+)'/.exec(detail)?.[1];
  const hint = global === undefined ? "" : didYouMean(global, Object.keys(words));
  return { where, code, message: `${detail}${hint}` };
}
