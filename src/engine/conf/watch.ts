import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { dirname, join, resolve, sep } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { watch as watchFolder } from "chokidar";
import { TransportError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { fileDigest, type ModuleLook, rootBeside } from "../../lua/modules/finder.ts";

/** How long the file must be left alone before it is read, in milliseconds. */
const settleMs = 60;
/** How often to look even without an event (network file systems), in milliseconds. */
const pollMs = 2_000;

export interface WatchOptions {
  readonly path: string;
  /**
   * Called with each new content, one call at a time, and with the same content when a module that
   * it depends on has changed. Resolves with what it depends on now. An empty or missing file is
   * no content.
   */
  readonly onText: (text: string) => Promise<readonly ModuleLook[]>;
  /** The file cannot be read, or is empty: what runs stays. */
  readonly onProblem: (message: string) => void;
}

/** A content that was reported and what it depends on. */
export interface Watched {
  readonly text: string;
  readonly looks: readonly ModuleLook[];
}

export interface Watch {
  /** Look now, as on SIGHUP; resolves when what was found has been handled. */
  look(): Promise<void>;
  stop(): Promise<void>;
}

/**
 * Watch one file and the modules it requires, through their folders, which see every way of
 * saving: in place, by rename, by a backup file, and by the `..data` symbolic link that Kubernetes
 * turns. A content is reported when two reads in a row agree and it differs from the content
 * reported before.
 */
export async function watchFile(options: WatchOptions, current: Watched): Promise<Watch> {
  const path = resolve(options.path);
  const folder = dirname(path);
  const modules = rootBeside(path).folder;
  const kept = new Set([folder, path, join(folder, "..data"), modules]);
  const looker = createLooker(options, current);
  const watcher = watchFolder(folder, {
    ignoreInitial: true,
    followSymlinks: false,
    ignored: (entry) => !kept.has(entry) && !entry.startsWith(modules + sep),
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

/** Looks at the files one at a time; a request during a look makes one more look after it. */
function createLooker(options: WatchOptions, current: Watched) {
  let reported = current.text;
  let digests = digestsOf(current.looks);
  let complained = "";
  let timer: NodeJS.Timeout | undefined;
  let queue: Promise<void> = Promise.resolve();
  let stopped = false;

  async function lookOnce(): Promise<void> {
    const { text, changed } = await readSettled(options.path, digests);
    if (stopped) return;
    if (text instanceof Error || text === "") {
      const message = text === "" ? `${options.path} is empty` : text.message;
      if (message !== complained) options.onProblem(`${message}; what runs stays as it is`);
      complained = message;
      return;
    }
    complained = "";
    if (text === reported && changed === "") return;
    reported = text;
    digests = digestsOf(await options.onText(text));
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

/** Digests of module files by path, as `fileDigest` gives them. */
type Digests = ReadonlyMap<string, string>;

function digestsOf(looks: readonly ModuleLook[]): Digests {
  return new Map(looks.map(({ path, digest }) => [path, digest]));
}

/** What stands in the files at one moment. */
interface Reading {
  /** The content; an Error when it cannot be read. */
  readonly text: string | Error;
  /** The modules that are not as `digests` has them, and how they are; empty when all are. */
  readonly changed: string;
}

/** What is there once two readings, `settleMs` apart, agree. */
async function readSettled(path: string, digests: Digests): Promise<Reading> {
  let before = await readOnce(path, digests);
  for (;;) {
    await wait(settleMs);
    const now = await readOnce(path, digests);
    if (String(before.text) === String(now.text) && before.changed === now.changed) return now;
    before = now;
  }
}

async function readOnce(path: string, digests: Digests): Promise<Reading> {
  const changed = [...digests]
    .map(([module, digest]) => [module, digest, fileDigest(module)])
    .filter(([, digest, now]) => digest !== now)
    .map(([module, , now]) => `${module} ${now}`);
  return { text: await readText(path), changed: changed.join("\n") };
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
