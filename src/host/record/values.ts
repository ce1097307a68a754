import { ConfigError } from "../../errors.ts";
import { type AbstractType, abstractTypes, variableLength } from "../../ipfix/element.ts";
import type { TemplateField } from "../../ipfix/template.ts";
import { decodeValue, encodeValue, type FieldValue } from "../../ipfix/value.ts";
import { lua, type StatePointer } from "../../lua/exports.ts";
import { pushNumber, readNumber } from "../../lua/marshal.ts";
import type { LuaState } from "../../lua/state.ts";
import type { RecordCursor } from "./cursor.ts";
import { integerRange, readSigned, readUnsigned, writeInteger } from "./integers.ts";
import { listTable } from "./lists.ts";

/** How a type stands in a record; what is not here goes through `decodeValue`. */
type Shape = "unsigned" | "signed" | "other" | "list";

const shapes: Readonly<Partial<Record<AbstractType, Shape>>> = {
  unsigned8: "unsigned",
  unsigned16: "unsigned",
  unsigned32: "unsigned",
  unsigned64: "unsigned",
  dateTimeSeconds: "unsigned",
  dateTimeMilliseconds: "unsigned",
  signed8: "signed",
  signed16: "signed",
  signed32: "signed",
  signed64: "signed",
  basicList: "list",
  subTemplateList: "list",
  subTemplateMultiList: "list",
};

const shapeOf = (field: TemplateField): Shape => shapes[field.element.type] ?? "other";

/** A field of the record under the cursor. */
export interface FieldAccess {
  readonly index: number;
  readonly field: TemplateField;
}

/** Push the value of a field as Lua sees it: exact integers, text, octets, booleans, lists. */
export function pushField(
  state: LuaState,
  L: StatePointer,
  { cursor, access }: { cursor: RecordCursor; access: FieldAccess },
): void {
  const start = cursor.fieldStart(access.index);
  const end = cursor.fieldEnd(access.index);
  const shape = shapeOf(access.field);
  if (shape === "unsigned" && end > start && end - start <= 8) {
    state.x.lua_pushinteger(L, readUnsigned(cursor.bytes, start, end));
  } else if (shape === "signed" && end > start && end - start <= 8) {
    state.x.lua_pushinteger(L, readSigned(cursor.bytes, start, end));
  } else if (shape === "list") {
    listTable(state, L, { cursor, element: access.field.element, start, end });
  } else {
    pushPlain(state, L, decodeValue(access.field.element, cursor.bytes, start, end));
  }
}

/** Push a value that is no list. */
export function pushPlain(state: LuaState, L: StatePointer, value: FieldValue): void {
  if (typeof value === "string" || value instanceof Uint8Array) state.pushString(L, value);
  else if (typeof value === "number") pushNumber(state, L, value);
  else if (typeof value === "bigint") state.x.lua_pushinteger(L, BigInt.asIntN(64, value));
  else if (typeof value === "boolean") state.x.lua_pushboolean(L, value ? 1 : 0);
  else throw new Error("a list is no plain value");
}

/**
 * Set a field to the Lua value at stack index 3.
 * @throws {ConfigError} `wrong-type`, `bad-value` or `unsupported`.
 */
export function writeField(
  state: LuaState,
  L: StatePointer,
  { cursor, access }: { cursor: RecordCursor; access: FieldAccess },
): void {
  const { field, index } = access;
  const shape = shapeOf(field);
  if (shape === "list") {
    throw new ConfigError("unsupported", "", `Cannot set ${field.name}: lists are read only`);
  }
  if (shape !== "other" && field.length <= 8) {
    const value = integerArgument(state, L, { field, signed: shape === "signed" });
    cursor.makeWritable();
    writeInteger(cursor.bytes, cursor.fieldStart(index), cursor.fieldEnd(index), value);
    return;
  }
  cursor.replace(index, encodePlain(state, L, field));
}

function integerArgument(
  state: LuaState,
  L: StatePointer,
  { field, signed }: { field: TemplateField; signed: boolean },
): bigint {
  const { x } = state;
  if (x.lua_type(L, 3) !== lua.type.number)
    throw wrongType(state, L, { field, expected: "an integer" });
  let value: bigint;
  if (x.lua_isinteger(L, 3) !== 0) value = x.lua_tointegerx(L, 3, 0);
  else {
    const number = x.lua_tonumberx(L, 3, 0);
    if (!Number.isInteger(number)) throw badValue(field, number, "an integer");
    value = BigInt(number);
  }
  const [least, most] = integerRange(signed, field.length);
  if (value < least || value > most) throw badValue(field, value, `${least} to ${most}`);
  return value;
}

function encodePlain(state: LuaState, L: StatePointer, field: TemplateField): Uint8Array {
  const kind = state.x.lua_type(L, 3);
  let value: FieldValue;
  if (kind === lua.type.string) {
    const octets = field.element.type === "octetArray";
    value = octets ? state.viewString(L, 3).slice() : state.toString(L, 3);
  } else if (kind === lua.type.number) value = readNumber(state, L, 3);
  else if (kind === lua.type.boolean) value = state.x.lua_toboolean(L, 3) !== 0;
  else throw wrongType(state, L, { field, expected: expectedOf(field) });
  return encodeValue(field.element, value, field.length);
}

function expectedOf(field: TemplateField): string {
  const { type } = field.element;
  if (type === "boolean") return "true or false";
  if (type.startsWith("float") || type.startsWith("dateTime")) return "a number";
  return "a string";
}

function wrongType(
  state: LuaState,
  L: StatePointer,
  { field, expected }: { field: TemplateField; expected: string },
): ConfigError {
  const name = Object.entries(lua.type).find(([, kind]) => kind === state.x.lua_type(L, 3))?.[0];
  const given = name === "nil" ? "nil" : `a ${name}`;
  return new ConfigError(
    "wrong-type",
    "",
    `Cannot set ${field.name} to ${given}: expected ${expected}`,
  );
}

function badValue(field: TemplateField, value: number | bigint, expected: string): ConfigError {
  return new ConfigError(
    "bad-value",
    "",
    `Cannot set ${field.name} to ${value}: expected ${expected}`,
  );
}

/** Whether a field's octets can change their number. */
export const isVariable = (field: TemplateField): boolean =>
  field.length === variableLength || abstractTypes[field.element.type] === variableLength;
