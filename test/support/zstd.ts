/** One Zstandard frame of uncompressed blocks (RFC 8878 §3.1.1). */
export function zstdFrame(content: Uint8Array, blockBytes = 1_000): Uint8Array {
  const parts: Uint8Array[] = [Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x38)];
  for (let at = 0; at === 0 || at < content.length; at += blockBytes) {
    const block = content.subarray(at, at + blockBytes);
    const isLast = at + blockBytes >= content.length;
    parts.push(blockHeader(0, block.length, isLast), block);
  }
  return Buffer.concat(parts);
}

/** A frame of `count` blocks of 128 kB that each are one octet repeated, in four octets. */
export function zstdBomb(count: number, octet: number): Uint8Array {
  const head = Uint8Array.of(0x28, 0xb5, 0x2f, 0xfd, 0, 0x38);
  const block = (isLast: boolean) =>
    Buffer.concat([blockHeader(1, 131_072, isLast), Uint8Array.of(octet)]);
  const blocks = Array.from({ length: count }, (_, i) => block(i === count - 1));
  return Buffer.concat([head, ...blocks]);
}

function blockHeader(type: number, size: number, isLast: boolean): Uint8Array {
  const word = (size << 3) | (type << 1) | (isLast ? 1 : 0);
  return Uint8Array.of(word & 255, (word >>> 8) & 255, word >>> 16);
}
