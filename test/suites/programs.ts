import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

/** The two that are compared: how to start each with a Lua file. */
export const programs = {
  luajit: { file: "luajit", args: [] as readonly string[] },
  moonfix: {
    file: process.execPath,
    args: [fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url)), "lua"],
  },
} as const;

export type ProgramName = keyof typeof programs;

/** How one run of a file ended. */
export interface Outcome {
  /** The exit code, or what ended the process instead: a signal's name. */
  readonly status: number | string;
  readonly stdout: string;
  /** The last line of the output that says something, for the list of misses. */
  readonly lastWords: string;
}

/** A file of a suite may loop for ever on either program: it is ended after so long. */
const patienceMs = 120_000;

/** Run `path` (relative to `folder`) in a process of its own, with an empty standard input. */
export function runFile(name: ProgramName, path: string, folder: string): Promise<Outcome> {
  const { file, args } = programs[name];
  const child = spawn(file, [...args, path], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    timeout: patienceMs,
    killSignal: "SIGKILL",
    env: { ...process.env, LUA_PATH: "./?.lua;./?;;" },
  });
  return collect(child);
}

function collect(child: ChildProcess): Promise<Outcome> {
  const texts = { stdout: "", stderr: "" };
  for (const stream of ["stdout", "stderr"] as const) {
    // Latin-1 keeps octets apart that are no UTF-8.
    child[stream]?.setEncoding("latin1").on("data", (text: string) => {
      texts[stream] += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => {
      const { stdout, stderr } = texts;
      const lines = (stderr || stdout).split("\n").filter((line) => /^\S/.test(line));
      const [first = ""] = lines.filter((line) => line !== "stack traceback:");
      const lastWords = stderr === "" ? (lines.at(-1) ?? "") : first;
      resolve({ status: code ?? signal ?? "unknown", stdout, lastWords });
    });
  });
}

/** `work` on every item, two at a time, in the order of `items`. */
export async function forEachOf<Item, Result>(
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const i = next++;
      results[i] = await work(items[i] as Item);
    }
  };
  await Promise.all([worker(), worker()]);
  return results;
}
