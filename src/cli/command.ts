import type { Readable, Writable } from "node:stream";

/** One option of a command; usage text, parsing and completion are made from it. */
export interface CommandOption {
  readonly type: "boolean" | "string";
  readonly short?: string;
  /** May be given more than once. */
  readonly multiple?: boolean;
  /** What stands for the value in the usage text, with its unit: `SECONDS`. */
  readonly value?: string;
  readonly default?: string | boolean;
  /** One sentence without full stop. */
  readonly describe: string;
}

/** What a command gets: parsed arguments and the terminal it may use. */
export interface CommandInput {
  readonly args: readonly string[];
  readonly options: Readonly<Record<string, string | boolean | readonly string[] | undefined>>;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
}

/** A command of the `moonfix` program; each stands in a file of its own in `commands/`. */
export interface Command {
  /** Arguments in the usage line, such as `FILE…`. */
  readonly usage: string;
  /** Longer help below the options: examples. */
  readonly help?: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** How many arguments it takes at least and at most. */
  readonly arity: readonly [least: number, most: number];
  /** Arguments are passed on after the first one, options too (`moonfix lua FILE --x`). */
  readonly passThrough?: boolean;
  /** Resolves with the exit code (see `exitCodes`). */
  run(input: CommandInput): Promise<number>;
}

/** Exit codes of every command. */
export const exitCodes = { ok: 0, failed: 1, usage: 2, configuration: 78 } as const;
