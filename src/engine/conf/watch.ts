import { createHash } from "node:crypto";
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { basename, dirname, resolve } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { watch as watchFolder } from "chokidar";
import { TransportError } from "../../errors.ts";
import { limits } from "../../limits.ts";

/** How long the file must be left alone before it is read, in milliseconds. */
const settleMs = 60;
/** How often to look even without an event (network file systems), in milliseconds. */
const pollMs = 2_000;

export interface WatchOptions {
  readonly path: string;
  /** Called with each new content, one call at a time. An empty or missing file is no content. */
  readonly onText: (text: string) => Promise<void>;
  /** The file cannot be read, or is empty: what runs stays. */
  readonly onProblem: (message: string) => void;
}

export interface Watch {
  /** Look now, as on SIGHUP; resolves when what was found has been handled. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Watch one file through its folder, which sees every way of saving: in place, by rename, by a
 * backup file, and by the `..data` symbolic link that Kubernetes turns. A content is reported when
 * two reads in a row agree and it differs from the content reported before.
 */
export async function watchFile(options: WatchOptions, current: string): Promise<Watch> {
  const path = resolve(options.path);
  const kept = new Set([basename(path), "..data"]);
  const folder = dirname(path);
  const looker = createLooker(options, current);
  const watcher = watchFolder(folder, {
    depth: 0,
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (entry) => entry !== folder && !kept.has(basename(entry)),
  });
  watcher.on("all", () => looker.soon(settleMs));
  watcher.on("error", (error) => options.onProblem(`Cannot watch ${folder}: ${String(error)}`));
  const poll = setInterval(() => looker.soon(0), pollMs);
  await new Promise<void>((resolve) => watcher.once("ready", resolve));
  // A save between the reading of `current` and now made no event.
  looker.soon(0);
  return {
    look: looker.look,
    async stop() {
      clearInterval(poll);
      looker.stop();
      await watcher.close();
    },
  };
}

/** Looks at the file one at a time; a request during a look makes one more look after it. */
function createLooker(options: WatchOptions, current: string) {
  let reported = digest(current);
  let complained = "";
  let timer: NodeJS.Timeout | undefined;
  let queue: Promise<void> = Promise.resolve();
  let stopped = false;

  async function lookOnce(): Promise<void> {
    const text = await readSettled(options.path);
    if (stopped) return;
    if (text instanceof Error || text === "") {
      const message = text === "" ? `${options.path} is empty` : text.message;
      if (message !== complained) options.onProblem(`${message}; what runs stays as it is`);
      complained = message;
      return;
    }
    complained = "";
    const hash = digest(text);
    if (hash === reported) return;
    reported = hash;
    await options.onText(text);
  }

  function look(): Promise<void> {
    queue = queue.then(lookOnce);
    return queue;
  }

  function soon(delayMs: number): void {
    clearTimeout(timer);
    timer = setTimeout(() => void look(), delayMs);
  }

  function stop(): void {
    stopped = true;
    clearTimeout(timer);
  }
  return { look, soon, stop };
}

/** The content once two reads, `settleMs` apart, agree; an Error when it cannot be read. */
async function readSettled(path: string): Promise<string | Error> {
  let before = await readText(path);
  for (;;) {
    await wait(settleMs);
    const now = await readText(path);
    if (String(before) === String(now)) return now;
    before = now;
  }
}

/** What some editors put before UTF-8. */
const byteOrderMark = "\ufeff";

/** Read at most `limits.configurationBytes` of a regular file as UTF-8. */
export async function readText(path: string): Promise<string | Error> {
  try {
    // Without O_NONBLOCK a named pipe would wait for its writer.
    const file = await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    try {
      const stat = await file.stat();
      if (!stat.isFile())
        return new TransportError("io", `Cannot read ${path}: not a regular file`);
      if (stat.size > limits.configurationBytes) {
        return new TransportError("io", `Cannot read ${path}: ${stat.size} bytes are too many`);
      }
      const text = await file.readFile("utf8");
      return text.startsWith(byteOrderMark) ? text.slice(byteOrderMark.length) : text;
    } finally {
      await file.close();
    }
  } catch (error) {
    return TransportError.from(`Cannot read ${path}`, error);
  }
}

function digest(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
