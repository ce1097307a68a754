import { expect, test } from "vitest";
import { type Declaration, wantNothing } from "../../src/engine/conf/words.ts";
import type { Sink } from "../../src/engine/ports.ts";
import { collectSinks } from "../../src/engine/units.ts";
import type { Rotation } from "../../src/transport/exporting/rotation.ts";

/** A configuration of one exporter to a file. */
function wantedBy(name: string, rotate: Rotation | undefined) {
  const options = {
    from: ["edge"],
    to: "file:a.ipfix",
    append: true,
    rotate,
    describe_elements: false,
  };
  const exporter: Declaration<"exporter"> = {
    word: "exporter",
    name,
    where: "conf.lua:1",
    options,
  };
  return { ...wantNothing(), exporter: [exporter] };
}

test("adopt() tells an exporter that is kept how to rotate from now on", () => {
  const told: (Rotation | undefined)[] = [];
  const create = (): Sink => ({
    start: async () => "file:a.ipfix",
    write: () => undefined,
    rotateBy: (rotation) => told.push(rotation),
    stop: async () => undefined,
    counters: () => ({}),
  });
  const before = collectSinks(wantedBy("a", undefined), undefined, create);
  before.adopt();
  expect([before.fresh.length, told]).toEqual([1, []]);
  const after = collectSinks(wantedBy("b", { periodMs: 60_000 }), before.all, create);
  expect([after.fresh.length, told]).toEqual([0, []]);
  after.adopt();
  expect(told).toEqual([{ periodMs: 60_000 }]);
  expect([...after.all.values()][0]?.name).toBe("b");
});
