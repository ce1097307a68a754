import { constants } from "node:fs";
import { access, lstat, open, realpath } from "node:fs/promises";
import { basename, dirname, join, resolve, sep } from "node:path";
import { ipfixVersion } from "../ipfix/message.ts";
import { printable } from "../text/printable.ts";

/** A path in real folders, or why it is refused. */
export type CheckedPath =
  | { readonly path: string; readonly refused?: undefined }
  | { readonly path?: undefined; readonly refused: string };

/** Folders that requests may read from and write to, and nothing else of the file system. */
export interface Roots {
  /** Check a capture: a regular file whose real path lies in a root. It is not opened. */
  checkInput(text: string): Promise<CheckedPath>;
  /**
   * Check an output: a regular file, or nothing yet, in a root, whose folder exists or can be made.
   * Nothing is created.
   */
  checkOutput(text: string): Promise<CheckedPath>;
}

/** Files of these folders look regular, and reading or writing them does things. */
const systemFolders = ["/proc", "/sys", "/dev"];

/**
 * Create the checks for absolute `folders`; relative paths start at the first of them. No output
 * may replace one of the `reserved` files, nor anything that is not an IPFIX file.
 */
export function createRoots(
  folders: readonly string[],
  reserved: () => readonly string[] = () => [],
): Roots {
  const start = folders[0] ?? "/";
  const names = folders.map(printable).join(", ") || "no folder at all";
  const outside = { refused: `outside the folders of the API, expected a path in ${names}` };

  /** Whether the real path lies in a root; roots may be symbolic links themselves. */
  async function allows(path: string): Promise<boolean> {
    if (systemFolders.some((folder) => inside(path, folder))) return false;
    const real = await Promise.all(folders.map(settle));
    return real.some((folder) => folder !== undefined && inside(path, folder));
  }

  /** Refuse by name alone what lies outside, so that nobody learns what exists there. */
  async function locate(text: string): Promise<CheckedPath> {
    const path = resolve(start, text);
    const named = folders.some((folder) => inside(path, folder));
    if (!named && !(await allows(path))) return outside;
    const real = await settle(path);
    if (real === undefined) return { refused: "leads through a broken symbolic link" };
    return (await allows(real)) ? { path: real } : outside;
  }

  return {
    checkInput: (text) => explained(() => checkInput(text)),
    checkOutput: (text) => explained(() => checkOutput(text)),
  };

  async function checkInput(text: string): Promise<CheckedPath> {
    const located = await locate(text);
    if (located.refused !== undefined) return located;
    const stats = await lstat(located.path);
    if (!stats.isFile()) return { refused: `${kindOf(stats)}, expected a regular file` };
    await access(located.path, constants.R_OK);
    return located;
  }

  async function checkOutput(text: string): Promise<CheckedPath> {
    if (text.endsWith("/")) return { refused: "a folder, expected the path of a file" };
    const located = await locate(text);
    if (located.refused !== undefined) return located;
    const existing = await statsOf(located.path);
    if (existing !== undefined && !existing.isFile()) {
      return { refused: `${kindOf(existing)}, expected a regular file or nothing there` };
    }
    if (existing !== undefined && !(await holdsIpfix(located.path))) {
      return { refused: "there and not an IPFIX file, expected one or nothing there" };
    }
    const taken = await Promise.all(reserved().map(settle));
    if (taken.includes(located.path)) return { refused: "written by an exporter" };
    return (await writable(dirname(located.path))) ?? located;
  }
}

type Stats = Awaited<ReturnType<typeof lstat>>;

/** Whether a file is empty or starts like an IPFIX Message (RFC 7011 §3.1). */
async function holdsIpfix(path: string): Promise<boolean> {
  const file = await open(path, "r");
  try {
    const { bytesRead, buffer } = await file.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 0 || (bytesRead === 2 && buffer.readUInt16BE() === ipfixVersion);
  } finally {
    await file.close();
  }
}

/** Why files cannot be created in `folder`, or in the nearest folder above that exists. */
async function writable(folder: string): Promise<CheckedPath | undefined> {
  let nearest = folder;
  let stats = await statsOf(nearest);
  while (stats === undefined) {
    nearest = dirname(nearest);
    stats = await statsOf(nearest);
  }
  if (!stats.isDirectory()) return { refused: `${basename(nearest)} is not a folder` };
  await access(nearest, constants.W_OK | constants.X_OK);
  return undefined;
}

/**
 * The real path of `path`, whose last parts need not exist; undefined when it leads through a
 * symbolic link to nothing.
 */
async function settle(path: string): Promise<string | undefined> {
  let existing = path;
  const missing: string[] = [];
  while ((await statsOf(existing)) === undefined) {
    missing.unshift(basename(existing));
    existing = dirname(existing);
  }
  try {
    return join(await realpath(existing), ...missing);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return undefined;
    throw error;
  }
}

/** What stands at `path` itself, links not followed; undefined for nothing. */
async function statsOf(path: string): Promise<Stats | undefined> {
  try {
    return await lstat(path);
  } catch (error) {
    if (codeOf(error) === "ENOENT" || codeOf(error) === "ENOTDIR") return undefined;
    throw error;
  }
}

function inside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return "a folder";
  if (stats.isFIFO()) return "a named pipe";
  if (stats.isSocket()) return "a socket";
  return "a device";
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: "not found",
  ENOTDIR: "not found: a part of the path is not a folder",
  EACCES: "not permitted for this program",
  EPERM: "not permitted for this program",
  EROFS: "on a read-only file system",
  ELOOP: "a circle of symbolic links",
  ENAMETOOLONG: "too long for the file system",
};

/** Turn the refusals of the system into reasons; other errors pass. */
async function explained(check: () => Promise<CheckedPath>): Promise<CheckedPath> {
  try {
    return await check();
  } catch (error) {
    const refused = reasons[codeOf(error)];
    if (refused === undefined) throw error;
    return { refused };
  }
}

function codeOf(error: unknown): string {
  return String((error as { code?: unknown }).code);
}
