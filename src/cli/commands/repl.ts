import type { Command } from "../command.ts";
import { runRepl } from "../repl/terminal.ts";

/** `moonfix repl`: Lua, line by line. */
export const command: Command = {
  usage: "",
  arity: [0, 0],
  options: {},
  help: `Expressions show their value, Tab completes names, and lines that start with a colon are
for the prompt: :help, :time CODE, :load FILE. Ctrl-C ends a script that runs, Ctrl-D the
session. Reads a pipe as well.`,
  run: runRepl,
};
