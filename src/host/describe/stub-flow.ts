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

/** What every flow can do, as stubs have it. */
const methods = {
  copy: {
    describe: "A flow of its own that lasts: the one a function gets is only good for its call.",
    parameters: [],
    returns: "moonfix.Flow",
  },
  emit: {
    describe: "Let the record as it is now leave the mediator, whatever its function returns.",
    parameters: [],
    returns: undefined,
  },
  items: {
    describe: "Loop over a list, `for i, item in flow:items(name) do`: items are made one by one.",
    parameters: ["name"],
    returns: "fun(list: userdata, i: integer): integer?, any",
  },
  raw: {
    describe: "The octets of a field as they are in the record; nil where it lacks the element.",
    parameters: ["name"],
    returns: "string?",
  },
  totable: {
    describe: "All fields by name, to keep beyond the call.",
    parameters: [],
    returns: "table<string, any>",
  },
} as const;

/** Name of a function that every flow has. */
export type FlowMethod = keyof typeof methods;

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
    ...Object.entries(methods).flatMap(([name, { describe, parameters, returns }]) => [
      "",
      `--- ${describe}`,
      ...parameters.map((parameter) => `---@param ${parameter} string`),
      ...(returns === undefined ? [] : [`---@return ${returns}`]),
      `function Flow:${name}(${parameters.join(", ")}) end`,
    ]),
  ];
}
