import { createSandboxPool } from "../../engine/sandboxes/pool.ts";
import type { SandboxProfile, Script, ScriptLine } from "../../engine/sandboxes/script.ts";
import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { printable } from "../../text/printable.ts";
import { type CommandInput, exitCodes } from "../command.ts";
import { untilInterrupted } from "../interrupt.ts";
import { formatLuaError } from "../lua-error.ts";
import { integer, seconds } from "../option-values.ts";
import { createScriptOutput, OutputClosed } from "../script-output.ts";

const mebibyte = 1_048_576;

/** Options of commands that run scripts in a sandbox. */
export const sandboxOptions = {
  timeout: {
    type: "string",
    value: "SECONDS",
    describe: "end the script after so long instead of the profile's deadline",
  },
  memory: {
    type: "string",
    value: "MB",
    describe: "memory of the script instead of the profile's",
  },
} as const;

/**
 * What the options say about a sandbox of `profile`; undefined when scripts of that profile have
 * none.
 * @throws {ConfigError}
 */
export function sandboxBounds(
  options: CommandInput["options"],
  profile: "trusted" | SandboxProfile,
): Pick<Script, "profile" | "timeoutMs" | "memoryBytes"> | undefined {
  if (profile === "trusted") {
    for (const name of Object.keys(sandboxOptions)) {
      if (options[name] === undefined) continue;
      const detail = "Cannot bound a trusted script: expected another --profile, such as agent";
      throw new ConfigError("unsupported", `--${name}`, detail);
    }
    return undefined;
  }
  const range = [limits.luaLeastMemoryBytes, limits.luaScriptMemoryBytes].map((n) => n / mebibyte);
  return {
    profile,
    ...(options["timeout"] !== undefined && { timeoutMs: 1_000 * seconds(options, "timeout") }),
    ...(options["memory"] !== undefined && {
      memoryBytes: mebibyte * integer(options, "memory", range as [number, number]),
    }),
  };
}

/** Run a script in a sandbox; resolves with the exit code. Interrupting ends the script first. */
export function runSandboxed(script: Script, { stdout, stderr }: CommandInput): Promise<number> {
  const pool = createSandboxPool({ workers: 1 });
  const output = createScriptOutput(stdout);
  const closed = new AbortController();

  function say(line: ScriptLine): void {
    if (line.kind === "print") {
      output.line(line.text);
      return;
    }
    output.flush();
    stderr.write(`${line.level}: ${printable(line.text)}\n`);
  }

  /** Whoever read the output has gone: the script has no use any more. */
  function whileRead(body: () => void): void {
    if (closed.signal.aborted) return;
    try {
      body();
    } catch (error) {
      if (!(error instanceof OutputClosed)) throw error;
      closed.abort();
    }
  }

  return untilInterrupted(async (interrupted) => {
    try {
      const { error } = await pool.run(script, {
        signal: AbortSignal.any([interrupted, closed.signal]),
        onOutput: (lines) =>
          whileRead(() => {
            lines.forEach(say);
            output.flush();
          }),
      });
      if (closed.signal.aborted || error === undefined) return exitCodes.ok;
      interrupted.throwIfAborted();
      const { where, message, traceback } = error;
      stderr.write(`moonfix: ${formatLuaError({ message: `${where}: ${message}`, traceback })}`);
      return exitCodes.failed;
    } finally {
      await pool.close();
    }
  });
}
