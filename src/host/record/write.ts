import { encodeInteger, readUnsigned } from "../../bytes/integer.ts";
import { encodeUtf8 } from "../../bytes/utf8.ts";
import { ConfigError } from "../../errors.ts";
import type { TemplateField } from "../../ipfix/template.ts";
import { decodeValue, encodeValue, type FieldValue } from "../../ipfix/value.ts";
import { readNumber } from "../../lua/marshal.ts";
import type { LuaState } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import type { RecordCursor } from "./cursor.ts";
import type { FieldAccess } from "./shape.ts";

/**
 * Set a field to the Lua value at stack index 3.
 * @throws {ConfigError} `wrong-type`, `bad-value` or `unsupported`; the field then stays.
 */
export function writeField(
  state: LuaState,
  L: StatePointer,
  { cursor, access }: { readonly cursor: RecordCursor; readonly access: FieldAccess },
): void {
  const { field, shape } = access;
  if (shape === "unsigned" || shape === "signed") {
    const signed = shape === "signed";
    const value = integerArgument(state, L, field);
    const [least, most] = integerRange(signed, field.length);
    if (value < least || value > most) {
      // From 2^63 on Lua sees a negative number: giving it back changes nothing.
      if (!signed && field.length === 8 && value === storedInteger(cursor, access)) return;
      throw badValue(field, value, `${least} to ${most}`);
    }
    cursor.replace(access.index, encodeInteger(value, field.length));
  } else if (shape === "list") {
    throw new ConfigError("unsupported", "", `Cannot set ${field.name}: lists are read only`);
  } else {
    writePlain(cursor, access, argument(state, L, access));
  }
}

/** Least and greatest value of `octets` octets, at most 8. */
function integerRange(signed: boolean, octets: number): readonly [bigint, bigint] {
  const values = 1n << BigInt(8 * octets);
  return signed ? [-values / 2n, values / 2n - 1n] : [0n, values - 1n];
}

/** What the script sees of an unsigned field now. */
function storedInteger(cursor: RecordCursor, { index }: FieldAccess): bigint {
  const octets = cursor.octets();
  const [start, end] = cursor.range(octets, index);
  return BigInt.asIntN(64, BigInt(readUnsigned(octets, start, end)));
}

function integerArgument(state: LuaState, L: StatePointer, field: TemplateField): bigint {
  const exact = state.x.lua_isinteger(L, 3) !== 0;
  return exact ? state.x.lua_tointegerx(L, 3, 0) : integralFloat(state, L, field);
}

/** LuaJIT has no integers: a float without fraction is one. */
function integralFloat(state: LuaState, L: StatePointer, field: TemplateField): bigint {
  if (state.x.lua_type(L, 3) !== lua.type.number)
    throw wrongType(state, L, { field, expected: "an integer" });
  const number = state.x.lua_tonumberx(L, 3, 0);
  if (!Number.isInteger(number)) throw badValue(field, number, "an integer");
  return BigInt(number);
}

/** The new value; strings as octets, so that nothing is lost on the way. */
function argument(state: LuaState, L: StatePointer, { field, shape }: FieldAccess): FieldValue {
  switch (state.x.lua_type(L, 3)) {
    case lua.type.string:
      return shape === "plain" ? state.toString(L, 3) : state.viewString(L, 3).slice();
    case lua.type.number:
      return readNumber(state, L, 3);
    case lua.type.boolean:
      return state.x.lua_toboolean(L, 3) !== 0;
    default:
      throw wrongType(state, L, {
        field,
        expected: shape === "plain" ? field.element.type : "a string",
      });
  }
}

/** Fine times and odd octets lose bits on the way through Lua: what is unchanged is not written. */
function writePlain(cursor: RecordCursor, access: FieldAccess, value: FieldValue): void {
  const { field, index, shape } = access;
  if (shape === "plain") {
    const octets = cursor.octets();
    const [start, end] = cursor.range(octets, index);
    if (isSame(decodeValue(field.element, octets, start, end), value)) return;
  }
  cursor.replace(index, encodeValue(field.element, value, field.length));
}

/** Whether Lua gave back what it had got for `decoded`. */
function isSame(decoded: FieldValue, value: FieldValue): boolean {
  if (typeof decoded === "bigint") return String(decoded) === String(value);
  if (!(decoded instanceof Uint8Array)) return Object.is(decoded, value);
  const octets = typeof value === "string" ? encodeUtf8(value) : value;
  return (
    octets instanceof Uint8Array &&
    octets.length === decoded.length &&
    octets.every((octet, i) => octet === decoded[i])
  );
}

function wrongType(
  state: LuaState,
  L: StatePointer,
  { field, expected }: { readonly field: TemplateField; readonly expected: string },
): ConfigError {
  const kind = state.x.lua_type(L, 3);
  const name = Object.entries(lua.type).find(([, number]) => number === kind)?.[0];
  const given = name === "nil" ? "nil" : `a ${name}`;
  const detail = `Cannot set ${field.name} to ${given}: expected ${expected}`;
  return new ConfigError("wrong-type", "", detail);
}

function badValue(field: TemplateField, value: number | bigint, expected: string): ConfigError {
  const detail = `Cannot set ${field.name} to ${value}: expected ${expected}`;
  return new ConfigError("bad-value", "", detail);
}
