import { didYouMean } from "../../text/did-you-mean.ts";
import type { Element } from "../element.ts";
import { protocolNames } from "../tables/protocols.ts";
import { ianaValueNames } from "../tables/value-names.ts";

/** Numbers of IANA's elements whose values are protocols. */
const protocolElements: ReadonlySet<number> = new Set([4, 193]);
/** Enterprises whose elements have IANA's numbers and meaning: IANA and its reverse twins. */
const ianaPens: ReadonlySet<number> = new Set([0, 29_305]);

const byWord = new Map<Readonly<Record<number, string>>, Map<string, number>>();

/** Names of the values of `element`, by value; undefined when its values have none. */
export function valueNames({ pen, id }: Element): Readonly<Record<number, string>> | undefined {
  if (!ianaPens.has(pen)) return undefined;
  if (protocolElements.has(id)) return protocolNames;
  return Object.hasOwn(ianaValueNames, id) ? ianaValueNames[id] : undefined;
}

/** IANA's name of a value of `element`, such as `idle timeout` for 1 of `flowEndReason`. */
export function nameOfValue(element: Element, value: number): string | undefined {
  return valueNames(element)?.[value];
}

/**
 * The value of `element` that IANA calls `name`. Only letters and digits count, and not their
 * case: `idleTimeout`, `idle timeout` and `IDLE-TIMEOUT` are one name.
 */
export function valueOfName(element: Element, name: string): number | undefined {
  const names = valueNames(element);
  if (names === undefined) return undefined;
  const known = byWord.get(names) ?? invert(names);
  byWord.set(names, known);
  return known.get(wordOf(name));
}

/** A clause that tells which value may have been meant, for messages. */
export function valueHint(element: Element, name: string): string {
  const names = Object.values(valueNames(element) ?? {});
  return didYouMean(name, names) || `, expected one of ${names.slice(0, mostNamed).join(", ")}`;
}

/** Names in a message: of protocols there are more than anybody reads. */
const mostNamed = 8;

function invert(names: Readonly<Record<number, string>>): Map<string, number> {
  return new Map(Object.entries(names).map(([value, name]) => [wordOf(name), Number(value)]));
}

function wordOf(name: string): string {
  return name.toLowerCase().replaceAll(/[^a-z0-9]/g, "");
}
