import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { isWanted, splitSections } from "./sections.ts";

/** Something to run in a state of its own: a file, or a section of one. */
export interface Exercise {
  readonly name: string;
  /** Path of the file, relative to the suite's folder. */
  readonly path: string;
  /** What to run instead of the file's text. */
  readonly source?: string;
}

/** The folder of a suite below `MOONFIX_SUITES`: the first of these names that is there. */
export function suiteFolder(root: string, names: readonly string[]): string | undefined {
  return names.map((name) => join(root, name)).find((path) => existsSync(path));
}

/** Every file with this ending directly in `folder`, as an exercise. */
export function listFiles(folder: string, ending: string): Exercise[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith(ending))
    .sort()
    .map((name) => ({ name, path: name }));
}

/**
 * The sections that the `index` files below `folder` name and that luajit without ffi is to run.
 * A folder without `index` gives all its Lua files; what an index names and is not there is
 * passed over, since a copy of the suite may be partial.
 */
export function listSections(root: string, folder = ""): Exercise[] {
  const found: Exercise[] = [];
  for (const { name, conditions } of indexOf(join(root, folder))) {
    const path = folder === "" ? name : `${folder}/${name}`;
    if (!isWanted(conditions) || !existsSync(join(root, path))) continue;
    if (!name.endsWith(".lua")) {
      found.push(...listSections(root, path));
      continue;
    }
    for (const section of splitSections(readFileSync(join(root, path), "latin1"))) {
      if (!isWanted(section.conditions)) continue;
      found.push({ name: `${path} ${section.name}`.trim(), path, source: section.source });
    }
  }
  return found;
}

function indexOf(folder: string): { name: string; conditions: string[] }[] {
  const index = join(folder, "index");
  const lines = existsSync(index) ? readFileSync(index, "latin1").split("\n") : [];
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(([name = ""]) => name !== "")
    .map(([name = "", ...words]) => ({
      name,
      conditions: words.filter((word) => /^[-+]/.test(word)),
    }));
}
