import { readUint16, readUint32 } from "../../bytes/read.ts";

/** Versions of NetFlow that are not translated: nobody uses them any more. */
const otherNetflow: ReadonlySet<number> = new Set([2, 3, 4, 6, 8]);
/** Versions of sFlow before the one that is translated. */
const otherSflow: ReadonlySet<number> = new Set([2, 4]);

/** The name of a relative of IPFIX that is not translated, by the version of a datagram. */
export function foreignProtocol(bytes: Uint8Array): string | undefined {
  if (bytes.length < 4) return undefined;
  const version = readUint16(bytes, 0);
  if (otherNetflow.has(version)) return `NetFlow v${version}`;
  const sflow = readUint32(bytes, 0);
  return otherSflow.has(sflow) ? `sFlow v${sflow}` : undefined;
}
