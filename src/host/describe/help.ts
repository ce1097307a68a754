import type { Element } from "../../ipfix/element.ts";
import { valueNames } from "../../ipfix/elements/value-names.ts";
import { elementByName, elementNames } from "../../ipfix/registry.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { table } from "../../text/table.ts";
import type { Constant, Primitive, PrimitiveValue } from "../primitive.ts";
import { constants, primitives } from "../primitives.ts";
import { luaType } from "./lua-type.ts";

/** Help for people: one primitive or element when it is named, else a line for each primitive. */
export function formatHelp(name?: string): string {
  if (name === undefined) {
    const rows = [...primitives.map((each) => [signature(each), each.describe])];
    rows.push(...constants.map((each) => [each.name, each.describe]));
    return [...table(["function", ""], rows), 'help "ipfix.read" tells more.'].join("\n");
  }
  const found = primitives.find((each) => each.name === name);
  if (found !== undefined) return formatOne(found);
  const constant = constants.find((each) => each.name === name);
  if (constant !== undefined) return formatConstant(constant);
  const element = elementByName(name);
  if (element !== undefined) return formatElement(element);
  const own = [...primitives, ...constants].map((each) => each.name);
  const names = [...own, ...elementNames()];
  return `No help for "${name}"${didYouMean(name, names)}`;
}

/** What the registries say, a line each. */
function formatElement(element: Element): string {
  const { name, pen, id, type, semantics, units } = element;
  const rows = [
    ["enterprise", pen === 0 ? "IANA" : String(pen)],
    ["number", String(id)],
    ["type", type],
    ["semantics", semantics],
    ["units", units],
    ...Object.entries(valueNames(element) ?? {}).map(([value, name]) => [`value ${value}`, name]),
  ];
  const known = rows.filter(([, value]) => value !== "");
  return [name, ...known.map(([label = "", value]) => `  ${label.padEnd(10)}  ${value}`)].join(
    "\n",
  );
}

function signature({ name, parameters }: Primitive): string {
  return `${name}(${parameters.map((each) => each.name).join(", ")})`;
}

function formatOne(primitive: Primitive): string {
  const { describe, parameters, returns, needs, example, bind } = primitive;
  const lines = [signature(primitive), `  ${describe}`];
  if (bind !== undefined && "wait" in bind) lines.push("  The script waits; others go on.");
  if (parameters.length > 0) lines.push("Takes", ...parameters.flatMap(formatParameter));
  if (returns.length > 0) lines.push("Returns", ...returns.map(formatValue));
  if (needs !== "nothing") lines.push("Needs", `  the grant to ${needs}`);
  return [...lines, ...formatExample(example)].join("\n");
}

function formatConstant({ name, describe, example }: Constant): string {
  return [name, `  ${describe}`, ...formatExample(example)].join("\n");
}

function formatExample(example: string): string[] {
  return ["Example", ...example.split("\n").map((line) => `  ${line}`)];
}

function formatParameter(value: PrimitiveValue): string[] {
  if (value.fields === undefined) return [formatValue(value)];
  const title = `  ${value.name}: table  ${value.describe}`;
  return [title, ...value.fields.map((field) => `  ${formatValue(field)}`)];
}

function formatValue(value: PrimitiveValue): string {
  const { name, describe, optional } = value;
  return `  ${name}${optional ? "?" : ""}: ${luaType(value)}  ${describe}`;
}
