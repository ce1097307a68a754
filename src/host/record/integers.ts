import { readUint16, readUint32, writeUint16, writeUint32 } from "../../bytes/read.ts";

/** Small integers as BigInt, made once: ports, protocols and small counters. */
const small = Array.from({ length: 65_536 }, () => undefined as bigint | undefined);

function toBigInt(value: number): bigint {
  if (value < 0 || value > 65_535) return BigInt(value);
  small[value] ??= BigInt(value);
  return small[value];
}

/** The unsigned integer of 1 to 8 octets at `[start, end)`; Lua sees 2^63 and more as negative. */
export function readUnsigned(bytes: Uint8Array, start: number, end: number): bigint {
  switch (end - start) {
    case 1:
      return toBigInt(bytes[start] as number);
    case 2:
      return toBigInt(readUint16(bytes, start));
    case 4:
      return toBigInt(readUint32(bytes, start));
    case 8:
      return readWide(readUint32(bytes, start), readUint32(bytes, start + 4));
    default:
      return readAny(bytes, start, end);
  }
}

function readWide(high: number, low: number): bigint {
  if (high < 0x20_0000) return toBigInt(high * 4_294_967_296 + low);
  return (BigInt(high) << 32n) | BigInt(low);
}

function readAny(bytes: Uint8Array, start: number, end: number): bigint {
  let value = 0n;
  for (let i = start; i < end; i++) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}

/** The two's complement integer of 1 to 8 octets at `[start, end)`. */
export function readSigned(bytes: Uint8Array, start: number, end: number): bigint {
  return BigInt.asIntN(8 * (end - start), readUnsigned(bytes, start, end));
}

/** Write the low octets of `value` to `[start, end)`. */
export function writeInteger(bytes: Uint8Array, start: number, end: number, value: bigint): void {
  const length = end - start;
  if (length === 8) {
    writeUint32(bytes, start, Number((value >> 32n) & 0xffff_ffffn));
    writeUint32(bytes, start + 4, Number(value & 0xffff_ffffn));
  } else if (length === 4) writeUint32(bytes, start, Number(BigInt.asUintN(32, value)));
  else if (length === 2) writeUint16(bytes, start, Number(BigInt.asUintN(16, value)));
  else {
    let rest = BigInt.asUintN(8 * length, value);
    for (let i = end - 1; i >= start; i--) {
      bytes[i] = Number(rest & 0xffn);
      rest >>= 8n;
    }
  }
}

/** Least and greatest value of `octets` octets; Lua's own integers end at 2^63 - 1. */
export function integerRange(signed: boolean, octets: number): readonly [bigint, bigint] {
  const bits = BigInt(8 * octets);
  if (signed) return [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n];
  return [0n, (1n << bits) - 1n];
}
