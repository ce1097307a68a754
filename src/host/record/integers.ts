import { readUnsigned } from "../../bytes/integer.ts";
import type { RecordCursor } from "./cursor.ts";
import type { FieldAccess } from "./shape.ts";

/** Small integers as BigInt, made once: ports, protocols and small counters. */
const small: (bigint | undefined)[] = Array(65_536).fill(undefined);

/** An integer as the VM takes it; 2^63 and more become negative, since Lua's have 64 bits. */
export function toLuaInteger(value: number | bigint): bigint {
  if (typeof value === "bigint") return value;
  if (value < 0 || value > 65_535) return BigInt(value);
  small[value] ??= BigInt(value);
  return small[value];
}

/** The unsigned integer of a field. Hot: the natural lengths are read without a loop. */
export function readInteger(cursor: RecordCursor, access: FieldAccess): bigint {
  const at = cursor.start + access.offset;
  if (access.offset >= 0) {
    switch (access.length) {
      case 1:
        return toLuaInteger(cursor.bytes[at] as number);
      case 2:
        return toLuaInteger(cursor.view.getUint16(at));
      case 4:
        return toLuaInteger(cursor.view.getUint32(at));
      case 8:
        return cursor.view.getBigUint64(at);
    }
  }
  const { bytes } = cursor;
  return toLuaInteger(
    readUnsigned(bytes, cursor.fieldStart(access.index), cursor.fieldEnd(access.index)),
  );
}

/** Write the low octets of `value` to a field of at most 8; the record is ours to write. */
export function writeInteger(cursor: RecordCursor, access: FieldAccess, value: bigint): void {
  const start = cursor.fieldStart(access.index);
  switch (access.length) {
    case 1:
      cursor.bytes[start] = Number(BigInt.asUintN(8, value));
      break;
    case 2:
      cursor.view.setUint16(start, Number(BigInt.asUintN(16, value)));
      break;
    case 4:
      cursor.view.setUint32(start, Number(BigInt.asUintN(32, value)));
      break;
    case 8:
      cursor.view.setBigUint64(start, value);
      break;
    default:
      writeAny(cursor.bytes, start, start + access.length, value);
  }
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
