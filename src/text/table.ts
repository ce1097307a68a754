import { printable } from "./printable.ts";

/**
 * Lines of a text table: `rows` under `headings`, two spaces between columns, numbers to the right.
 * Cells are made printable.
 */
export function table(
  headings: readonly string[],
  rows: readonly (readonly (string | number)[])[],
): string[] {
  const cells = rows.map((row) => row.map((cell) => printable(grouped(cell))));
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  );
  const right = headings.map((_, column) => typeof rows[0]?.[column] === "number");
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return right[column] ? cell.padStart(width) : cell.padEnd(width);
      })
      .join("  ")
      .trimEnd();
  return [line(headings), ...cells.map(line)];
}

/** A count with a thin gap between thousands, as in `1 234 567`; text is returned as it is. */
export function grouped(value: number | string): string {
  if (typeof value === "string") return value;
  return value.toString().replace(/\B(?=(\d{3})+$)/g, " ");
}
