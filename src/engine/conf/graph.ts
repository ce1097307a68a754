import { ConfigError } from "../../errors.ts";
import { didYouMean } from "../../text/did-you-mean.ts";
import { type NetworkAddress, parseDestination, parseListen } from "../../transport/address.ts";
import { sinkKey } from "../units.ts";
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
    ...loops(wanted),
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
    attempt(exporter, () => checkDestination(exporter.options));
  }
  return problems;
}

/** @throws {ConfigError} */
function checkDestination({ to, rotate }: Declaration<"exporter">["options"]): void {
  const destination = parseDestination(to);
  const quoted = JSON.stringify(to);
  if (destination.scheme !== "file" && rotate !== undefined) {
    throw new ConfigError("bad-value", "", `Cannot rotate ${quoted}: expected file:PATH`);
  }
  if (destination.scheme === "file" && rotate === undefined && destination.path.includes("%")) {
    const detail = `Cannot send to ${quoted}: % in a path, expected rotate = "1h" beside it`;
    throw new ConfigError("missing", "", detail);
  }
}

/** Addresses that two collectors listen on, files that two exporters write. */
function sharedAddresses(wanted: Wanted): Problem[] {
  const owners = new Map<string, Declaration>();
  const claims = [
    ...wanted.collector.flatMap((c) => c.options.listen.map((address) => [address, c] as const)),
    ...wanted.exporter
      .filter(({ options }) => options.to.startsWith("file:"))
      .map((exporter) => [sinkKey(exporter), exporter] as const),
  ];
  return claims.flatMap(([address, declaration]) => {
    const owner = owners.get(address);
    owners.set(address, owner ?? declaration);
    if (owner === undefined || address.endsWith(":0")) return [];
    const who = owner === declaration ? "here twice" : `in use by "${owner.name}"`;
    return [problem(declaration, "duplicate", `${address} is ${who} (${owner.where})`)];
  });
}

/** Exporters that send to a collector of this conf.lua whose records reach them: a circle, too. */
function loops(wanted: Wanted): Problem[] {
  const from = new Map(
    [...wanted.mediator, ...wanted.exporter].map(({ name, options }) => [name, options.from]),
  );
  return wanted.exporter.flatMap((exporter) => {
    const collectors = wanted.collector.filter(
      ({ name, options }) =>
        options.listen.some((listen) => leadsTo(exporter.options.to, listen)) &&
        reaches(from, name, exporter.name),
    );
    return collectors.map(({ name }) => {
      const message = `to: its own records come back through "${name}"`;
      return problem(exporter, "bad-value", message);
    });
  });
}

/** Whether what is sent to `to` arrives at `listen`, as far as the text of the addresses tells. */
function leadsTo(to: string, listen: string): boolean {
  const [target, listener] = [socketOf(to), socketOf(listen)];
  if (target === undefined || listener === undefined) return false;
  if (target.scheme !== listener.scheme || target.port !== listener.port) return false;
  const hosts = [target.host, listener.host].map((host) => (local.has(host) ? "local" : host));
  return hosts[0] === hosts[1];
}

/** Names of this machine; a collector on every address is reached by each of them. */
const local: ReadonlySet<string> = new Set(["127.0.0.1", "::1", "localhost", "0.0.0.0", "::"]);

function socketOf(text: string): NetworkAddress | undefined {
  try {
    const address = parseDestination(text);
    return address.scheme === "file" ? undefined : address;
  } catch (error) {
    // A bad address, or port 0 of a collector, is told elsewhere or leads nowhere.
    if (error instanceof ConfigError) return undefined;
    throw error;
  }
}
