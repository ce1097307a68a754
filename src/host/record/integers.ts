import { writeUint16, writeUint32 } from "../../bytes/read.ts";

/** Small integers as BigInt, made once: ports, protocols and small counters. */
const small: (bigint | undefined)[] = Array(65_536).fill(undefined);

/** An integer as the VM takes it; 2^63 and more become negative, since Lua's have 64 bits. */
export function toLuaInteger(value: number | bigint): bigint {
  if (typeof value === "bigint") return value;
  if (value < 0 || value > 65_535) return BigInt(value);
  small[value] ??= BigInt(value);
  return small[value];
}

/** Write the low octets of `value` to `[start, end)`, at most 8. */
export function writeInteger(bytes: Uint8Array, start: number, end: number, value: bigint): void {
  const length = end - start;
  if (length === 8) {
    writeUint32(bytes, start, Number(BigInt.asUintN(32, value >> 32n)));
    writeUint32(bytes, start + 4, Number(BigInt.asUintN(32, value)));
    return;
  }
  const low = Number(BigInt.asUintN(32, value));
  if (length === 4) writeUint32(bytes, start, low);
  else if (length === 2) writeUint16(bytes, start, low);
  else if (length === 1) bytes[start] = low;
  else writeAny(bytes, start, end, value);
}

function writeAny(bytes: Uint8Array, start: number, end: number, value: bigint): void {
  let rest = BigInt.asUintN(8 * (end - start), value);
  for (let i = end - 1; i >= start; i--) {
    bytes[i] = Number(rest & 0xffn);
    rest >>= 8n;
  }
}

const ranges = [false, true].map((signed) =>
  Array.from({ length: 9 }, (_, octets) => {
    const bits = BigInt(8 * octets);
    if (signed && octets > 0) return [-(1n << (bits - 1n)), (1n << (bits - 1n)) - 1n] as const;
    return [0n, (1n << bits) - 1n] as const;
  }),
);

/** Least and greatest value of `octets` octets, at most 8. */
export function integerRange(signed: boolean, octets: number): readonly [bigint, bigint] {
  return ranges[signed ? 1 : 0]?.[octets] ?? [0n, 0n];
}
