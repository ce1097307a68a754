import { ConfigError } from "../../errors.ts";
import { limits } from "../../limits.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import type { ElementDefinition } from "./define.ts";
import { parseCsv } from "./parse-csv.ts";
import { walkXml } from "./walk-xml.ts";

type Key = "name" | "pen" | "id" | "type" | "semantics" | "units";
type Fields = Partial<Record<Key, string>>;

/** How files call what we need: our own words, IANA's columns and tags, and CERT's. */
const keys: Readonly<Record<string, Key>> = {
  name: "name",
  pen: "pen",
  enterpriseid: "pen",
  id: "id",
  elementid: "id",
  type: "type",
  datatype: "type",
  abstractdatatype: "type",
  semantics: "semantics",
  datatypesemantics: "semantics",
  units: "units",
};

/**
 * The elements that a file defines: comma-separated values with a header, or XML as IANA has it.
 * `pen` is the enterprise of those that name none. Rows without type, which registries keep for
 * numbers that are free or reserved, are left out.
 * @throws {ConfigError} `syntax`, `missing`, `bad-value` or `limit`, with the line.
 */
export function readDefinitions(
  text: string,
  file: { readonly name: string; readonly pen: number },
): ElementDefinition[] {
  if (text.length > limits.elementFileCharacters) {
    const most = limits.elementFileCharacters;
    throw new ConfigError("limit", file.name, `Cannot read it: more than ${most} characters`);
  }
  return /^\ufeff?\s*</.test(text) ? readXml(text, file) : readCsv(text, file);
}

function keyOf(word: string): Key | undefined {
  const plain = word.toLowerCase().replaceAll(/[^a-z]/g, "");
  return Object.hasOwn(keys, plain) ? keys[plain] : undefined;
}

function readCsv(text: string, file: { readonly name: string; readonly pen: number }) {
  const [header, ...rows] = parseCsv(text, file.name);
  const columns = header?.cells.map(keyOf) ?? [];
  for (const key of ["name", "id", "type"] as const) {
    if (columns.includes(key)) continue;
    const hint = (header?.cells ?? [])
      .filter((cell) => keyOf(cell) === undefined && didYouMean(cell, [key]) !== "")
      .map((cell) => `; "${cell}" may be meant`);
    const detail = `Cannot read the elements: no column "${key}"${hint.join("")}`;
    throw new ConfigError("missing", `${file.name}:${header?.line ?? 1}`, detail);
  }
  return rows.flatMap(({ line, cells }) => {
    const fields: Fields = {};
    for (const [i, key] of columns.entries()) if (key) fields[key] = cells[i] ?? "";
    return definitionOf(fields, `${file.name}:${line}`, file.pen);
  });
}

function readXml(text: string, file: { readonly name: string; readonly pen: number }) {
  const definitions: ElementDefinition[] = [];
  let fields: Fields = {};
  let where = "";
  let value = "";
  /** Elements within the record at hand, itself included; 0 outside of records. */
  let depth = 0;
  walkXml(text, file.name, {
    open(name, line) {
      if (depth > 0) depth++;
      else if (name === "record") {
        depth = 1;
        fields = {};
        where = `${file.name}:${line}`;
      }
      value = "";
    },
    text(piece) {
      if (depth === 2) value += piece;
    },
    close(name) {
      if (depth === 0) return;
      const key = depth === 2 ? keyOf(name) : undefined;
      if (key) fields[key] = value.trim();
      if (depth === 1) definitions.push(...definitionOf(fields, where, file.pen));
      depth--;
    },
  });
  return definitions;
}

/** What fields define, if they are those of an element at all. */
function definitionOf(fields: Fields, where: string, pen: number): ElementDefinition[] {
  const { name = "", type = "", id = "", semantics = "", units = "" } = fields;
  if (type === "" || id === "") return [];
  const enterprise = fields.pen ?? "";
  return [
    {
      name,
      type,
      semantics,
      units,
      where,
      id: wholeNumber(id, where, name),
      pen: enterprise === "" ? pen : wholeNumber(enterprise, where, name),
    },
  ];
}

function wholeNumber(text: string, where: string, name: string): number {
  if (/^\d{1,10}$/.test(text)) return Number(text);
  const detail = `Cannot define the element "${name}": "${text}" is no whole number`;
  throw new ConfigError("bad-value", where, detail);
}
