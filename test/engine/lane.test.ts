import { beforeEach, expect, test } from "vitest";
import { Lane } from "../../src/engine/lane.ts";
import { createFakeParts, type FakeParts } from "../support/parts.ts";

const first = `
collector "edge" { listen = { "udp://127.0.0.1:1", "tcp://127.0.0.1:1" } }
mediator "even" { from = "edge", each = function(flow) return flow end }
exporter "a" { from = "even", to = "file:a" }
exporter "b" { from = "edge", to = "file:b" }
`;

let parts: FakeParts;
let lane: Lane;
let news: number;

/** Apply `source`; returns what happened since the last time. */
async function apply(source: string) {
  const outcome = await lane.apply(source, "conf.lua");
  const events = parts.events.slice(news).sort();
  news = parts.events.length;
  return { outcome, events };
}

beforeEach(() => {
  parts = createFakeParts();
  lane = new Lane(parts);
  news = 0;
});

test("apply() starts exporters before sources and says where all of them are", async () => {
  const { outcome } = await apply(first);
  expect(parts.events.slice(0, 2).sort()).toEqual(["start file:a", "start file:b"]);
  expect(parts.events.at(2)).toBe("create even");
  expect(outcome).toEqual({
    kind: "applied",
    addresses: [
      { word: "collector", name: "edge", address: "udp://127.0.0.1:1" },
      { word: "collector", name: "edge", address: "tcp://127.0.0.1:1" },
      { word: "exporter", name: "a", address: "file:a" },
      { word: "exporter", name: "b", address: "file:b" },
    ],
  });
});

test("records take every way of the graph", async () => {
  await apply(first);
  for (const value of [1, 2, 3, 4]) parts.receive("udp://127.0.0.1:1", value);
  expect(parts.delivered).toEqual(
    new Map([
      ["a", [2, 4]],
      ["b", [1, 2, 3, 4]],
    ]),
  );
});

test("apply() touches nothing that did not change", async () => {
  await apply(first);
  const { events } = await apply(`-- a new line\n${first}`);
  expect(events).toEqual([]);
});

test("apply() starts what is new, stops what is gone and rewires the rest", async () => {
  await apply(first);
  const changed = first
    .replace(', "tcp://127.0.0.1:1"', "")
    .replace(
      'exporter "b" { from = "edge", to = "file:b" }',
      'exporter "c" { from = "even", to = "file:c" }',
    );
  const { events } = await apply(changed);
  expect(events).toEqual(["start file:c", "stop file:b", "stop tcp://127.0.0.1:1"]);
  for (const value of [1, 2]) parts.receive("udp://127.0.0.1:1", value);
  expect(parts.delivered).toEqual(
    new Map([
      ["a", [2]],
      ["c", [2]],
    ]),
  );
});

test("apply() stops sources before the exporters they feed", async () => {
  await apply(first);
  await apply('collector "x" { listen = "udp://127.0.0.1:2" }');
  const stops = parts.events.filter((event) => event.startsWith("stop"));
  expect(stops.slice(0, 2).every((event) => event.includes("127.0.0.1:1"))).toBe(true);
  expect(stops.slice(2).sort()).toEqual(["stop file:a", "stop file:b"]);
});

test("apply() makes a mediator anew when its function or a global changes, not otherwise", async () => {
  const source = `factor = 2\n${first}`;
  await apply(source);
  expect((await apply(source.replace("return flow", "return  flow"))).events).toEqual([]);
  expect((await apply(source.replace("return flow", "return nil"))).events).toEqual([
    "create even",
  ]);
  expect((await apply(source.replace("factor = 2", "factor = 3"))).events).toEqual(["create even"]);
});

test("apply() makes a mediator anew when only its where changes", async () => {
  const where = (value: string) =>
    first.replace('"edge", each', `"edge", where = "${value}", each`);
  await apply(where("protocolIdentifier == 6"));
  expect((await apply(where("protocolIdentifier == 6"))).events).toEqual([]);
  expect((await apply(where("protocolIdentifier == 17"))).events).toEqual(["create even"]);
  expect((await apply(first)).events).toEqual(["create even"]);
});

test.for([
  ["a syntax error", `${first}\n)`, /unexpected symbol|expected near/],
  ["an unknown name", first.replace('from = "even"', 'from = "evn"'), /did you mean ."even/],
] as const)("apply() refuses %s and leaves all running", async ([, source, message]) => {
  await apply(first);
  const { outcome, events } = await apply(source);
  expect(outcome).toMatchObject({ kind: "refused" });
  expect(JSON.stringify(outcome)).toMatch(message);
  expect(events).toEqual([]);
  parts.receive("udp://127.0.0.1:1", 2);
  expect(parts.delivered.get("a")).toEqual([2]);
});

test("apply() undoes what it started when one part cannot start, at the line of that part", async () => {
  await apply(first);
  parts.broken.add("udp://127.0.0.1:9");
  const more = `${first}exporter "c" { from = "new", to = "file:c" }
collector "new" { listen = { "udp://127.0.0.1:9" } }
exporter "d" { from = "new", to = "file:d" }`;
  const { outcome, events } = await apply(more);
  expect(outcome).toEqual({
    kind: "refused",
    problems: [
      {
        where: "conf.lua:7",
        code: "io",
        message: 'collector "new": Cannot listen on udp://127.0.0.1:9: in use',
      },
    ],
  });
  expect(events).toEqual([
    "start file:c",
    "start file:d",
    "start udp://127.0.0.1:9",
    "stop file:c",
    "stop file:d",
    "stop udp://127.0.0.1:9",
  ]);
  parts.receive("udp://127.0.0.1:1", 2);
  expect(parts.delivered.get("a")).toEqual([2]);
});

test("a file exporter that is only renamed goes on, under its new name", async () => {
  await apply(first);
  const { outcome, events } = await apply(first.replace('exporter "a"', 'exporter "z"'));
  expect(events).toEqual([]);
  expect(outcome).toMatchObject({
    addresses: expect.arrayContaining([{ word: "exporter", name: "z", address: "file:a" }]),
  });
});

test("records that no exporter wants are counted as unrouted", async () => {
  await apply('collector "x" { listen = "udp://127.0.0.1:2" }');
  parts.receive("udp://127.0.0.1:2", 1);
  expect(lane.counters()).toContainEqual({
    word: "lane",
    name: "main",
    counters: { unrouted: 1 },
  });
});

test("stop() stops everything once", async () => {
  await apply(first);
  news = parts.events.length;
  await lane.stop();
  expect(parts.events.slice(news)).toHaveLength(4);
});

test("state.table() outlives a new conf.lua of the lane", async () => {
  const source = (version: number) => `
collector "edge" { listen = "udp://127.0.0.1:1" }
local seen = state.table("seen")
seen.loads = (seen.loads or 0) + 1
print(seen.loads, ${version})
`;
  const printed: string[] = [];
  parts.print = (text) => printed.push(text);
  lane = new Lane(parts);
  await apply(source(1));
  await apply(source(2));
  expect(printed).toEqual(["1\t1", "2\t2"]);
});

test("a mediator that uses another state table is another mediator", async () => {
  const source = (name: string) => `
collector "edge" { listen = "udp://127.0.0.1:1" }
local seen = state.table("${name}")
mediator "m" { from = "edge", each = function(flow) seen.n = 1 return flow end }
exporter "a" { from = "m", to = "file:a" }
`;
  await apply(source("one"));
  expect((await apply(source("one"))).events).toEqual([]);
  expect((await apply(source("two"))).events).toEqual(["create m"]);
});

test.for([
  "seen = state.table('a')",
  "cycle = {} cycle.self = cycle",
  "waits = coroutine.create(print)",
  "next, rawequal, pairs, print, _G = nil",
  "odd = { [{}] = '\\255', [print] = json.null }",
])("conf.lua may make any global: %s", async (statement) => {
  const source = `${first}\n${statement}`;
  expect((await apply(source)).outcome.kind).toBe("applied");
  expect((await apply(source)).events).toEqual([]);
});

test("a mediator whose globals hold another state table is another mediator", async () => {
  const source = (name: string) => `${first}\nseen = state.table("${name}")`;
  await apply(source("one"));
  expect((await apply(source("one"))).events).toEqual([]);
  expect((await apply(source("two"))).events).toEqual(["create even"]);
});
