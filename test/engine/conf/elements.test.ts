import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { evaluateConfiguration } from "../../../src/engine/conf/configuration.ts";
import { evaluateApart } from "../../../src/engine/conf/evaluate.ts";
import { Lane } from "../../../src/engine/lane.ts";
import { createParts } from "../../../src/engine/parts.ts";
import { elementByName, ownElements, useOwnElements } from "../../../src/ipfix/registry.ts";
import type { ModuleFile, ModuleLook } from "../../../src/lua/modules/finder.ts";
import { temporaryFolder } from "../../support/folder.ts";

afterEach(() => useOwnElements([]));

function evaluate(source: string, fileName = "conf.lua", modules?: Map<string, ModuleFile>) {
  const looks: ModuleLook[] = [];
  const configuration = evaluateConfiguration(source, fileName, {
    print: () => undefined,
    onLook: (look) => looks.push(look),
    ...(modules && { modules }),
  });
  const surroundings = configuration.surroundings();
  configuration.engine.close();
  return { ...configuration, looks, surroundings };
}

const latency = 'element { name = "acmeLatency", pen = 32473, id = 1, type = "unsigned32" }';
const mediator = `
probe "p" { capture = "x.pcap" }
mediator "m" { from = "p", where = "acmeLatency > 5", each = function(flow) return flow end }
exporter "e" { from = "m", to = "file:x.ipfix" }
`;

test("element { … } in conf.lua defines an element, which where knows", () => {
  expect(evaluate(`${latency}${mediator}`).problems).toEqual([]);
  expect(elementByName("acmeLatency")).toMatchObject({ pen: 32_473, id: 1, type: "unsigned32" });
  expect(evaluate(mediator).problems).toMatchObject([
    { where: "conf.lua:3", message: expect.stringContaining('"acmeLatency"') },
  ]);
  expect(ownElements()).toEqual([]); // those of the file before are gone
});

test("a mediator does not outlive a change of the elements", () => {
  const [one, two] = ["unsigned32", "unsigned64"].map(
    (type) => evaluate(latency.replace("unsigned32", type)).surroundings,
  );
  expect(one).toBe(evaluate(latency).surroundings);
  expect(one).not.toBe(two);
});

test.for([
  ["element { nam = 'x' }", /unknown option "nam", did you mean "name"\?/],
  ["element { name = 'x', pen = 1, id = 1 }", /"type" is missing/],
  ["element { name = 'x', pen = 1, id = 1, type = 'strin' }", /did you mean "string"\?/],
  ["element { name = 'x', id = 8, type = 'string' }", /0\/8 "sourceIPv4Address" of type/],
  ["element { name = 'x', id = '8', type = 'string' }", /id is a string, expected a whole number/],
  ["element { file = 'x.csv', name = 'y' }", /"name" beside "file"/],
  ["element 'x'", /definition is a string, expected a table/],
] as const)("conf.lua with %s is refused at its line", ([source, message]) => {
  const { problems } = evaluate(`\n${source}`);
  expect(problems).toMatchObject([
    { where: "conf.lua:2", message: expect.stringMatching(message) },
  ]);
});

test("element { file = … } reads a file beside conf.lua, as it was when it was checked", async () => {
  const folder = temporaryFolder();
  const fileName = join(folder, "conf.lua");
  mkdirSync(join(folder, "lua"));
  const path = join(folder, "lua", "acme.csv");
  writeFileSync(path, "name,id,type\nacmeLatency,1,unsigned32\n");
  const source = 'element { file = "lua/acme.csv", pen = 32473 }';
  const { problems, looks } = await evaluateApart(source, fileName);
  expect(problems).toEqual([]);
  expect(looks).toMatchObject([{ path, digest: expect.stringMatching(/^[\da-f]{64}$/) }]);
  writeFileSync(path, "name,id,type\nacmeOther,2,string\n");
  const modules = new Map(looks.flatMap(({ name, file }) => (file ? [[name, file]] : [])));
  evaluate(source, fileName, modules);
  expect(ownElements().map(({ name }) => name)).toEqual(["acmeLatency"]);
  const now = evaluate(source, fileName);
  expect(ownElements().map(({ name }) => name)).toEqual(["acmeOther"]);
  expect(now.looks[0]?.digest).not.toBe(looks[0]?.digest);
});

test("a file of elements that is not there, or wrong, is told at the line of conf.lua", () => {
  const folder = temporaryFolder();
  const fileName = join(folder, "conf.lua");
  const missing = evaluate('element { file = "acme.csv" }', fileName);
  expect(missing.problems).toMatchObject([
    { code: "missing", message: expect.stringMatching(/^Cannot read the elements of acme.csv: E/) },
  ]);
  expect(missing.looks).toMatchObject([{ digest: "" }]);
  writeFileSync(join(folder, "acme.csv"), "name,id,type\nacmeLatency,1,strin\n");
  const wrong = evaluate('element { file = "acme.csv", pen = 1 }', fileName);
  expect(wrong.problems).toMatchObject([
    { where: `${fileName}:1`, message: expect.stringMatching(/"string"\? \(acme.csv:2\)$/) },
  ]);
});

test("a lane that refuses a conf.lua keeps the elements of the one that runs", async () => {
  const folder = temporaryFolder();
  const lane = new Lane(createParts(folder, () => undefined));
  expect(await lane.apply(latency, "conf.lua")).toMatchObject({ kind: "applied" });
  const refused = await lane.apply('element { name = "b", id = 9, type = "strin" }', "conf.lua");
  expect(refused).toMatchObject({ kind: "refused" });
  expect(ownElements().map(({ name }) => name)).toEqual(["acmeLatency"]);
  expect(await lane.apply("", "conf.lua")).toMatchObject({ kind: "applied" });
  expect(ownElements()).toEqual([]);
  await lane.stop();
});
