import { createInterface, type Interface } from "node:readline";
import { primitives } from "../../host/primitives.ts";
import { elementNames } from "../../ipfix/registry.ts";
import { limits } from "../../limits.ts";
import { printable } from "../../text/printable.ts";
import { type CommandInput, exitCodes } from "../command.ts";
import { type Completion, type CompletionSources, completeLine } from "./completion.ts";
import { directives, runDirective } from "./directives.ts";
import { ReplEngine } from "./engine.ts";
import { historyPath, openHistory } from "./history.ts";

const prompts = { first: "> ", more: ".. " } as const;

/** Read Lua from the terminal or a pipe until it ends; resolves with the exit code. */
export async function runRepl(input: CommandInput): Promise<number> {
  const { stdin, stdout, stderr } = input;
  const interactive = stdin.isTTY === true && stdout.isTTY === true;
  const engine = new ReplEngine((line) => {
    stdout.write(interactive ? printableLines(line) : line);
    stdout.write("\n");
  });
  const complain = (text: string) => void stderr.write(text);
  const session = new Session(engine, (line) => stdout.write(`${line}\n`), complain);
  const history = interactive ? openHistory(historyPath(process.env), complain) : undefined;
  const terminal = createInterface({
    input: stdin,
    ...(interactive && { output: stdout, completer: completer(engine) }),
    ...(history && { history: history.lines, historySize: limits.replHistoryLines }),
    terminal: interactive,
    prompt: prompts.first,
  });
  if (interactive) {
    stdout.write("Lua with IPFIX. :help lists what there is, Ctrl-D ends.\n");
    terminal.on("history", (lines: string[]) => history?.save(lines));
    terminal.on("SIGINT", () => interrupt({ terminal, engine, session, input }));
    terminal.prompt();
  }
  for await (const line of terminal) {
    await session.take(line);
    terminal.setPrompt(session.pending === "" ? prompts.first : prompts.more);
    if (interactive) terminal.prompt();
  }
  await session.end();
  await engine.close();
  if (interactive) stdout.write("\n");
  return interactive || !session.failed ? exitCodes.ok : exitCodes.failed;
}

/** Puts lines together until they make a chunk, and runs that. */
class Session {
  pending = "";
  failed = false;
  readonly #engine: ReplEngine;
  readonly #say: (line: string) => void;
  readonly #complain: (text: string) => void;

  constructor(engine: ReplEngine, say: (line: string) => void, complain: (text: string) => void) {
    this.#engine = engine;
    this.#say = say;
    this.#complain = complain;
  }

  async take(line: string): Promise<void> {
    const source = this.pending === "" ? line : `${this.pending}\n${line}`;
    if (source.trim() === "") return;
    const isDirective = source.startsWith(":") && !source.startsWith("::");
    const { complete, error } = isDirective
      ? await runDirective(source, this.#engine, this.#say)
      : await this.#engine.run(source);
    this.pending = complete ? "" : source;
    if (error !== undefined) this.#fail(error);
  }

  async end(): Promise<void> {
    if (this.pending !== "") this.#fail("stdin: the last statement is not complete\n");
  }

  #fail(text: string): void {
    this.failed = true;
    this.#complain(text);
  }
}

/** Ctrl-C: ends what runs, softly first; else forgets what was typed. */
function interrupt(at: {
  terminal: Interface;
  engine: ReplEngine;
  session: Session;
  input: CommandInput;
}): void {
  const { terminal, engine, session, input } = at;
  if (engine.busy) {
    if (!engine.interrupt()) void engine.restart();
    else input.stderr.write("Interrupting; Ctrl-C again starts the engine anew\n");
    return;
  }
  session.pending = "";
  terminal.setPrompt(prompts.first);
  terminal.write(null, { ctrl: true, name: "e" });
  terminal.write(null, { ctrl: true, name: "u" });
  input.stdout.write("\n");
  terminal.prompt();
}

const topics = [...primitives.map(({ name }) => name), ...elementNames()];

function completer(engine: ReplEngine) {
  const sources: CompletionSources = {
    directives: Object.keys(directives),
    topics,
    lua: (line) => engine.complete(line),
  };
  return (line: string, done: (error: Error | null, result?: Completion) => void): void => {
    completeLine(line, sources).then(
      (result) => done(null, result),
      (error: Error) => done(error),
    );
  };
}

function printableLines(line: string | Uint8Array): string {
  const text = typeof line === "string" ? line : Buffer.from(line).toString("latin1");
  return text.split("\n").map(printable).join("\n").replaceAll("\\t", "\t");
}
