import type { Constant, Primitive, PrimitiveValue } from "../primitive.ts";
import { luaType } from "./lua-type.ts";
import { formatElementField } from "./stub-flow.ts";

const title = [
  "---@meta moonfix",
  "-- Generated from src/host/primitives.ts for lua-language-server. `npm test -- -u` renews it.",
];

/** LuaCATS stubs of all that scripts find: what an editor needs to complete and check them. */
export function formatStub(
  primitives: readonly Primitive[],
  constants: readonly Constant[],
): string {
  const own = primitives.filter(({ bind }) => bind !== undefined);
  const names = [...own, ...constants].map(({ name }) => name).filter((name) => name.includes("."));
  const tables = [...new Set(names.map((name) => name.split(".")[0]))].sort();
  const declarations = tables.map((name) => `${name} = {}`);
  const parts = [
    title,
    formatElementField(),
    declarations,
    ...constants.map(formatConstant),
    ...own.map(formatFunction),
  ];
  return `${parts.map((lines) => lines.join("\n")).join("\n\n")}\n`;
}

function formatConstant({ name, lua, describe }: Constant): string[] {
  return [`--- ${describe}`, `---@type ${lua}`, `${name} = nil`];
}

function formatFunction(primitive: Primitive): string[] {
  const { name, describe, parameters, returns, needs, bind } = primitive;
  return [
    ...parameters.flatMap((parameter) => formatOptions(name, parameter)),
    `--- ${describe}`,
    ...(needs === "nothing" ? [] : [`--- Needs the grant to ${needs}.`]),
    ...(bind !== undefined && "wait" in bind ? ["--- The script waits; others go on."] : []),
    ...parameters.map((parameter) => formatParameter(name, parameter)),
    ...returns.map((value) => `---@return ${luaType(value)} ${value.name} ${value.describe}`),
    `function ${name}(${parameters.map(({ name }) => name).join(", ")}) end`,
  ];
}

function formatParameter(callee: string, parameter: PrimitiveValue): string {
  const { name, optional, fields, describe } = parameter;
  const type = fields === undefined ? luaType(parameter) : className(callee, name);
  return `---@param ${name}${optional ? "?" : ""} ${type} ${describe}`;
}

/** The class of a table of options. */
function formatOptions(callee: string, { name, fields }: PrimitiveValue): string[] {
  if (fields === undefined) return [];
  const lines = fields.map(
    (field) =>
      `---@field ${field.name}${field.optional ? "?" : ""} ${luaType(field)} ${field.describe}`,
  );
  return [`---@class (exact) ${className(callee, name)}`, ...lines, ""];
}

const className = (callee: string, name: string): string => `moonfix.${callee}.${name}`;
