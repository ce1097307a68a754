import { readFileSync } from "node:fs";

/** A line of a registry by the names in the file's first line. */
export type Row = Readonly<Record<string, string>>;

/** The rows of a file of comma-separated values without quotes. */
export function readRows(path: string): Row[] {
  const [header = "", ...lines] = readFileSync(path, "utf8").trim().split(/\r?\n/);
  const names = header.split(",");
  return lines.map((line) => {
    const cells = line.split(",");
    return Object.fromEntries(names.map((name, i) => [name, cells[i] ?? ""]));
  });
}
