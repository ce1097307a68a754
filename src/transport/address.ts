import { isIPv4, isIPv6 } from "node:net";
import { ConfigError } from "../errors.ts";
import { didYouMean } from "../text/did-you-mean.ts";
import { checkPathPattern } from "./exporting/path-pattern.ts";

/** A transport protocol with ports. */
export type NetworkScheme = "udp" | "tcp";

/** Where to listen or to send on a network. */
export interface NetworkAddress {
  readonly scheme: NetworkScheme;
  /** Host name or address; an IPv6 address stands without its brackets. */
  readonly host: string;
  /** 0 when listening lets the system choose. */
  readonly port: number;
}

/** A file to write Messages to. */
export interface FileDestination {
  readonly scheme: "file";
  /** May hold the words of `formatPath`, for an exporter that rotates. */
  readonly path: string;
}

/** Where an exporter sends. */
export type Destination = NetworkAddress | FileDestination;

const networkForms = ["udp://HOST:PORT", "tcp://HOST:PORT"];

/**
 * Parse where a collector listens, such as `udp://127.0.0.1:4739` or `tcp://[::1]:0`.
 * @throws {ConfigError} `bad-value`.
 */
export function parseListen(text: string): NetworkAddress {
  const request = { action: "listen on", text, forms: networkForms };
  const { scheme, rest } = splitScheme(request, ["udp", "tcp"]);
  return parseNetwork(request, scheme, rest);
}

/**
 * Parse where an exporter sends, such as `tcp://collector.example:4739` or `file:flows.ipfix`.
 * @throws {ConfigError} `bad-value`, for a path with unknown words such as `%Q` too.
 */
export function parseDestination(text: string): Destination {
  const request = { action: "send to", text, forms: [...networkForms, "file:PATH"] };
  const { scheme, rest } = splitScheme(request, ["udp", "tcp", "file"]);
  if (scheme === "file") return { scheme, path: parsePath(request, rest) };
  const address = parseNetwork(request, scheme, rest);
  if (address.port === 0) throw refuse(request, "port 0");
  return address;
}

/** The address as a person would type it; an IPv6 address gets its brackets. */
export function formatAddress({ scheme, host, port }: NetworkAddress): string {
  return `${scheme}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** How a peer is called: `192.0.2.1:4739`, `[2001:db8::1]:4739`; IPv4 within IPv6 as IPv4. */
export function formatPeer(address: string, port: number): string {
  const plain =
    address.startsWith("::ffff:") && isIPv4(address.slice(7)) ? address.slice(7) : address;
  return plain.includes(":") ? `[${plain}]:${port}` : `${plain}:${port}`;
}

/** What somebody wants and the forms it may have. */
interface Request {
  readonly action: string;
  readonly text: string;
  readonly forms: readonly string[];
}

function refuse({ action, text, forms }: Request, state: string, hint = ""): ConfigError {
  const expected = `${forms.slice(0, -1).join(", ")} or ${forms.at(-1)}`;
  const quoted = JSON.stringify(text);
  return new ConfigError(
    "bad-value",
    "",
    `Cannot ${action} ${quoted}: ${state}, expected ${expected}${hint}`,
  );
}

function splitScheme<Scheme extends string>(
  request: Request,
  known: readonly Scheme[],
): { scheme: Scheme; rest: string } {
  const [, name, rest = ""] = /^([a-z][a-z0-9+-]*):(.*)$/is.exec(request.text) ?? [];
  const scheme = known.find((candidate) => candidate === name?.toLowerCase());
  const isPort = /^[0-9]*$/.test(rest);
  if (name === undefined || (scheme === undefined && isPort)) throw refuse(request, "no scheme");
  if (scheme === undefined) {
    throw refuse(request, `unknown scheme "${name}"`, didYouMean(name, known));
  }
  return { scheme, rest };
}

function parseNetwork(request: Request, scheme: NetworkScheme, rest: string): NetworkAddress {
  if (!rest.startsWith("//")) throw refuse(request, `no "//" after "${scheme}:"`);
  const [, bracketed, plain = "", port] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::([0-9]*))?$/.exec(rest.slice(2)) ?? [];
  if (bracketed === undefined && plain === "") {
    const several = /:.*:/.test(rest) && !rest.includes("[");
    throw refuse(request, several ? "IPv6 address without [ ]" : "no host");
  }
  if (bracketed === undefined ? !isHost(plain) : !isIPv6(bracketed)) {
    throw refuse(request, `no such host "${bracketed ?? plain}"`);
  }
  if (port === undefined || port === "") throw refuse(request, "no port");
  if (Number(port) > 65_535) throw refuse(request, `port ${port}`);
  return { scheme, host: bracketed ?? plain, port: Number(port) };
}

/** Whether `text` is an IPv4 address or could be a host name (RFC 1123 §2.1, and `_`). */
function isHost(text: string): boolean {
  if (/^[0-9.]+$/.test(text)) return isIPv4(text);
  return text.length <= 253 && /^[a-z0-9_]([a-z0-9_.-]*[a-z0-9_.])?$/i.test(text);
}

function parsePath(request: Request, rest: string): string {
  if (/^\/\/(?!\/)/.test(rest)) {
    throw refuse(request, 'a host after "file://"');
  }
  const path = rest.startsWith("///") ? rest.slice(2) : rest;
  if (path === "" || path.includes("\0")) throw refuse(request, "no path");
  checkPathPattern(path);
  return path;
}
