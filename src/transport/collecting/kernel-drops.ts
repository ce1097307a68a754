import { readFileSync } from "node:fs";

/** A bound UDP socket. */
export interface BoundSocket {
  readonly family: 4 | 6;
  /** Its port; the first socket on that port is meant. */
  readonly port: number;
}

/**
 * Datagrams that the kernel dropped before the socket could be read, or 0 where the system does
 * not tell (only Linux does, in `/proc/net/udp`).
 */
export function kernelDrops({ family, port }: BoundSocket): number {
  if (process.platform !== "linux") return 0;
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of readTable(family === 6 ? "/proc/net/udp6" : "/proc/net/udp")) {
    const columns = line.trim().split(/\s+/);
    if (columns[1]?.endsWith(suffix)) return Number(columns.at(-1)) || 0;
  }
  return 0;
}

function readTable(path: string): string[] {
  try {
    return readFileSync(path, "latin1").split("\n");
  } catch {
    return []; // a system without /proc: there is nothing to tell
  }
}
