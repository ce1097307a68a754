import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { AsyncFunction, LuaFunction, LuaTable, type LuaValue } from "../../lua/values.ts";
import { Arguments } from "../arguments.ts";
import type { Primitive } from "../primitive.ts";

type Json = null | boolean | number | string | Json[] | { [name: string]: Json };

/** JSON text from and to Lua values, by the rules of our own formats. */
export const jsonPrimitives: readonly Primitive[] = [
  {
    name: "json.encode",
    describe: "JSON text of a value: integers from 2^53 up become strings, octets become hex.",
    parameters: [{ name: "value", type: "any", describe: "A table, string, number or boolean" }],
    returns: [{ name: "text", type: "string", describe: "JSON on one line, members by name" }],
    needs: "nothing",
    example: 'print(json.encode { port = 53, names = { "a", "b" } })',
    bind:
      () =>
      ([value]) => [JSON.stringify(toJson(value))],
  },
  {
    name: "json.decode",
    describe: "The value of JSON text: null becomes nil, numbers beyond 2^53 become floats.",
    parameters: [{ name: "text", type: "string", describe: "One JSON value" }],
    returns: [{ name: "value", type: "any", describe: "Tables for arrays and objects" }],
    needs: "nothing",
    example: "print(json.decode('{\"port\": 53}').port)",
    bind: () => (args) => [fromJson(parse(new Arguments("json.decode", args).text(1, "text")), 0)],
  },
];

function toJson(value: LuaValue): Json {
  if (value === undefined) return null;
  if (typeof value === "bigint") return String(value);
  if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
  if (value instanceof LuaTable) return tableToJson(value);
  if (
    value instanceof LuaFunction ||
    typeof value === "function" ||
    value instanceof AsyncFunction
  ) {
    throw new ConfigError("wrong-type", "", "Cannot encode a function as JSON");
  }
  if (typeof value === "number" && !Number.isFinite(value)) {
    throw new ConfigError("bad-value", "", `Cannot encode ${value} as JSON`);
  }
  return value;
}

function tableToJson(table: LuaTable): Json {
  const { entries } = table;
  if (entries.size > 0 && table.toArray().length === entries.size) {
    return table.toArray().map(toJson);
  }
  const object: { [name: string]: Json } = Object.create(null);
  const members = [...entries].map(([key, value]) => [String(key), value] as const);
  for (const [name, value] of members.sort(([a], [b]) => (a < b ? -1 : 1))) {
    object[name] = toJson(value);
  }
  return object;
}

function parse(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new ConfigError("bad-value", "", `Cannot decode JSON: ${error.message}`);
  }
}

function fromJson(json: Json, depth: number): LuaValue {
  if (json === null) return undefined;
  if (typeof json !== "object") return json;
  if (depth >= limits.luaValueDepth) {
    const detail = `Cannot decode JSON: nested deeper than ${limits.luaValueDepth}`;
    throw new ConfigError("limit", "", detail);
  }
  const members = Array.isArray(json)
    ? json.map((value, i) => [i + 1, value] as const)
    : Object.entries(json);
  return new LuaTable(members.map(([key, value]) => [key, fromJson(value, depth + 1)]));
}
