import { formatHex } from "./hex.ts";
import { readUint16 } from "./read.ts";

/** Dotted text of the IPv4 address at `at`. */
export function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** Canonical text of the IPv6 address at `at` (RFC 5952), mapped ones as `::ffff:1.2.3.4`. */
export function formatIpv6(bytes: Uint8Array, at: number): string {
  // The first longest run of zero groups is left out (RFC 5952 §4.2): where it is, how long.
  let [from, length, run] = [0, 1, 0];
  for (let i = 0; i < 8; i++) {
    run = readUint16(bytes, at + 2 * i) === 0 ? run + 1 : 0;
    if (run > length) [from, length] = [i - run + 1, run];
  }
  if (from === 0 && length === 5 && readUint16(bytes, at + 10) === 0xffff) {
    return `::ffff:${formatIpv4(bytes, at + 12)}`;
  }
  if (length === 1) return formatGroups(bytes, at, at + 16);
  const head = formatGroups(bytes, at, at + 2 * from);
  return `${head}::${formatGroups(bytes, at + 2 * (from + length), at + 16)}`;
}

/** The groups of an IPv6 address in `[start, end)` with colons between them. */
function formatGroups(bytes: Uint8Array, start: number, end: number): string {
  let text = "";
  for (let at = start; at < end; at += 2) {
    const group = readUint16(bytes, at).toString(16);
    text += at === start ? group : `:${group}`;
  }
  return text;
}

/** Text such as `0a:0b:0c:0d:0e:0f` of the MAC address at `at`. */
export function formatMac(bytes: Uint8Array, at: number): string {
  let text = formatHex(bytes, at, at + 1);
  for (let i = 1; i < 6; i++) text += `:${formatHex(bytes, at + i, at + i + 1)}`;
  return text;
}

const dot = 46;
const zero = 48;

/** Write the IPv4 address in dotted text at `at`; false, and octets without meaning, for others. */
export function writeIpv4(bytes: Uint8Array, at: number, text: string): boolean {
  let octet = -1; // no digit so far
  let next = at;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === dot) {
      if (octet < 0 || next === at + 3) return false;
      bytes[next++] = octet;
      octet = -1;
      continue;
    }
    const digit = code - zero;
    if (digit < 0 || digit > 9 || octet === 0) return false; // no leading zeros
    octet = octet < 0 ? digit : 10 * octet + digit;
    if (octet > 255) return false;
  }
  if (octet < 0 || next !== at + 3) return false;
  bytes[next] = octet;
  return true;
}

/** The four octets of an IPv4 address in dotted text, or undefined when it is none. */
export function parseIpv4(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(4);
  return writeIpv4(bytes, 0, text) ? bytes : undefined;
}

/** The sixteen octets of an IPv6 address in text, or undefined when it is none. */
export function parseIpv6(text: string): Uint8Array | undefined {
  const halves = text.split("::");
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0] ?? "");
  const tail = halves.length === 2 ? parseGroups(halves[1] ?? "") : [];
  if (!head || !tail) return undefined;
  const missing = 16 - head.length - tail.length;
  if (halves.length === 2 ? missing < 2 : missing !== 0) return undefined;
  return Uint8Array.from([...head, ...new Uint8Array(missing), ...tail]);
}

function parseGroups(text: string): number[] | undefined {
  if (text === "") return [];
  const octets: number[] = [];
  const groups = text.split(":");
  for (const [i, group] of groups.entries()) {
    const ipv4 = i === groups.length - 1 ? parseIpv4(group) : undefined;
    if (ipv4) octets.push(...ipv4);
    else if (/^[0-9a-f]{1,4}$/i.test(group)) {
      const value = Number.parseInt(group, 16);
      octets.push(value >> 8, value & 255);
    } else return undefined;
  }
  return octets;
}

/** The six octets of a MAC address in text with `:` or `-`, or undefined when it is none. */
export function parseMac(text: string): Uint8Array | undefined {
  if (!/^[0-9a-f]{2}([:-][0-9a-f]{2}){5}$/i.test(text)) return undefined;
  return Uint8Array.from(text.split(/[:-]/), (octet) => Number.parseInt(octet, 16));
}
