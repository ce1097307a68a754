#!/usr/bin/env node
import { version } from "../api/version.ts";
import { ConfigError, DecodeError, TransportError } from "../errors.ts";
import { didYouMean } from "../text/did-you-mean.ts";
import { printable } from "../text/printable.ts";
import { parseArguments } from "./arguments.ts";
import { exitCodes } from "./command.ts";
import { commands } from "./commands.ts";
import { commandUsage, programUsage } from "./usage.ts";

/** Run the command that `words` names; resolves with the exit code. */
async function main(words: readonly string[]): Promise<number> {
  const [name = "--help", ...rest] = words;
  if (name === "--help" || name === "-h" || (name === "help" && rest.length === 0)) {
    process.stdout.write(programUsage());
    return words.length === 0 ? exitCodes.usage : exitCodes.ok;
  }
  if (name === "--version" || name === "-V") {
    process.stdout.write(`moonfix ${version}\n`);
    return exitCodes.ok;
  }
  if (name === "help") return runCommand(rest[0] ?? "", ["--help"]);
  return runCommand(name, rest);
}

async function runCommand(name: string, words: readonly string[]): Promise<number> {
  const entry = Object.hasOwn(commands, name) ? commands[name] : undefined;
  if (entry === undefined) {
    const hint = didYouMean(name, Object.keys(commands));
    complain(`Cannot run "${name}": unknown command${hint}`);
    process.stderr.write('Try "moonfix --help".\n');
    return exitCodes.usage;
  }
  const { command } = await entry.load();
  let parsed: ReturnType<typeof parseArguments>;
  try {
    parsed = parseArguments(command, words);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    complain(error.message);
    process.stderr.write(`Try "moonfix ${name} --help".\n`);
    return exitCodes.usage;
  }
  if (parsed.options["help"] === true) {
    process.stdout.write(commandUsage(name, command));
    return exitCodes.ok;
  }
  const { stdin, stdout, stderr } = process;
  return command.run({ ...parsed, stdin, stdout, stderr });
}

/** One line on stderr for an error a person can act on; a bug keeps its stack. */
function report(error: unknown): number {
  if (error instanceof ConfigError) {
    complain(error.message);
    return exitCodes.usage;
  }
  if (error instanceof DecodeError || error instanceof TransportError) {
    complain(error.message);
    return exitCodes.failed;
  }
  process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  return exitCodes.failed;
}

function complain(message: string): void {
  process.stderr.write(`moonfix: ${printable(message)}\n`);
}

// A reader that has seen enough (`moonfix cat … | head`) is no error.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(exitCodes.ok);
  process.exit(report(TransportError.from("Cannot write standard output", error)));
});

process.exitCode = await main(process.argv.slice(2)).catch(report);
