import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** A line of the record schema. */
export type Line = Readonly<Record<string, unknown>>;

/** The names of the files of `folder` that end in `suffix`, without it. */
export function namesIn(folder: string | undefined, suffix: string): string[] {
  if (!folder) return [];
  const all = readdirSync(folder).filter((name) => name.endsWith(suffix));
  return all.map((name) => name.slice(0, -suffix.length));
}

/** Lines by all that groups them; the order of groups is free, the order within one is not. */
export function grouped(lines: readonly Line[]): Map<string, unknown[]> {
  const groups = new Map<string, unknown[]>();
  for (const { exporter, version, domain, kind, template, seq: _, scope: __, ...rest } of lines) {
    const key = JSON.stringify([exporter, version, domain, kind, template]);
    groups.set(key, [...(groups.get(key) ?? []), rest]);
  }
  return groups;
}

/** The expected lines; their registry ends before 513, ours knows the additions of 2025. */
export function readExpected(folder: string, name: string): Line[] {
  const text = readFileSync(join(folder, "expected", `${name}.rec.jsonl`), "utf8")
    .trim()
    .replaceAll('"0/515":"00000000"', '"ipv6ExtensionHeadersFull":0')
    .replaceAll('["0/515",0,515,4]', '["ipv6ExtensionHeadersFull",0,515,4]');
  return text === "" ? [] : text.split("\n").map((line) => JSON.parse(line) as Line);
}
