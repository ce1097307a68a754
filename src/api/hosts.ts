import { isIP } from "node:net";
import { hostname } from "node:os";

/** Tells whether a Host header names this server. */
export type HostCheck = (host: string | undefined) => boolean;

/**
 * A guard against DNS rebinding: a foreign web page can make a browser send requests here, but
 * only under its own host name. Loopback names and the bound host are ours; a server bound to all
 * addresses answers to any address too, and to the machine's name.
 */
export function createHostCheck(boundHost: string): HostCheck {
  const ours = new Set(["localhost", "127.0.0.1", "::1", boundHost.toLowerCase()]);
  const wildcard = boundHost === "0.0.0.0" || boundHost === "::";
  if (wildcard) ours.add(hostname().toLowerCase());
  return (host) => {
    const name = hostName(host ?? "");
    return ours.has(name) || (wildcard && isIP(name) !== 0);
  };
}

/** The name in `name:port`, `[address]:port` or either without port; empty when it is neither. */
function hostName(host: string): string {
  const [, bracketed, plain] = /^(?:\[([\da-f:.]+)\]|([^:[\]/@\s]+))(?::\d*)?$/i.exec(host) ?? [];
  return (bracketed ?? plain ?? "").toLowerCase();
}

/** The host of an Origin header; undefined for `null` and for what is no URL. */
export function originHost(origin: string): string | undefined {
  return /^https?:\/\/([^/]+)$/i.exec(origin)?.[1];
}
