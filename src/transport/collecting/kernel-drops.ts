import { readFileSync } from "node:fs";
import { isIPv6 } from "node:net";
import { endianness } from "node:os";
import { parseIpv4, parseIpv6 } from "../../bytes/address.ts";

/** What a bound UDP socket tells of itself. */
export interface BoundSocket {
  readonly address: string;
  readonly port: number;
}

/**
 * Datagrams that the kernel dropped before the socket was read, or 0 where the system does not
 * tell: only Linux does, in `/proc/net/udp`.
 */
export function kernelDrops({ address, port }: BoundSocket): number {
  if (process.platform !== "linux") return 0;
  const local = `${procAddress(address)}:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of readTable(isIPv6(address) ? "/proc/net/udp6" : "/proc/net/udp")) {
    const columns = line.trim().split(/\s+/);
    if (columns[1] === local) return Number(columns.at(-1)) || 0;
  }
  return 0;
}

/** The address as the kernel's table has it: words of 32 bits in the machine's own order. */
function procAddress(address: string): string {
  const bytes = isIPv6(address) ? parseIpv6(withoutZone(address)) : parseIpv4(address);
  if (!bytes) return "";
  const octets = Buffer.from(bytes);
  if (endianness() === "LE") octets.swap32();
  return octets.toString("hex").toUpperCase();
}

function withoutZone(address: string): string {
  return address.replace(/%.*/, "");
}

function readTable(path: string): string[] {
  try {
    return readFileSync(path, "latin1").split("\n");
  } catch {
    return []; // a container without /proc has nothing to tell
  }
}
