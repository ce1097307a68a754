import type { DecodeError } from "../../errors.ts";
import { table } from "../../text/table.ts";
import type { LineOutput } from "../line-output.ts";

/** What was read of one file, and what was not. */
export interface CatResult {
  readonly counters: Readonly<Record<string, number>>;
  readonly damages: Damages;
}

/** Damages of one file that are told one by one. */
const toldAtMost = 10;

/** What was wrong with a file: the first of it in words, and how much in all. */
export class Damages {
  count = 0;
  /** Octets that are lost. */
  lostBytes = 0;
  readonly #told: string[] = [];

  /** Octets from the error's offset on are lost; none by default. */
  add(error: DecodeError, lostBytes = 0): void {
    this.count++;
    this.lostBytes += lostBytes;
    if (this.#told.length >= toldAtMost) return;
    const lost = lostBytes > 0 ? `; ${lostBytes} octets lost` : "";
    this.#told.push(`${error.message}${lost}`);
  }

  /** One sentence a damage; how many further ones there were, and what all of them cost. */
  sentences(): readonly string[] {
    const more = this.count - this.#told.length;
    if (more === 0) return this.#told;
    return [...this.#told, `${more} more damages; ${this.lostBytes} octets lost in all`];
  }
}

const leftOutNames = {
  setsDamagedLate: "damaged Data Sets that waited for their Template",
  reservedSets: "Sets of a reserved kind",
  templatesRefused: "Templates beyond the limit",
  incompleteDatagrams: "datagrams in fragments or cut short",
  peersForgotten: "exporters given up for newer ones",
} as const;

/** What was left out though nothing is damaged, in words; empty when nothing was. */
export function describeLeftOut(counters: Readonly<Record<string, number>>): string {
  const { setsWithoutTemplate = 0, setsDecodedLate = 0, setsDamagedLate = 0 } = counters;
  const undecoded = setsWithoutTemplate - setsDecodedLate - setsDamagedLate;
  const named = Object.entries(leftOutNames).map(
    ([key, name]) => [counters[key] ?? 0, name] as const,
  );
  const parts = [[undecoded, "Data Sets without Template"] as const, ...named].filter(
    ([count]) => count > 0,
  );
  return parts.map(([count, name]) => `${count} ${name}`).join(", ");
}

/** Show the counters of the file `path` as a table. */
export function showCounters(
  path: string,
  counters: Readonly<Record<string, number>>,
  output: LineOutput,
): void {
  const rows = Object.entries(counters).map(([name, count]) => [count, name] as const);
  for (const line of table(["count", path], rows)) output.line(line);
}
