import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { sandboxProfiles } from "../../engine/sandboxes/script.ts";
import { ConfigError, TransportError } from "../../errors.ts";
import { formatReference } from "../../host/describe/reference.ts";
import { installPrimitives } from "../../host/primitives.ts";
import { createLuaEngine, type LuaEngine } from "../../lua/engine.ts";
import { LuaError, LuaExit } from "../../lua/errors.ts";
import { installTrusted, type TrustedWorld } from "../../lua/trusted/install.ts";
import type { IoLibrary } from "../../lua/trusted/io/library.ts";
import { LuaTable } from "../../lua/values.ts";
import { printable } from "../../text/printable.ts";
import { type Command, type CommandInput, exitCodes } from "../command.ts";
import { formatLuaError } from "../lua-error.ts";
import { choice } from "../option-values.ts";
import { createScriptOutput, OutputClosed, type ScriptOutput } from "../script-output.ts";
import { runSandboxed, sandboxBounds, sandboxOptions } from "../scripts/sandboxed.ts";

const profileNames = ["trusted", ...sandboxProfiles] as const;

/** `moonfix lua`: run a script with the primitives of this program. */
export const command: Command = {
  usage: "[FILE [ARG…]]",
  arity: [0, Number.POSITIVE_INFINITY],
  passThrough: true,
  options: {
    execute: { type: "string", short: "e", value: "CODE", describe: "run CODE instead of a file" },
    profile: {
      type: "string",
      value: "NAME",
      default: "trusted",
      describe: `what the script may do: ${profileNames.join(", ")}`,
    },
    reference: { type: "boolean", describe: "print what scripts can call, as JSON" },
    ...sandboxOptions,
  },
  help: `FILE may be "-" for standard input. The script finds its arguments in "..." and "arg".
In every profile but trusted it runs in a closed sandbox with bounds of time, memory and output.

  moonfix lua -e 'print(ipfix.element("octetDeltaCount").units)'
  moonfix lua top-talkers.lua flows.ipfix
  moonfix lua --profile agent --timeout 5 report.lua`,
  async run(input: CommandInput): Promise<number> {
    if (input.options["reference"] === true) {
      input.stdout.write(formatReference());
      return exitCodes.ok;
    }
    const profile = choice(input.options, "profile", profileNames);
    const bounds = sandboxBounds(input.options, profile);
    const script = await readScript(input);
    if (bounds !== undefined) return runSandboxed({ ...script, ...bounds }, input);
    const output = createScriptOutput(input.stdout);
    const engine = startEngine(input, output);
    const files = installTrusted(engine, trustedWorld(input, script, output));
    let code: number = exitCodes.ok;
    let problem = "";
    try {
      const { name, args } = script;
      const arg = new LuaTable([
        [-1, "moonfix"],
        [0, name],
        ...args.map((text, i) => [i + 1, text] as const),
      ]);
      engine.run("arg = ...", "moonfix", [arg]);
      await engine.runAsync(script.source, name, args);
    } catch (error) {
      if (error instanceof LuaError) {
        problem = `moonfix: ${formatLuaError(error)}`;
        code = exitCodes.failed;
      } else if (error instanceof LuaExit) code = error.exitCode;
      else if (!(error instanceof OutputClosed)) throw error;
    } finally {
      engine.close();
    }
    finish(files);
    input.stderr.write(problem);
    return code;
  },
};

/** Write what the script's files and its output hold back. */
function finish(files: IoLibrary): void {
  try {
    files.flush();
  } catch (error) {
    if (error instanceof OutputClosed) return;
    throw error instanceof TransportError ? error : TransportError.from("Cannot write", error);
  }
}

function trustedWorld(input: CommandInput, { folder }: Script, stdout: ScriptOutput): TrustedWorld {
  const { stdin, stderr } = input;
  const own = "fd" in stdin && typeof stdin.fd === "number" ? stdin.fd : undefined;
  const below = join(folder, "lua");
  const usual = `./?.lua;${below}/?.lua;${below}/?/init.lua`;
  return {
    files: { stdin: own, stdout, stderr: { write: (bytes) => void stderr.write(bytes.slice()) } },
    path: process.env["LUA_PATH"]?.replace(/;;/, `;${usual};`) ?? usual,
  };
}

interface Script {
  readonly source: string | Uint8Array;
  readonly name: string;
  readonly args: readonly string[];
  /** Beside the script lies the folder of its modules. */
  readonly folder: string;
}

async function readScript({ args, options, stdin }: CommandInput): Promise<Script> {
  const code = options["execute"];
  if (typeof code === "string") {
    return { source: code, name: "(command line)", args, folder: "." };
  }
  const [path = "-", ...rest] = args;
  if (args.length === 0 && stdin.isTTY === true) {
    throw new ConfigError("missing", "", "Cannot start: no script, expected FILE or -e CODE");
  }
  if (path !== "-") {
    return { source: readScriptFile(path), name: path, args: rest, folder: dirname(path) };
  }
  const blocks: Uint8Array[] = [];
  for await (const block of stdin) blocks.push(Buffer.from(block as Uint8Array));
  const source = new Uint8Array(Buffer.concat(blocks));
  return { source, name: "stdin", args: rest, folder: "." };
}

function readScriptFile(path: string): Uint8Array {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (error) {
    throw TransportError.from(`Cannot open ${path}`, error);
  }
}

function startEngine({ stderr }: CommandInput, output: ScriptOutput): LuaEngine {
  const engine = createLuaEngine({ profile: "trusted", print: output.line });
  installPrimitives({
    engine,
    log: (level, message) => stderr.write(`${level}: ${printable(message)}\n`),
  });
  return engine;
}
