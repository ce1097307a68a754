import { valueNames } from "../elements/value-names.ts";
import { locateFields } from "../locate.ts";
import type { Template } from "../template.ts";
import { formatValue } from "../value.ts";
import { createCache, type LineFormat } from "./lines.ts";

/** Which field of a Template stands in which column. */
interface Columns {
  readonly header: string;
  /** Index of the field, or -1 where the Template lacks it. */
  readonly fields: readonly number[];
  readonly ranges: Int32Array;
}

/**
 * Comma-separated values (RFC 4180) of Data Records, Options Data Records left out. With `fields`
 * there is one header and every record has these columns; without, each change of columns begins
 * with an empty line and a header. `names` shows IANA's name of a value where it has one.
 */
export function createCsv(
  fields?: readonly string[],
  options: { readonly names?: boolean } = {},
): LineFormat {
  let shown: string | undefined;
  const columnsOf = createCache((template: Template) => createColumns(template, fields));
  return {
    batch: ({ template, bytes, templates, offsets }) => {
      if (template.scopeCount > 0) return () => undefined;
      const { header, fields: order, ranges } = columnsOf(template);
      const source = { bytes, templates, depth: 0 };
      return (index) => {
        locateFields(
          template,
          bytes,
          offsets[index] as number,
          offsets[index + 1] as number,
          ranges,
        );
        const cells = order.map((field) => {
          const known = template.fields[field];
          if (!known) return "";
          const [start, end] = [ranges[2 * field] as number, ranges[2 * field + 1] as number];
          const value = plainText(formatValue(known.element, source, start, end));
          const names = options.names ? valueNames(known.element) : undefined;
          return quote(names?.[value as unknown as number] ?? value);
        });
        const line = cells.join(",");
        if (header === shown) return line;
        const before = shown === undefined ? "" : "\n";
        shown = header;
        return `${before}${header}\n${line}`;
      };
    },
  };
}

function createColumns(template: Template, fields: readonly string[] | undefined): Columns {
  const names = template.fields.map(({ name }) => name);
  const wanted = fields ?? names.filter((name) => !name.startsWith("paddingOctets"));
  return {
    header: wanted.map(quote).join(","),
    fields: wanted.map((name) => names.indexOf(name)),
    ranges: new Int32Array(2 * names.length),
  };
}

function quote(cell: string): string {
  return /[",\r\n]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** The text that a JSON value stands for: strings without their quotes, the rest as it is. */
export function plainText(json: string): string {
  if (!json.startsWith('"')) return json;
  return json.includes("\\") ? (JSON.parse(json) as string) : json.slice(1, -1);
}
