/** 2^32, by which the high word of a number counts. */
const high = 4_294_967_296;

/** The unsigned number in `[start, end)`, at most 6 octets, in network byte order. */
function readWord(bytes: Uint8Array, start: number, end: number): number {
  let value = 0;
  for (let at = start; at < end; at++) value = value * 256 + (bytes[at] as number);
  return value;
}

/** The unsigned number in `[start, end)`: a bigint only from 2^53 up, where a number is inexact. */
export function readUnsigned(bytes: Uint8Array, start: number, end: number): number | bigint {
  if (end - start <= 6) return readWord(bytes, start, end);
  if (end - start > 8) return readLong(bytes, start, end);
  const top = readWord(bytes, start, end - 4);
  const low = readWord(bytes, end - 4, end);
  return top < 0x20_0000 ? top * high + low : (BigInt(top) << 32n) | BigInt(low);
}

function readLong(bytes: Uint8Array, start: number, end: number): number | bigint {
  let value = 0n;
  for (let at = start; at < end; at++) value = (value << 8n) | BigInt(bytes[at] as number);
  return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value;
}

/** The signed number in `[start, end)` (two's complement): a bigint only where it must be. */
export function readSigned(bytes: Uint8Array, start: number, end: number): number | bigint {
  const value = readUnsigned(bytes, start, end);
  const octets = end - start;
  if (octets === 0 || (bytes[start] as number) < 128) return value;
  if (octets <= 6) return (value as number) - 256 ** octets;
  const signed = BigInt.asIntN(8 * octets, BigInt(value));
  return signed >= Number.MIN_SAFE_INTEGER ? Number(signed) : signed;
}

/** Write `value` as `length` octets, two's complement when it is below zero; it must fit. */
export function encodeInteger(value: number | bigint, length: number): Uint8Array {
  const bytes = new Uint8Array(length);
  let rest = BigInt.asUintN(8 * length, BigInt(value));
  for (let at = length - 1; at >= 0; at--) {
    bytes[at] = Number(rest & 255n);
    rest >>= 8n;
  }
  return bytes;
}
