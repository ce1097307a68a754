import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../", import.meta.url));

/** Path of `path` in `../shared`, or undefined where that folder is absent: the test skips then. */
export function shared(path: string): string | undefined {
  const full = resolve(root, "../shared", path);
  return existsSync(full) ? full : undefined;
}
