import { limits } from "../limits.ts";
import { etherTypes } from "../packet/ether-type.ts";

/** Counts things apart by a number from the wire, under names and within a bound. */
export class NamedTally {
  readonly #counts = new Map<number, number>();
  readonly #prefix: string;
  readonly #name: (value: number) => string;
  #others = 0;

  constructor(prefix: string, name: (value: number) => string) {
    this.#prefix = prefix;
    this.#name = name;
  }

  add(value: number): void {
    const count = this.#counts.get(value);
    if (count === undefined && this.#counts.size >= limits.meterNames) this.#others++;
    else this.#counts.set(value, (count ?? 0) + 1);
  }

  /** Add the counts to `into` as `prefix:name`. */
  report(into: Record<string, number>): void {
    for (const [value, count] of this.#counts) {
      const key = `${this.#prefix}:${this.#name(value)}`;
      into[key] = (into[key] ?? 0) + count;
    }
    if (this.#others > 0) into[`${this.#prefix}:other`] = this.#others;
  }
}

const etherTypeNames = new Map<number, string>([
  [etherTypes.arp, "arp"],
  [etherTypes.mpls, "mpls"],
  [etherTypes.pppoe, "ppp"],
  [0x8035, "rarp"],
  [0x8863, "pppoe-discovery"],
  [0x888e, "eapol"],
  [0x88cc, "lldp"],
  [0x88e5, "macsec"],
  [0x88f7, "ptp"],
  [0x8809, "slow-protocols"],
  [0x8892, "profinet"],
  [0x9000, "loopback"],
]);

/** Name of what is no IP, such as `arp`; `802.3` below 1536, where the number is a length. */
export function etherTypeName(type: number): string {
  if (type === 0) return "unknown";
  if (type < 0x0600) return "802.3";
  return etherTypeNames.get(type) ?? `0x${type.toString(16).padStart(4, "0")}`;
}

/** Names of link types that captures have and this meter cannot take apart. */
const linkTypeNames = new Map<number, string>([
  [119, "ieee802-11-prism"],
  [147, "user0"],
  [149, "user2"],
  [177, "linux-lapd"],
  [187, "bluetooth-hci-h4"],
  [189, "usb-linux"],
  [192, "ppi"],
  [195, "ieee802-15-4"],
  [201, "bluetooth-hci-h4-with-phdr"],
  [220, "usb-linux-mmapped"],
  [227, "can-socketcan"],
  [249, "usbpcap"],
]);

/** Name of a link type, such as `ieee802-11-prism`, or its number. */
export function linkTypeName(linkType: number): string {
  return linkTypeNames.get(linkType) ?? String(linkType);
}
