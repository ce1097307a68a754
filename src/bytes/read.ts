/**
 * Unchecked reads of numbers in network byte order: whoever walks a container checks its lengths
 * once, then reads with these. They exist beside DataView because a Uint8Array needs no view made.
 */

/** The 16-bit unsigned number at `at`. */
export function readUint16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
}

/** The 32-bit unsigned number at `at`. */
export function readUint32(bytes: Uint8Array, at: number): number {
  return readUint16(bytes, at) * 65_536 + readUint16(bytes, at + 2);
}

/** Write the low 16 bits of `value` at `at`. */
export function writeUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** Write the low 32 bits of `value` at `at`. */
export function writeUint32(bytes: Uint8Array, at: number, value: number): void {
  writeUint16(bytes, at, value >>> 16);
  writeUint16(bytes, at + 2, value);
}
