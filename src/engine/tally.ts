import type { RecordBatch } from "../ipfix/batch.ts";
import { locateFields } from "../ipfix/locate.ts";
import type { Template } from "../ipfix/template.ts";
import { decodeValue } from "../ipfix/value.ts";
import { limits } from "../limits.ts";
import { serviceName } from "./services.ts";

/** What a group of flows amounts to. */
export interface TallyRow {
  readonly name: string;
  readonly flows: number;
  readonly packets: number;
  readonly octets: number;
}

/** The short table of what was found: totals, and the heaviest groups by octets. */
export interface FlowSummary {
  readonly total: TallyRow;
  readonly applications: readonly TallyRow[];
  readonly talkers: readonly TallyRow[];
}

/** The elements a tally reads; an absent one counts as 0. */
const counted = [
  "packetTotalCount",
  "reversePacketTotalCount",
  "packetDeltaCount",
  "reversePacketDeltaCount",
  "octetTotalCount",
  "reverseOctetTotalCount",
  "octetDeltaCount",
  "reverseOctetDeltaCount",
] as const;
const identified = [
  "protocolIdentifier",
  "sourceTransportPort",
  "destinationTransportPort",
] as const;
const addresses = [
  "sourceIPv4Address",
  "destinationIPv4Address",
  "sourceIPv6Address",
  "destinationIPv6Address",
] as const;

type Read = (name: string) => unknown;

/** Counts flows by application (its well-known port) and by host. */
export class FlowTally {
  #total = { name: "total", flows: 0, packets: 0, octets: 0 };
  readonly #applications = new Groups();
  readonly #hosts = new Groups();
  readonly #places = new WeakMap<Template, ReadonlyMap<string, number>>();
  #located = new Int32Array(0);

  add(batch: RecordBatch): void {
    const { template, bytes, offsets, count } = batch;
    if (template.scopeCount > 0) return;
    if (this.#located.length < 2 * template.fields.length) {
      this.#located = new Int32Array(2 * template.fields.length);
    }
    const places = this.#placesOf(template);
    const located = this.#located;
    const read: Read = (name) => {
      const i = places.get(name);
      const element = i === undefined ? undefined : template.fields[i]?.element;
      if (i === undefined || element === undefined) return undefined;
      return decodeValue(element, bytes, located[2 * i] ?? 0, located[2 * i + 1] ?? 0);
    };
    for (let record = 0; record < count; record++) {
      locateFields(template, bytes, offsets[record] ?? 0, offsets[record + 1] ?? 0, located);
      this.#count(read);
    }
  }

  /** The `rows` heaviest applications and hosts. */
  summary(rows: number): FlowSummary {
    return {
      total: { ...this.#total },
      applications: this.#applications.top(rows),
      talkers: this.#hosts.top(rows),
    };
  }

  #count(read: Read): void {
    const [packets, octets] = [counted.slice(0, 4), counted.slice(4)].map((names) =>
      names.reduce((sum, name) => sum + Number(read(name) ?? 0), 0),
    ) as [number, number];
    const [protocol, source, destination] = identified.map((name) => Number(read(name) ?? 0));
    addTo(this.#total, packets, octets);
    const application = serviceName(protocol ?? 0, source ?? 0, destination ?? 0);
    this.#applications.add(application, packets, octets);
    for (const name of addresses) {
      const address = read(name);
      if (typeof address === "string") this.#hosts.add(address, packets, octets);
    }
  }

  #placesOf(template: Template): ReadonlyMap<string, number> {
    const known = this.#places.get(template);
    if (known !== undefined) return known;
    const places = new Map(template.fields.map(({ name }, i) => [name, i]));
    this.#places.set(template, places);
    return places;
  }
}

type MutableRow = { -readonly [K in keyof TallyRow]: TallyRow[K] };

function addTo(row: MutableRow, packets: number, octets: number): void {
  row.flows++;
  row.packets += packets;
  row.octets += octets;
}

/** Rows by name, at most `limits.summaryHosts` of them; the rest is counted as `other`. */
class Groups {
  readonly #rows = new Map<string, MutableRow>();

  add(name: string, packets: number, octets: number): void {
    let row = this.#rows.get(name);
    if (row === undefined) {
      const kept = this.#rows.size < limits.summaryHosts ? name : "other";
      row = this.#rows.get(kept) ?? { name: kept, flows: 0, packets: 0, octets: 0 };
      this.#rows.set(kept, row);
    }
    addTo(row, packets, octets);
  }

  top(rows: number): TallyRow[] {
    return [...this.#rows.values()].sort((a, b) => b.octets - a.octets).slice(0, rows);
  }
}
