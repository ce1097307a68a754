import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** The built program; `npm test` builds it first. */
export const program = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));

/** A daemon in a process of its own, in a folder of its own. */
export interface TestDaemon {
  readonly folder: string;
  readonly process: ChildProcess;
  /** Everything it has said on standard output and standard error. */
  said(): string;
  /** Resolves with the first match of `pattern` in what it says from `from` characters on. */
  hears(pattern: RegExp, from?: number): Promise<RegExpExecArray>;
  /** Save conf.lua, or another file, as editors do: a new file, renamed. */
  save(source: string, file?: string): void;
  /** Stop it by `signal`; resolves with the exit code and removes the folder unless kept. */
  stop(signal?: NodeJS.Signals): Promise<number | null>;
  remove(): void;
}

/** Start `moonfix run conf.lua` with `source` as conf.lua, in a folder that `furnish` fills. */
export function startTestDaemon(source: string, furnish?: (folder: string) => void): TestDaemon {
  const folder = mkdtempSync(join(tmpdir(), "moonfix-"));
  furnish?.(folder);
  writeFileSync(join(folder, "conf.lua"), source);
  const child = spawn(process.execPath, [program, "run", "conf.lua"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let text = "";
  const listeners = new Set<() => void>();
  const hear = (chunk: Buffer): void => {
    text += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on("data", hear);
  child.stderr.on("data", hear);
  const ended = once(child, "exit").then(([code]) => code as number | null);
  void ended.then(() => hear(Buffer.from("\n[ended]\n")));

  function hears(pattern: RegExp, from = 0): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const match = pattern.exec(text.slice(from));
        if (match !== null) {
          listeners.delete(look);
          resolve(match);
        } else if (text.endsWith("[ended]\n")) {
          listeners.delete(look);
          reject(new Error(`The daemon ended without saying ${pattern}:\n${text}`));
        }
      };
      listeners.add(look);
      look();
    });
  }

  return {
    folder,
    process: child,
    said: () => text,
    hears,
    save(changed, file = "conf.lua") {
      writeFileSync(join(folder, `${file}.new`), changed);
      renameSync(join(folder, `${file}.new`), join(folder, file));
    },
    async stop(signal = "SIGINT") {
      child.kill(signal);
      return ended;
    },
    remove() {
      child.kill("SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** Run the program to its end with `args`. */
export async function runProgram(args: readonly string[], cwd?: string) {
  const child = spawn(process.execPath, [program, ...args], {
    ...(cwd !== undefined && { cwd }),
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk.toString();
  });
  child.stderr.on("data", (chunk: Buffer) => {
    stderr += chunk.toString();
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, stdout, stderr };
}
