import { didYouMean } from "../../text/did-you-mean.ts";
import { parseDestination, parseListen } from "../../transport/address.ts";
import type { Declaration, Problem, Wanted } from "./words.ts";

/** A declaration that records can come from. */
type Giver = Declaration<"collector" | "probe" | "mediator">;

/**
 * Problems of the declarations taken together: names that nobody has, circles, addresses that
 * cannot be used and things claimed twice. All of them, in the order of the file.
 */
export function findProblems(wanted: Wanted): Problem[] {
  return [
    ...unknownNames(wanted),
    ...circles(wanted.mediator),
    ...badAddresses(wanted),
    ...sharedAddresses(wanted),
  ];
}

function problem(declaration: Declaration, code: Problem["code"], message: string): Problem {
  const { word, name, where } = declaration;
  const who = word === name ? word : `${word} "${name}"`;
  return { where, code, message: `${who}: ${message}` };
}

function unknownNames(wanted: Wanted): Problem[] {
  const givers: readonly Giver[] = [...wanted.collector, ...wanted.probe, ...wanted.mediator];
  const names = new Set(givers.map(({ name }) => name));
  return [...wanted.mediator, ...wanted.exporter].flatMap((taker) =>
    taker.options.from
      .filter((name) => !names.has(name))
      .map((name) => {
        const hint = didYouMean(name, names);
        const known =
          hint === "" ? `, expected one of ${[...names].join(", ") || "none yet"}` : hint;
        return problem(taker, "unknown-name", `from: nothing is called "${name}"${known}`);
      }),
  );
}

/** Mediators that feed themselves, directly or through others. */
function circles(mediators: readonly Declaration<"mediator">[]): Problem[] {
  const from = new Map(mediators.map(({ name, options }) => [name, options.from]));
  return mediators
    .filter(({ name }) => reaches(from, name, name))
    .map((mediator) => problem(mediator, "bad-value", "from: its own records come back to it"));
}

/** Whether records of `giver` reach `taker`. */
function reaches(
  from: ReadonlyMap<string, readonly string[]>,
  giver: string,
  taker: string,
): boolean {
  const waiting = [...(from.get(taker) ?? [])];
  const seen = new Set<string>();
  for (let name = waiting.pop(); name !== undefined; name = waiting.pop()) {
    if (name === giver) return true;
    if (seen.has(name)) continue;
    seen.add(name);
    waiting.push(...(from.get(name) ?? []));
  }
  return false;
}

function badAddresses(wanted: Wanted): Problem[] {
  const problems: Problem[] = [];
  const attempt = (declaration: Declaration, parse: () => unknown): void => {
    try {
      parse();
    } catch (error) {
      problems.push(problem(declaration, "bad-value", (error as Error).message));
    }
  };
  for (const collector of wanted.collector) {
    for (const address of collector.options.listen) attempt(collector, () => parseListen(address));
  }
  for (const exporter of wanted.exporter) {
    attempt(exporter, () => parseDestination(exporter.options.to));
  }
  return problems;
}

/** Addresses that two collectors listen on, files that two exporters write. */
function sharedAddresses(wanted: Wanted): Problem[] {
  const owners = new Map<string, Declaration>();
  const claims = [
    ...wanted.collector.flatMap((c) => c.options.listen.map((address) => [address, c] as const)),
    ...wanted.exporter
      .filter(({ options }) => options.to.startsWith("file:"))
      .map((exporter) => [exporter.options.to, exporter] as const),
  ];
  return claims.flatMap(([address, declaration]) => {
    const owner = owners.get(address);
    owners.set(address, owner ?? declaration);
    if (owner === undefined || address.endsWith(":0")) return [];
    const who = owner === declaration ? "here twice" : `in use by "${owner.name}"`;
    return [problem(declaration, "duplicate", `${address} is ${who} (${owner.where})`)];
  });
}
