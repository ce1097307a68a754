import { formatTime } from "../../bytes/time.ts";
import { printable } from "../../text/printable.ts";
import { valueNames } from "../elements/value-names.ts";
import { locateFields } from "../locate.ts";
import type { Template } from "../template.ts";
import { formatValue } from "../value.ts";
import { plainText } from "./csv.ts";
import { createCache, type LineFormat } from "./lines.ts";

/** For people: a heading per record and a line per field; harmless on a terminal. */
export function createText(fields?: readonly string[]): LineFormat {
  const wanted = fields && new Set(fields);
  const layoutOf = createCache((template: Template) => createLayout(template, wanted));
  return {
    batch: ({ template, bytes, templates, offsets, domain, exportTime }) => {
      const { labels, ranges, names } = layoutOf(template);
      const source = { bytes, templates, depth: 0 };
      const kind = template.scopeCount > 0 ? "options" : "data";
      const time = formatTime(exportTime, 0);
      const heading = `${kind} record: template ${template.id}, domain ${domain}, exported ${time}`;
      return (index) => {
        const start = offsets[index] as number;
        locateFields(template, bytes, start, offsets[index + 1] as number, ranges);
        let text = heading;
        labels.forEach((label, i) => {
          const field = template.fields[i];
          if (label === undefined || !field) return;
          const [from, to] = [ranges[2 * i] as number, ranges[2 * i + 1] as number];
          const value = plainText(formatValue(field.element, source, from, to));
          const name = names[i]?.[value as unknown as number];
          text += `\n${label}${printable(value)}${name === undefined ? "" : ` (${name})`}`;
        });
        return text;
      };
    },
    template: ({ id, template, domain }) => {
      if (!template) return `withdrawal: template ${id}, domain ${domain}`;
      const list = template.fields.map(({ name, length }) => {
        return `\n  ${printable(name)} ${length === 65_535 ? "variable" : length}`;
      });
      return `template ${id}, domain ${domain}${list.join("")}`;
    },
    problem: ({ setId, domain, octets }) =>
      `left out: Set ${setId} of ${octets} octets, domain ${domain}`,
    lost: ({ message }, octets) => `lost ${octets} octets: ${printable(message)}`,
    damage: (error) => `damaged record: ${printable(error.message)}`,
  };
}

function createLayout(template: Template, wanted: ReadonlySet<string> | undefined) {
  const names = template.fields.map(({ name, element }) => {
    const selected = !wanted || wanted.has(name) || wanted.has(element.name);
    return selected && element.name !== "paddingOctets" ? printable(name) : undefined;
  });
  const width = Math.max(0, ...names.map((name) => name?.length ?? 0));
  return {
    labels: names.map((name) => name && `  ${name.padEnd(width)}  `),
    ranges: new Int32Array(2 * names.length),
    /** Names of the values of each field that has such. */
    names: template.fields.map(({ element }) => valueNames(element)),
  };
}
