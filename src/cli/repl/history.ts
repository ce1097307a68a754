import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { limits } from "../../limits.ts";

/** Lines typed in earlier sessions, the newest first, and how to keep those of this one. */
export interface ReplHistory {
  readonly lines: string[];
  save(lines: readonly string[]): void;
}

/** Where lines are kept: the state folder of the XDG Base Directory Specification. */
export function historyPath(environment: NodeJS.ProcessEnv): string {
  const state = environment["XDG_STATE_HOME"] || join(homedir(), ".local", "state");
  return join(state, "moonfix", "repl-history");
}

/**
 * Open the history at `path`. A prompt works without one, so a file that cannot be read or written
 * is told once and then left alone.
 */
export function openHistory(path: string, complain: (message: string) => void): ReplHistory {
  let told = false;
  const tell = (error: unknown): void => {
    if (!told) complain(`The history is not kept: ${(error as Error).message}\n`);
    told = true;
  };
  return {
    lines: readLines(path, tell).reverse(),
    save(lines) {
      try {
        mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
        const kept = lines.slice(0, limits.replHistoryLines).reverse();
        writeFileSync(path, `${kept.join("\n")}\n`, { mode: 0o600 });
      } catch (error) {
        tell(error);
      }
    },
  };
}

function readLines(path: string, tell: (error: unknown) => void): string[] {
  try {
    return readFileSync(path, "utf8")
      .split("\n")
      .filter((line) => line !== "");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") tell(error);
    return [];
  }
}
