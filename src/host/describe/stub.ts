import type { Primitive, PrimitiveValue } from "../primitive.ts";
import { formatElementField } from "./stub-flow.ts";

const title = [
  "---@meta moonfix",
  "-- Generated from src/host/primitives.ts for lua-language-server. `npm test -- -u` renews it.",
];

/** LuaCATS stubs of `primitives`: what an editor needs to complete and check scripts. */
export function formatStub(primitives: readonly Primitive[]): string {
  const own = primitives.filter(({ bind }) => bind !== undefined);
  const tables = new Set(own.map(({ name }) => name.split(".")[0]));
  const declarations = [...tables].map((name) => `${name} = {}`);
  const parts = [title, formatElementField(), declarations, ...own.map(formatFunction)];
  return `${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function formatFunction(primitive: Primitive): string[] {
  const { name, describe, parameters, returns, needs } = primitive;
  return [
    `--- ${describe}`,
    ...(needs === "nothing" ? [] : [`--- Needs the grant to ${needs}.`]),
    ...parameters.map(formatParameter),
    ...returns.map(({ name, type, describe }) => `---@return ${type} ${name} ${describe}`),
    `function ${name}(${parameters.map(({ name }) => name).join(", ")}) end`,
  ];
}

function formatParameter({ name, type, describe, optional }: PrimitiveValue): string {
  return `---@param ${name}${optional ? "?" : ""} ${type} ${describe}`;
}
