import { formatHex } from "./hex.ts";
import { readUint16 } from "./read.ts";

/** Dotted text of the IPv4 address at `at`. */
export function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}

/** Canonical text of the IPv6 address at `at` (RFC 5952), mapped ones as `::ffff:1.2.3.4`. */
export function formatIpv6(bytes: Uint8Array, at: number): string {
  const groups = Array.from({ length: 8 }, (_, i) => readUint16(bytes, at + 2 * i));
  if (groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0)) {
    return `::ffff:${formatIpv4(bytes, at + 12)}`;
  }
  const [from, length] = longestZeros(groups);
  const text = (part: readonly number[]) => part.map((group) => group.toString(16)).join(":");
  if (length < 2) return text(groups);
  return `${text(groups.slice(0, from))}::${text(groups.slice(from + length))}`;
}

/** Text such as `0a:0b:0c:0d:0e:0f` of the MAC address at `at`. */
export function formatMac(bytes: Uint8Array, at: number): string {
  let text = formatHex(bytes, at, at + 1);
  for (let i = 1; i < 6; i++) text += `:${formatHex(bytes, at + i, at + i + 1)}`;
  return text;
}

/** The first longest run of zero groups: where it starts and how long it is. */
function longestZeros(groups: readonly number[]): [from: number, length: number] {
  let best: [number, number] = [0, 0];
  let run = 0;
  groups.forEach((group, i) => {
    run = group === 0 ? run + 1 : 0;
    if (run > best[1]) best = [i - run + 1, run];
  });
  return best;
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
