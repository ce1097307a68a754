import { dirname, resolve } from "node:path";
import { TransportError } from "../../errors.ts";
import { fileDigest, type ModuleFile, type ModuleLook } from "../../lua/modules/finder.ts";
import { readElementFile } from "../../transport/reading/element-file.ts";

/** What a reader of element files works on. */
export interface ElementFilesOptions {
  /** Path of conf.lua: relative paths start beside it. */
  readonly fileName: string;
  /** Files as they were when conf.lua was checked: they are taken from here. */
  readonly known: ReadonlyMap<string, ModuleFile> | undefined;
  /** Told of every look, so that a change of the file applies conf.lua anew. */
  readonly onLook: (look: ModuleLook) => void;
}

/** Create what reads the files that `element { file = … }` names: live, as modules are. */
export function createElementFiles(options: ElementFilesOptions): (path: string) => string {
  return (path) => {
    // No module has a name with a space.
    const name = `elements of ${path}`;
    const kept = options.known?.get(name);
    if (kept) return new TextDecoder().decode(kept.source);
    const full = resolve(dirname(options.fileName), path);
    // Before it is read: a change in between is noticed as one.
    const digest = fileDigest(full);
    let file: ModuleFile | undefined;
    try {
      const text = readElementFile(full);
      file = { source: new TextEncoder().encode(text), shown: path };
      return text;
    } catch (cause) {
      if (!(cause instanceof TransportError)) throw cause;
      throw new TransportError(cause.code, cause.message.replace(full, path), cause);
    } finally {
      options.onLook({ name, path: full, digest, ...(file && { file }) });
    }
  };
}
