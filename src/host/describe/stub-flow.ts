import type { AbstractType, abstractTypes } from "../../ipfix/element.ts";
import { elementByName, elementNames } from "../../ipfix/registry.ts";

/** How Lua sees each abstract type. */
const luaTypes: Readonly<Partial<Record<AbstractType, string>>> = {
  boolean: "boolean",
  float32: "number",
  float64: "number",
  octetArray: "string",
  string: "string",
  macAddress: "string",
  ipv4Address: "string",
  ipv6Address: "string",
  unsigned256: "string",
  basicList: "table",
  subTemplateList: "table",
  subTemplateMultiList: "table",
};

/** The class `moonfix.Flow`: a field for every element that is not a reverse twin. */
export function formatElementField(): string[] {
  const names = elementNames()
    .filter((name) => !/^reverse[A-Z]/.test(name))
    .sort();
  const fields = names.map((name) => {
    const element = elementByName(name);
    const type = element?.type ?? ("octetArray" satisfies keyof typeof abstractTypes);
    const units = element?.units ? ` in ${element.units}` : "";
    return `---@field ${name} ${luaTypes[type] ?? "integer"}? ${type}${units}`;
  });
  return [
    "--- A Data Record. Every element of the registries is a field; nil where the record lacks it.",
    "---@class moonfix.Flow",
    ...fields,
    "local Flow = {}",
    "",
    "--- All fields by name, to keep beyond the call.",
    "---@return table<string, any>",
    "function Flow:totable() end",
  ];
}
