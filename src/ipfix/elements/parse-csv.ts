import { ConfigError } from "../../errors.ts";

/** A row of a table with the line that it begins in. */
export interface CsvRow {
  readonly line: number;
  readonly cells: readonly string[];
}

/** A cell: quoted, where a quote is doubled, or else plain. */
const cellPattern = /"([^"]*(?:""[^"]*)*)"(?=[,\r\n]|$)|([^",\r\n]*)(?=[,\r\n]|$)/y;

/**
 * The rows of comma-separated values (RFC 4180), without empty ones.
 * @throws {ConfigError} `syntax` for a cell that is not quoted well.
 */
export function parseCsv(text: string, name: string): CsvRow[] {
  const rows: CsvRow[] = [];
  let cells: string[] = [];
  let line = 1;
  let begun = 1;
  for (let at = text.startsWith("\ufeff") ? 1 : 0; at <= text.length; ) {
    cellPattern.lastIndex = at;
    const found = cellPattern.exec(text);
    if (!found) throw new ConfigError("syntax", `${name}:${line}`, "Cannot read the cell: a quote");
    const [whole, quoted, plain = ""] = found;
    cells.push(quoted === undefined ? plain.trim() : quoted.replaceAll('""', '"'));
    for (const character of whole) if (character === "\n") line++;
    at += whole.length;
    if (text[at] === ",") {
      at++;
      continue;
    }
    if (cells.some((cell) => cell !== "")) rows.push({ line: begun, cells });
    cells = [];
    at += text.startsWith("\r\n", at) ? 2 : 1;
    begun = ++line;
  }
  return rows;
}
