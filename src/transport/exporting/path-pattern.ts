import { resolve } from "node:path";
import { ConfigError } from "../../errors.ts";

/** What each word of a path stands for, as strftime has it; times are UTC. */
const words: Readonly<Record<string, (time: Date) => string>> = {
  Y: (time) => String(time.getUTCFullYear()).padStart(4, "0"),
  y: (time) => digits(time.getUTCFullYear() % 100, 2),
  m: (time) => digits(time.getUTCMonth() + 1, 2),
  d: (time) => digits(time.getUTCDate(), 2),
  j: (time) => digits(dayOfYear(time), 3),
  H: (time) => digits(time.getUTCHours(), 2),
  M: (time) => digits(time.getUTCMinutes(), 2),
  S: (time) => digits(time.getUTCSeconds(), 2),
  F: (time) => time.toISOString().slice(0, -14),
  s: (time) => String(Math.floor(time.getTime() / 1_000)),
  "%": () => "%",
};

const dayMs = 86_400_000;

/**
 * Refuse a path with words that there are not, such as `%Q`.
 * @throws {ConfigError} `bad-value`.
 */
export function checkPathPattern(pattern: string): void {
  for (const [found, letter = ""] of pattern.matchAll(/%(.|$)/gs)) {
    if (Object.hasOwn(words, letter)) continue;
    const known = Object.keys(words).map((name) => `%${name}`);
    const expected = `${known.slice(0, -1).join(" ")} or ${known.at(-1)}`;
    const detail = `Cannot write to ${JSON.stringify(pattern)}: unknown "${found}"`;
    throw new ConfigError("bad-value", "", `${detail}, expected ${expected}`);
  }
}

/** The path that `pattern` means at `timeMs` (milliseconds since the epoch). */
export function formatPath(pattern: string, timeMs: number): string {
  const time = new Date(timeMs);
  return pattern.replace(/%(.)/gs, (found, letter: string) => words[letter]?.(time) ?? found);
}

/** The pattern as seen from `folder`, whose own name may hold any character. */
export function resolvePattern(folder: string, pattern: string): string {
  return resolve(resolve(folder).replaceAll("%", "%%"), pattern);
}

function digits(value: number, count: number): string {
  return String(value).padStart(count, "0");
}

function dayOfYear(time: Date): number {
  return Math.floor((time.getTime() - Date.UTC(time.getUTCFullYear(), 0, 1)) / dayMs) + 1;
}
