import { readFile } from "node:fs/promises";
import { TransportError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import type { ReplEngine } from "./engine.ts";
import type { ReplReply } from "./messages.ts";

type Ran = Extract<ReplReply, { kind: "ran" }>;

/** What a line that starts with a colon does; it is for the prompt, not for Lua. */
interface Directive {
  /** Its argument in help. */
  readonly takes: string;
  readonly describe: string;
  run(argument: string, engine: ReplEngine, say: (line: string) => void): Promise<Ran>;
}

const done: Ran = { kind: "ran", complete: true };

/** Every directive of the prompt. */
export const directives: Readonly<Record<string, Directive>> = {
  help: {
    takes: "[NAME]",
    describe: "what there is, or what a function or an element is",
    run(name, engine, say) {
      if (name !== "") return engine.run(`help(${JSON.stringify(name)})`);
      for (const [directive, { takes, describe }] of Object.entries(directives)) {
        say(`:${directive} ${takes}`.padEnd(16) + describe);
      }
      return engine.run("help()");
    },
  },
  time: {
    takes: "CODE",
    describe: "run it and say how long it took",
    async run(code, engine, say) {
      const startMs = performance.now();
      const ran = await engine.run(code);
      if (!ran.complete) return fail("Cannot time this: it is not complete");
      if (ran.error === undefined) say(`${(performance.now() - startMs).toFixed(1)} ms`);
      return ran;
    },
  },
  load: {
    takes: "FILE",
    describe: "run a file; its globals stay",
    async run(path, engine) {
      const source = await readScript(path);
      return source instanceof TransportError ? fail(source.message) : engine.load(path, source);
    },
  },
};

/** Carry out `line`, which starts with a colon. */
export async function runDirective(
  line: string,
  engine: ReplEngine,
  say: (line: string) => void,
): Promise<Ran> {
  const [, name = "", argument = ""] = /^:(\S*)\s*([\s\S]*)$/.exec(line) ?? [];
  const directive = Object.hasOwn(directives, name) ? directives[name] : undefined;
  if (directive === undefined) {
    const hint = didYouMean(name, Object.keys(directives)).replace('"', '":');
    return fail(`Cannot do ":${name}": unknown directive${hint || ", :help lists them"}`);
  }
  if (argument.trim() === "" && !directive.takes.startsWith("[")) {
    return fail(`Cannot do ":${name}": expected :${name} ${directive.takes}`);
  }
  return directive.run(argument.trim(), engine, say);
}

function fail(message: string): Ran {
  return { ...done, error: `${message}\n` };
}

async function readScript(path: string): Promise<Uint8Array | TransportError> {
  try {
    const source = await readFile(path);
    if (source.length <= limits.configurationBytes) return source;
    return new TransportError("io", `Cannot load ${path}: ${source.length} octets are too many`);
  } catch (error) {
    return TransportError.from(`Cannot load ${path}`, error);
  }
}
