import type { PrimitiveValue, ValueType } from "../primitive.ts";

const luaTypes: Readonly<Record<ValueType, string>> = {
  any: "any",
  string: "string",
  octets: "string",
  strings: "string|string[]",
  integer: "integer",
  number: "number",
  boolean: "boolean",
  function: "function",
  table: "table",
};

/** The LuaCATS type of a value. */
export function luaType({ type, lua, fields }: PrimitiveValue): string {
  if (lua !== undefined) return lua;
  if (fields === undefined) return luaTypes[type];
  const parts = fields.map(
    (field) => `${field.name}${field.optional ? "?" : ""}: ${luaType(field)}`,
  );
  return `{ ${parts.join(", ")} }`;
}
