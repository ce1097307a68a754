import { readdir, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { TransportError } from "../errors.ts";

/**
 * Remove the unfinished files that a thread of this process left beside `path` because it ended
 * by force (`createAtomicFile` removes them otherwise).
 * @throws {TransportError} when the folder or a file in it does not allow it.
 */
export async function removeLeftovers(path: string): Promise<void> {
  const folder = dirname(path);
  const head = `.${basename(path)}.${process.pid}.`;
  try {
    const names = await readdir(folder);
    const leftovers = names.filter((name) => name.startsWith(head) && name.endsWith(".tmp"));
    await Promise.all(leftovers.map((name) => rm(join(folder, name), { force: true })));
  } catch (cause) {
    if ((cause as { code?: unknown }).code === "ENOENT") return; // the folder was not made yet
    throw TransportError.from(`Cannot remove what is left of ${path}`, cause);
  }
}
