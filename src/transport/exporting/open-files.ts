import type { FileHandle } from "node:fs/promises";
import { TransportError } from "../../errors.ts";

/** Files that exporters of this process write, by device and inode: one file, one writer. */
const written = new Set<string>();

/**
 * Claim `file` for one exporter, by whatever name it was opened; returns how to give it up.
 * @throws {TransportError} `in-use`
 */
export async function claimFile(file: FileHandle, path: string): Promise<() => void> {
  const { dev, ino } = await file.stat();
  const key = `${dev}:${ino}`;
  if (written.has(key)) {
    throw new TransportError("in-use", `Cannot write ${path}: another exporter writes this file`);
  }
  written.add(key);
  return () => written.delete(key);
}
