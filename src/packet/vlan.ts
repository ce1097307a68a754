import { readUint16 } from "../bytes/read.ts";

/** Octets of a tag behind its EtherType: priority and identifier, then the next type. */
export const vlanTagBytes = 4;

/** Whether `type` announces a tag: 802.1Q, 802.1ad and the older 0x9100 of stacked tags. */
export function isVlanTag(type: number): boolean {
  return type === 0x8100 || type === 0x88a8 || type === 0x9100;
}

/** The identifier of the tag at `at` (IEEE 802.1Q §9.6). */
export function vlanIdentifier(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at) & 0x0fff;
}
