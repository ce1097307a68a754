import { didYouMean } from "../../text/did-you-mean.ts";
import { table } from "../../text/table.ts";
import type { Primitive, PrimitiveValue } from "../primitive.ts";
import { primitives } from "../primitives.ts";

/** Help for people: one primitive when `name` is given, else a line for each. */
export function formatHelp(name?: string): string {
  if (name === undefined) {
    const rows = primitives.map((each) => [signature(each), each.describe]);
    return [...table(["function", ""], rows), 'help "ipfix.read" tells more.'].join("\n");
  }
  const found = primitives.find((each) => each.name === name);
  if (found !== undefined) return formatOne(found);
  const names = primitives.map((each) => each.name);
  return `No help for "${name}"${didYouMean(name, names)}`;
}

function signature({ name, parameters }: Primitive): string {
  return `${name}(${parameters.map((each) => each.name).join(", ")})`;
}

function formatOne(primitive: Primitive): string {
  const { describe, parameters, returns, needs, example } = primitive;
  const lines = [signature(primitive), `  ${describe}`];
  if (parameters.length > 0) lines.push("Takes", ...parameters.map(formatValue));
  if (returns.length > 0) lines.push("Returns", ...returns.map(formatValue));
  if (needs !== "nothing") lines.push("Needs", `  the grant to ${needs}`);
  lines.push("Example", ...example.split("\n").map((line) => `  ${line}`));
  return lines.join("\n");
}

function formatValue({ name, type, describe, optional }: PrimitiveValue): string {
  return `  ${name}${optional ? "?" : ""}: ${type}  ${describe}`;
}
