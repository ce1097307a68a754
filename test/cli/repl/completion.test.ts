import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type CompletionSources, completeLine } from "../../../src/cli/repl/completion.ts";
import { temporaryFolder } from "../../support/folder.ts";

const sources: CompletionSources = {
  directives: ["help", "load", "time"],
  topics: ["ipfix.read", "ipfix.records", "octetDeltaCount"],
  lua: async (line) => [["from Lua"], line],
};

test.for([
  [":", [":help", ":load", ":time"], ":"],
  [":ti", [":time"], ":ti"],
  [":nothing", [], ":nothing"],
  [":help ipfix.rec", ["ipfix.records"], "ipfix.rec"],
  [":help ", [...sources.topics], ""],
  [":time str", ["from Lua"], ":time str"],
  ["::label", ["from Lua"], "::label"],
  ["print(x", ["from Lua"], "print(x"],
  ["print('x', y", ["from Lua"], "print('x', y"],
  ["x = 5 -- it's", ["from Lua"], "x = 5 -- it's"],
] as const)("completeLine() of %s", async ([line, candidates, word]) => {
  expect(await completeLine(line, sources)).toEqual([candidates, word]);
});

test.for([
  [":load F/", ["F/flows.ipfix", "F/flows/"], "F/"],
  [":load F/flows.", ["F/flows.ipfix"], "F/flows."],
  ["ipfix.read('F/fl", ["F/flows.ipfix", "F/flows/"], "F/fl"],
  ['ipfix.read("a\\"b", "F/flows/', ["F/flows/day one.ipfix"], "F/flows/"],
  ["ipfix.read('F/.", ["F/.hidden"], "F/."],
  ["ipfix.read('F/nowhere/", [], "F/nowhere/"],
] as const)("completeLine() offers files for %s", async ([line, candidates, word]) => {
  const folder = temporaryFolder();
  mkdirSync(join(folder, "flows"));
  for (const name of ["flows.ipfix", "flows/day one.ipfix", ".hidden", "it's"]) {
    writeFileSync(join(folder, name), "");
  }
  const [found, rest] = await completeLine(line.replaceAll("F", folder), sources);
  const shown = (text: string) => text.replaceAll(folder, "F");
  expect([found.map(shown), shown(rest)]).toEqual([candidates, word]);
});
