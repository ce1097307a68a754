import { createHash } from "node:crypto";
import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync } from "node:fs";
import { basename, dirname, join, resolve, sep } from "node:path";
import { ConfigError, TransportError } from "../../errors.ts";
import { limits } from "../../limits.ts";

/** The folder whose files scripts may `require`. */
export interface ModuleRoot {
  /** Absolute path; it need not exist. */
  readonly folder: string;
  /** The folder as messages show it, such as `lua`. */
  readonly shown: string;
}

/** A module's file. */
export interface ModuleFile {
  readonly source: Uint8Array;
  /** Its path as messages show it, such as `lua/rules.lua`. */
  readonly shown: string;
}

/** One look for a module at one path. */
export interface ModuleLook {
  readonly name: string;
  readonly path: string;
  /** `fileDigest` of what was there. */
  readonly digest: string;
  /** The module, when this is its file. */
  readonly file?: ModuleFile;
}

/** Finds modules below one root. */
export interface ModuleFinder {
  /**
   * The file of the module `name`.
   * @throws {ConfigError} `bad-value`, `missing` or `limit`.
   * @throws {TransportError} when the file leads out of the root or cannot be read.
   */
  find(name: string): ModuleFile;
}

/** What a finder works on. */
export interface FinderOptions {
  /** Without it nothing is found. */
  readonly root?: ModuleRoot;
  /** Modules as they were found before: they are taken from here, not from the disk. */
  readonly known?: ReadonlyMap<string, ModuleFile>;
  /** Told of every look, whether it finds a module or not. */
  readonly onLook?: (look: ModuleLook) => void;
}

/** Names as `a.b` or `a/b`: no way leads out of the root, to an absolute path or a hidden file. */
const moduleName = /^[\w-]+(?:[./][\w-]+)*$/;

/** Create a finder. */
export function createModuleFinder({ root, known, onLook }: FinderOptions = {}): ModuleFinder {
  function look(name: string, { folder, shown }: ModuleRoot, file: string) {
    const path = join(folder, file);
    let found: ModuleFile | undefined;
    try {
      const source = readBelow(name, { folder, shown }, file);
      if (source !== undefined) found = { source, shown: nameOf(`${shown}/${file}`) };
      return found;
    } finally {
      const digest = found === undefined ? fileDigest(path) : digestOf(found.source);
      onLook?.({ name, path, digest, ...(found && { file: found }) });
    }
  }

  return {
    find(name) {
      if (!moduleName.test(name)) {
        const expected = 'expected a name such as "rules" or "site.rules"';
        throw new ConfigError("bad-value", "", `Cannot require "${name}": ${expected}`);
      }
      const kept = known?.get(name);
      if (kept !== undefined) return kept;
      const path = name.replaceAll(".", "/");
      const files = [`${path}.lua`, `${path}/init.lua`];
      for (const file of files) {
        const found = root && look(name, root, file);
        if (found !== undefined) return found;
      }
      const places = files.map((file) => `${root?.shown}/${file}`).join(", ");
      const looked = root === undefined ? "" : `, looked at ${places}`;
      throw new ConfigError("missing", "", `Cannot require "${name}": no such module${looked}`);
    },
  };
}

/** How messages name a file: apart from those of ours, whose calls they leave out. */
function nameOf(path: string): string {
  return /^lua\/(?:engine|moonfix)\//.test(path) ? `./${path}` : path;
}

/** The modules of a program: in the folder `lua` beside `file`, its main file. */
export function rootBeside(file: string): ModuleRoot {
  const shown = join(dirname(file), "lua");
  return { folder: resolve(shown), shown };
}

/** SHA-256 of a file that could be a module, whatever it leads to; empty when there is none. */
export function fileDigest(path: string): string {
  try {
    return digestOf(readRegular(basename(path), path));
  } catch {
    // Why it cannot be read is told to whoever requires it.
    return "";
  }
}

function digestOf(source: Uint8Array): string {
  return createHash("sha256").update(source).digest("hex");
}

/** The content of `file` below the root; undefined when there is none. */
function readBelow(name: string, root: ModuleRoot, file: string): Uint8Array | undefined {
  try {
    const real = realpathSync(join(root.folder, file));
    if (!real.startsWith(realpathSync(root.folder) + sep)) {
      const detail = `Cannot require "${name}": ${root.shown}/${file} leads out of ${root.shown}/`;
      throw new TransportError("not-permitted", detail);
    }
    return readRegular(name, real);
  } catch (error) {
    if (error instanceof TransportError || error instanceof ConfigError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw TransportError.from(`Cannot require "${name}"`, error);
  }
}

/** Read a file that is no pipe or device, up to the bound of a configuration. */
function readRegular(name: string, path: string): Uint8Array {
  // Without O_NONBLOCK a named pipe would wait for its writer.
  const file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) {
      throw new TransportError("io", `Cannot require "${name}": ${path} is not a regular file`);
    }
    if (stat.size > limits.configurationBytes) {
      const detail = `Cannot require "${name}": ${stat.size} octets are too many`;
      throw new ConfigError("limit", "", detail);
    }
    return new Uint8Array(readFileSync(file));
  } finally {
    closeSync(file);
  }
}
