import { closeSync, fdatasync, openSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, extname, join } from "node:path";
import { promisify } from "node:util";
import { makeFolderNow } from "../support/folders.ts";
import { formatPath } from "./path-pattern.ts";
import type { Rotation } from "./rotation.ts";

/** A file that is being written: a `FileHandle` is one. */
export interface OutputFile {
  readonly fd: number;
  datasync(): Promise<void>;
  close(): Promise<void>;
}

/** How the files of one exporter follow each other. */
export interface FileSeriesOptions {
  /** Path with the words of `formatPath`, in UTC. */
  readonly pattern: string;
  readonly rotation: Rotation;
  /** Milliseconds since the epoch, of a clock that may jump. */
  readonly now: () => number;
}

const datasyncLater = promisify(fdatasync);

/**
 * The files of one exporter, one after the other. Each has the name of the period it begins in; a
 * name that is taken counts up as `14.ipfix`, `14_0001.ipfix`, so that no finished file is touched.
 */
export class FileSeries {
  readonly #options: FileSeriesOptions;
  /** The period of the file at hand, counted from the epoch. */
  #period = 0;

  constructor(options: FileSeriesOptions) {
    this.#options = options;
  }

  get rotation(): Rotation {
    return this.#options.rotation;
  }

  /**
   * Path to begin with: the newest file of the period at hand when `append` is true and it is not
   * full, otherwise one that is not there yet.
   */
  begin(append: boolean): string {
    const { rotation } = this.#options;
    this.#period = this.#periodNow();
    const path = this.#path(this.#period);
    const newest = findNewest(path);
    if (newest === undefined) return path;
    const { size, mtimeMs } = statSync(newest.path);
    const isFull = rotation.bytes !== undefined && size >= rotation.bytes;
    // The same name may have meant an earlier day: that file is finished.
    const isOld = rotation.periodMs !== undefined && mtimeMs < this.#period * rotation.periodMs;
    return append && !isFull && !isOld ? newest.path : pieceOf(path, newest.piece + 1);
  }

  /**
   * Whether the file at hand, of `bytes` octets, is finished. A clock that goes back by less than
   * a period is waited for: it would cut files into pieces at each correction.
   */
  isOver(bytes: number): boolean {
    return bytes >= (this.#options.rotation.bytes ?? Number.POSITIVE_INFINITY) || this.isPast();
  }

  /** Whether the period of the file at hand is over. */
  isPast(): boolean {
    const period = this.#periodNow();
    return period > this.#period || period < this.#period - 1;
  }

  /** Create the next file, with its folders, at once. @throws what the system says. */
  next(): { readonly path: string; readonly file: OutputFile } {
    const period = this.isPast() ? this.#periodNow() : this.#period;
    const base = this.#path(period);
    makeFolderNow(dirname(base));
    for (let piece = (findNewest(base)?.piece ?? -1) + 1; ; piece++) {
      const path = pieceOf(base, piece);
      try {
        const file = outputFile(openSync(path, "ax"));
        this.#period = period;
        return { path, file };
      } catch (error) {
        // Somebody else made it since we looked.
        if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      }
    }
  }

  #periodNow(): number {
    const { rotation, now } = this.#options;
    return rotation.periodMs === undefined ? 0 : Math.floor(now() / rotation.periodMs);
  }

  #path(period: number): string {
    const { pattern, rotation, now } = this.#options;
    const { periodMs } = rotation;
    return formatPath(pattern, periodMs === undefined ? now() : period * periodMs);
  }
}

function outputFile(fd: number): OutputFile {
  return {
    fd,
    datasync: () => datasyncLater(fd),
    close: async () => closeSync(fd),
  };
}

/** The name of the `piece`th file that would be called `path`; the first one is. */
function pieceOf(path: string, piece: number): string {
  if (piece === 0) return path;
  const ending = extname(path);
  const stem = path.slice(0, path.length - ending.length);
  return `${stem}_${String(piece).padStart(4, "0")}${ending}`;
}

/** The file with the highest count among those that are called like `path`. */
function findNewest(path: string): { readonly path: string; readonly piece: number } | undefined {
  const ending = extname(path);
  const stem = basename(path, ending);
  const pieces = listFolder(dirname(path)).flatMap((name) => {
    if (name === basename(path)) return [0];
    if (!name.startsWith(`${stem}_`) || !name.endsWith(ending)) return [];
    const count = name.slice(stem.length + 1, name.length - ending.length);
    return /^\d{4,15}$/.test(count) ? [Number(count)] : [];
  });
  if (pieces.length === 0) return undefined;
  const piece = pieces.reduce((highest, one) => Math.max(highest, one));
  return { path: join(dirname(path), basename(pieceOf(path, piece))), piece };
}

function listFolder(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
}
