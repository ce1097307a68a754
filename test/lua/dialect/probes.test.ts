import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { differences } from "../../../src/lua/dialect/differences.ts";
import { startEngine } from "../../support/lua.ts";
import { hasProgram, runProgram } from "../../support/programs.ts";
import { shared } from "../../support/shared.ts";

const probes = shared("corpus/lua/probes.txt");
const able = probes !== undefined && hasProgram("luajit");
if (!able) console.warn("no ../shared or no luajit: the probes of the corpus are not run");

/** Probes that differ for good, and what the table of differences says about them. */
const differing: Readonly<Record<string, string>> = {
  "big int print >=1e15": "whole numbers",
  "modulo zero": "modulo zero",
  "bitwise op": "integer division and bits",
};

/** Addresses of functions are nobody's to compare. */
const withoutAddresses = (text: string) => text.replace(/^function: .*$/, "function");

const show = `local f = loadstring(...) if not f then return "syntax" end
  local ok, text = pcall(f) return ok and tostring(text) or "error"`;

test.skipIf(!able)("the probes of the corpus agree with luajit, or stand in the table", () => {
  const rows = readFileSync(probes as string, "utf8")
    .split("\n")
    .filter((line) => line.includes("|"))
    .map((line) => [line.slice(0, line.indexOf("|")), line.slice(line.indexOf("|") + 1)] as const);
  const different = rows.filter(([, chunk]) => {
    const theirs = runProgram("luajit", ["-", chunk], `io.write((function(...) ${show} end)(...))`);
    const { engine } = startEngine();
    const [ours] = engine.run(show, "probe", [chunk]);
    engine.close();
    return withoutAddresses(String(ours)) !== withoutAddresses(theirs);
  });
  expect(different.map(([name]) => name).sort()).toEqual(Object.keys(differing).sort());
});

test("every probe that differs has its line in the table of differences", () => {
  const known = differences.map(({ about }) => about);
  for (const about of Object.values(differing)) expect(known).toContain(about);
});
