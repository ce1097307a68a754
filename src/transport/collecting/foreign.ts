import { readUint16, readUint32 } from "../../bytes/read.ts";

/** A protocol that often arrives where IPFIX is expected. */
export interface ForeignProtocol {
  readonly counter: "netflow5" | "netflow9" | "netflowOther" | "sflow";
  readonly name: string;
}

/** The protocol of a datagram that is not IPFIX, by its version; undefined when unknown. */
export function foreignProtocol(bytes: Uint8Array): ForeignProtocol | undefined {
  if (bytes.length < 4) return undefined;
  const version = readUint16(bytes, 0);
  if (version === 5) return { counter: "netflow5", name: "NetFlow v5" };
  if (version === 9) return { counter: "netflow9", name: "NetFlow v9" };
  if (version === 1 || version === 7 || version === 8) {
    return { counter: "netflowOther", name: `NetFlow v${version}` };
  }
  const sflow = readUint32(bytes, 0);
  return sflow === 5 ? { counter: "sflow", name: "sFlow v5" } : undefined;
}
