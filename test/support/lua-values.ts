import fc from "fast-check";
import { type LuaKey, LuaTable, type LuaValue } from "../../src/lua/values.ts";

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Octets of any kind, half of them no text. */
export const octets = fc.uint8Array({ maxLength: 64 });

const integers = fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n });
const texts = fc.string({ unit: "binary", maxLength: 40 });
const keys: fc.Arbitrary<LuaKey> = fc.oneof(
  octets,
  texts,
  integers,
  fc.boolean(),
  fc.double({ noNaN: true }),
  fc.constantFrom("__proto__", "constructor", "toString", "then"),
);
const plain: fc.Arbitrary<LuaValue> = fc.oneof(
  octets,
  texts,
  integers,
  fc.boolean(),
  fc.double(),
  fc.constant(null),
);

/** Any plain value that is not nil, tables up to three deep. */
export const luaValues: fc.Arbitrary<LuaValue> = fc.letrec<{ value: LuaValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 3, withCrossShrink: true },
    plain,
    fc
      .array(fc.tuple(keys, tie("value")), { maxLength: 6 })
      .map((entries) => new LuaTable(entries)),
  ),
})).value;

/** How `value` comes back from Lua: octets that are text as text, integers of 53 bits as numbers. */
export function canonical(value: LuaValue): LuaValue {
  if (value instanceof Uint8Array) return textOrOctets(value);
  if (typeof value === "bigint") return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  if (!(value instanceof LuaTable)) return value;
  const table = new LuaTable();
  for (const [key, each] of value.entries) setOnce(table, canonicalKey(key), canonical(each));
  return table;
}

/** As Lua has keys: a float that is an integer of 64 bits is that integer. */
function canonicalKey(key: LuaKey): LuaKey {
  const isWhole = typeof key === "number" && Number.isInteger(key);
  if (isWhole && key >= -(2 ** 63) && key < 2 ** 63) return canonical(BigInt(key)) as LuaKey;
  return canonical(key) as LuaKey;
}

function setOnce(table: LuaTable, key: LuaKey, value: LuaValue): void {
  if (key instanceof Uint8Array) {
    for (const each of table.entries.keys()) {
      if (each instanceof Uint8Array && Buffer.from(each).equals(key)) table.entries.delete(each);
    }
  }
  table.entries.set(key, value);
}

function textOrOctets(value: Uint8Array): string | Uint8Array {
  try {
    return utf8.decode(value);
  } catch (error) {
    if (error instanceof TypeError) return value;
    throw error;
  }
}
