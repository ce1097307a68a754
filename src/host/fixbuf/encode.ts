import { ConfigError } from "../../errors.ts";
import { type AbstractType, abstractTypes, variableLength } from "../../ipfix/element.ts";
import { encodeValue, type FieldValue } from "../../ipfix/value.ts";
import { fitsType } from "../../ipfix/values/decode.ts";
import { limits } from "../../limits.ts";
import { readNumber } from "../../lua/marshal.ts";
import type { LuaState } from "../../lua/state.ts";
import { lua, type StatePointer } from "../../lua/vm/exports.ts";
import { parseElements } from "./elements.ts";

type Field = ReturnType<typeof parseElements>[number];

/** Layouts that were parsed lately, by their text. */
const layouts = new Map<string, readonly Field[]>();

/** How many are kept: scripts have a few Templates, and a new text is parsed in microseconds. */
const mostLayouts = 256;

function layoutOf(text: string): readonly Field[] {
  const known = layouts.get(text);
  if (known !== undefined) return known;
  if (layouts.size >= mostLayouts) layouts.clear();
  const fields = parseElements(text);
  layouts.set(text, fields);
  return fields;
}

/**
 * The octets of a record: `layout` is the text of its fields, the values are in the table at stack
 * index `record`; those of the table at `lists`, octets of lists, go before. What is missing is
 * zero, or empty where its length is variable.
 * @throws {ConfigError} `wrong-type`, `bad-value` or `limit`.
 */
export function encodeRecord(
  state: LuaState,
  L: StatePointer,
  { layout, record, lists }: { layout: string; record: number; lists: number | undefined },
): Uint8Array {
  const parts: Uint8Array[] = [];
  let size = 0;
  for (const field of layoutOf(layout)) {
    const value = readMember(state, L, lists, field) ?? readMember(state, L, record, field);
    const content = value === undefined ? zeros(field) : encodeField(field, value);
    if (field.length === variableLength) {
      const head = encodeLength(content.length);
      parts.push(head);
      size += head.length;
    }
    parts.push(content);
    size += content.length;
  }
  if (size > limits.messageBytes) {
    throw new ConfigError("limit", "", `Cannot encode a record of ${size} octets`);
  }
  const octets = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    octets.set(part, at);
    at += part.length;
  }
  return octets;
}

/** One octet below 255, else 255 and two octets (RFC 7011 §7). */
function encodeLength(length: number): Uint8Array {
  return length < 255 ? Uint8Array.of(length) : Uint8Array.of(255, length >>> 8, length & 255);
}

function zeros({ length }: Field): Uint8Array {
  return new Uint8Array(length === variableLength ? 0 : length);
}

/** The value of `field` in the table at `index`; text as octets where the type is no text. */
function readMember(
  state: LuaState,
  L: StatePointer,
  index: number | undefined,
  { element }: Field,
): FieldValue | undefined {
  if (index === undefined) return undefined;
  const { x } = state;
  state.pushString(L, element.name);
  const kind = x.lua_rawget(L, index);
  const value = readPlain(state, L, kind, element.type);
  x.lua_settop(L, -2);
  if (value !== undefined || kind === lua.type.nil) return value;
  const name = Object.entries(lua.type).find(([, number]) => number === kind)?.[0];
  const detail = `Cannot set ${element.name}: a ${name}, expected a value of type ${element.type}`;
  throw new ConfigError("wrong-type", "", detail);
}

const textual: readonly AbstractType[] = ["macAddress", "ipv4Address", "ipv6Address"];
const octetal: readonly AbstractType[] = [
  ...(["string", "octetArray", "basicList", "subTemplateList", "subTemplateMultiList"] as const),
];

function readPlain(
  state: LuaState,
  L: StatePointer,
  kind: number,
  type: AbstractType,
): FieldValue | undefined {
  if (kind === lua.type.number) return readNumber(state, L, -1);
  if (kind === lua.type.boolean) return state.x.lua_toboolean(L, -1) !== 0;
  if (kind !== lua.type.string) return undefined;
  return octetal.includes(type) ? state.viewString(L, -1).slice() : state.toString(L, -1);
}

/** Integers beyond Lua's come as text. */
const decimal = /^-?\d{1,78}$/;

function encodeField({ element, length }: Field, value: FieldValue): Uint8Array {
  const { type } = element;
  const fits = length === variableLength || fitsType(type, length);
  if (!fits) return encodeValue({ ...element, type: "octetArray" }, value, length);
  if (typeof value === "string" && !textual.includes(type)) {
    if (decimal.test(value)) return encodeValue(element, BigInt(value), length);
    // What is no value of its type was decoded as octets, and goes back as such.
    return encodeValue({ ...element, type: "octetArray" }, value, length);
  }
  // From 2^63 on Lua sees a negative number.
  const unsigned = type === "unsigned64" || type === "dateTimeMilliseconds";
  const size = length === variableLength ? abstractTypes[type] : length;
  if (unsigned && size === 8 && typeof value !== "object" && Number(value) < 0) {
    return encodeValue(element, BigInt.asUintN(64, BigInt(value)), length);
  }
  return encodeValue(element, value, length);
}
