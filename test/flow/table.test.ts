import fc from "fast-check";
import { expect, test } from "vitest";
import { SeededHash } from "../../src/flow/hash.ts";
import { FlowKey } from "../../src/flow/key.ts";
import { flowWords } from "../../src/flow/layout.ts";
import { FlowTable, none } from "../../src/flow/table.ts";
import { decodeFrame } from "../../src/packet/frame.ts";
import { PacketSummary } from "../../src/packet/summary.ts";
import { packetOf } from "../support/flows.ts";
import { ethernet, octets, udp } from "../support/wire.ts";

const seeded = new SeededHash(99);

/** The key of a datagram from endpoint `a` to endpoint `b`. */
function keyOf(a: number, b: number, hash?: number): FlowKey {
  const side = (n: number) => ({ address: `10.0.${n >> 4}.1`, port: 1_000 + (n & 15) });
  const summary = new PacketSummary();
  decodeFrame(summary, packetOf(ethernet(udp(side(a), side(b), octets()))));
  const key = new FlowKey();
  key.load(summary, seeded);
  if (hash !== undefined) key.hash = hash;
  return key;
}

test("FlowKey.load() hashes both directions alike and other seeds differently", () => {
  expect(keyOf(1, 2).hash).toBe(keyOf(2, 1).hash);
  expect(keyOf(1, 2).hash).not.toBe(keyOf(1, 3).hash);
  const other = keyOf(1, 2);
  const summary = new PacketSummary();
  decodeFrame(
    summary,
    packetOf(
      ethernet(
        udp({ address: "10.0.0.1", port: 1_001 }, { address: "10.0.0.1", port: 1_002 }, octets()),
      ),
    ),
  );
  other.load(summary, new SeededHash(100));
  expect(other.hash).not.toBe(keyOf(1, 2).hash);
});

test("SeededHash spreads neighbouring endpoints over all slots", () => {
  const slots = new Set<number>();
  for (let a = 0; a < 64; a++) for (let b = 64; b < 128; b++) slots.add(keyOf(a, b).hash & 8_191);
  // 4 096 keys at random fill about 8 192 * (1 - e^-0.5) = 3 223 slots.
  expect(slots.size).toBeGreaterThan(3_050);
});

test("FlowTable.find() tells the direction", () => {
  const table = new FlowTable();
  expect(table.find(keyOf(1, 2))).toBe(none);
  const flow = table.insert(keyOf(1, 2));
  expect([table.find(keyOf(1, 2)), table.direction]).toEqual([flow, 0]);
  expect([table.find(keyOf(2, 1)), table.direction]).toEqual([flow, 1]);
});

/** What the table has to do, done with a Map in order of use; `apply` compares both. */
class TableTwin {
  readonly #table = new FlowTable();
  readonly #flows = new Map<string, number>();

  use(name: string, key: FlowKey): void {
    const found = this.#find(name, key);
    this.#flows.delete(name);
    if (found !== none) this.#table.touch(found);
    this.#flows.set(name, found === none ? this.#table.insert(key) : found);
  }

  remove(name: string, key: FlowKey): void {
    const found = this.#find(name, key);
    if (found === none) return;
    this.#table.remove(found);
    this.#flows.delete(name);
  }

  removeOldest(): void {
    const [oldest] = this.#flows;
    expect(this.#table.oldest).toBe(oldest?.[1] ?? none);
    if (oldest === undefined) return;
    this.#table.remove(oldest[1]);
    this.#flows.delete(oldest[0]);
  }

  #find(name: string, key: FlowKey): number {
    const found = this.#table.find(key);
    expect(found).toBe(this.#flows.get(name) ?? none);
    expect(this.#table.size).toBe(this.#flows.size);
    return found;
  }
}

const operation = fc.record({
  kind: fc.constantFrom("use", "use", "use", "remove", "removeOldest"),
  a: fc.nat(5),
  b: fc.nat(5),
});

test.for([
  ["spread hashes", undefined],
  ["equal hashes", 12_345],
  ["hashes at the end of the index", 0xffff_ffff],
] as const)("FlowTable does what a Map does, with %s", ([, hash]) => {
  const property = fc.property(fc.array(operation, { maxLength: 200 }), (operations) => {
    const twin = new TableTwin();
    for (const { kind, a, b } of operations) {
      const name = [a, b].sort((x, y) => x - y).join();
      if (kind === "removeOldest") twin.removeOldest();
      else if (kind === "remove") twin.remove(name, keyOf(a, b, hash));
      else twin.use(name, keyOf(a, b, hash));
    }
  });
  fc.assert(property, { numRuns: 60 });
});

test("FlowTable grows, keeps what it holds and uses freed places again", () => {
  const table = new FlowTable();
  const keys = Array.from({ length: 5_000 }, (_, i) => keyOf(i % 100, 100 + Math.floor(i / 100)));
  const flows = keys.map((key) => table.insert(key));
  expect(keys.map((key) => table.find(key))).toEqual(flows);
  const { length } = table.words;
  for (let round = 0; round < 3; round++) {
    for (const flow of flows) table.remove(flow);
    expect(table.oldest).toBe(none);
    keys.forEach((key, i) => {
      flows[i] = table.insert(key);
    });
  }
  expect(table.words.length).toBe(length);
  expect(length).toBeLessThanOrEqual(2 * 5_000 * flowWords);
});
