import { lookup } from "node:dns/promises";
import type { NetworkAddress } from "../address.ts";
import { transportFailure } from "./failure.ts";

/** A host's address. */
export interface ResolvedHost {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * The address of a host; IPv4 when it has both.
 * @throws {TransportError} `unreachable`, under `action`.
 */
export async function resolveHost({ host }: NetworkAddress, action: string): Promise<ResolvedHost> {
  try {
    const { address, family } = await lookup(host, { verbatim: false });
    return { address, family: family === 6 ? 6 : 4 };
  } catch (cause) {
    throw transportFailure(action, cause);
  }
}
