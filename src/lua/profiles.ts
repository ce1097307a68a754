import { limits } from "../limits.ts";

/** A part of Lua's standard library; `debug` and `os` hold their harmless functions only. */
export type LuaLibrary =
  | "base"
  | "coroutine"
  | "debug"
  | "math"
  | "os"
  | "string"
  | "table"
  | "utf8";

/** A group of primitives that a script may call only when it is granted. */
export type Grant = "read files" | "write files" | "use the network";

/** What scripts of one kind may use and see. */
export interface LuaProfile {
  /** Whose scripts these are, in one sentence without full stop. */
  readonly describe: string;
  /** Octets that the objects of one engine may hold. */
  readonly memoryBytes: number;
  /** Instructions of one run; infinite when only time counts. */
  readonly instructions: number;
  /** Milliseconds of one run; infinite when whoever started it ends it. */
  readonly deadlineMs: number;
  /** Octets that one run may print and log. */
  readonly outputBytes: number;
  /** Whether a run can be ended from within: loops take about 1.7 times as long with it. */
  readonly interruptible: boolean;
  readonly libraries: readonly LuaLibrary[];
  readonly grants: readonly Grant[];
}

const libraries: readonly LuaLibrary[] = [
  "base",
  "coroutine",
  "debug",
  "math",
  "os",
  "string",
  "table",
  "utf8",
];

/** Every profile; no other place says what a kind of script may do. */
export const profiles = {
  trusted: {
    describe: "scripts that you start with `moonfix lua`",
    memoryBytes: limits.luaScriptMemoryBytes,
    instructions: Number.POSITIVE_INFINITY,
    deadlineMs: Number.POSITIVE_INFINITY,
    outputBytes: Number.POSITIVE_INFINITY,
    interruptible: false,
    libraries,
    grants: ["read files", "write files", "use the network"],
  },
  pipeline: {
    describe: "`conf.lua`, and its functions for each batch of records",
    memoryBytes: limits.luaMemoryBytes,
    instructions: Number.POSITIVE_INFINITY,
    deadlineMs: limits.configurationMs,
    outputBytes: limits.pipelineOutputBytes,
    interruptible: true,
    libraries,
    grants: [],
  },
  agent: {
    describe: "scripts of agents, which nobody has read",
    memoryBytes: limits.agentMemoryBytes,
    instructions: limits.agentInstructions,
    deadlineMs: limits.agentDeadlineMs,
    outputBytes: limits.agentOutputBytes,
    interruptible: true,
    libraries,
    grants: [],
  },
  repl: {
    describe: "the prompt of `moonfix repl`; Ctrl-C ends what runs",
    memoryBytes: limits.luaScriptMemoryBytes,
    instructions: Number.POSITIVE_INFINITY,
    deadlineMs: Number.POSITIVE_INFINITY,
    outputBytes: Number.POSITIVE_INFINITY,
    interruptible: true,
    libraries,
    grants: ["read files", "write files", "use the network"],
  },
} as const satisfies Readonly<Record<string, LuaProfile>>;

/** The name of a profile. */
export type LuaProfileName = keyof typeof profiles;
