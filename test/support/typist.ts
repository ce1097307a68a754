import { PassThrough, Writable } from "node:stream";
import type { Command } from "../../src/cli/command.ts";

/** Somebody who sits at a terminal in front of a command. */
export interface Typist {
  /** Press keys, as the octets that a terminal sends. */
  press(keys: string): void;
  /** Resolves with what is on the screen once it matches, from the last match on. */
  sees(pattern: RegExp): Promise<string>;
  /** Everything that was shown, without control sequences. */
  screen(): string;
  /** Resolves with the exit code. */
  readonly ended: Promise<number>;
}

/** Keys by name. */
export const keys = {
  enter: "\r",
  tab: "\t",
  interrupt: "\x03",
  end: "\x04",
  up: "\x1b[A",
} as const;

/** Start a command at a terminal of 80 columns. */
export function startTypist(command: Command): Typist {
  let shown = "";
  let from = 0;
  const listeners = new Set<() => void>();
  const screen = new Writable({
    write(block: Buffer, _encoding, done) {
      // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are
      shown += block.toString().replace(/\x1b\[[0-9;]*[A-Za-z]/g, "");
      for (const listener of listeners) listener();
      done();
    },
  });
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  const stdout = Object.assign(screen, { isTTY: true, columns: 80 });
  const ended = command.run({ args: [], options: {}, stdin, stdout, stderr: stdout });
  return {
    press: (typed) => void stdin.write(typed),
    sees(pattern) {
      return new Promise((resolve) => {
        const look = (): void => {
          const match = pattern.exec(shown.slice(from));
          if (match === null) return;
          listeners.delete(look);
          from += match.index + match[0].length;
          resolve(match[0]);
        };
        listeners.add(look);
        look();
      });
    },
    screen: () => shown,
    ended,
  };
}
