import { fstatSync } from "node:fs";
import { TransportError } from "../../errors.ts";

/** Files that exporters of this process write, by device and inode: one file, one writer. */
const written = new Set<string>();

/**
 * Claim an open file for one exporter, by whatever name it was opened; returns how to give it up.
 * @throws {TransportError} `in-use`
 */
export function claimFile(descriptor: number, path: string): () => void {
  const { dev, ino } = fstatSync(descriptor);
  const key = `${dev}:${ino}`;
  if (written.has(key)) {
    throw new TransportError("in-use", `Cannot write ${path}: another exporter writes this file`);
  }
  written.add(key);
  return () => written.delete(key);
}
