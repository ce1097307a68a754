import { afterAll, describe, expect, test } from "vitest";
import { hasProgram } from "../support/programs.ts";
import { finished, okLines, type Score, score } from "./scores.ts";
import { type Exercise, listFiles, listSections, suiteFolder } from "./trees.ts";

/**
 * Public Lua test suites, run through luajit and through `moonfix lua`. They are third party and
 * never part of this repository: `MOONFIX_SUITES` names a folder that holds copies. A floor is
 * the share of what luajit achieves, so that a partial copy is judged by the same measure.
 */
const suites = [
  {
    name: "LuaJIT-test-cleanup, sections",
    folders: ["LuaJIT-test-cleanup/test", "LuaJIT-tests"],
    exercises: (folder: string) => listSections(folder),
    count: finished,
    floor: 395 / 406,
  },
  {
    name: "lua-Harness, ok lines",
    folders: ["lua-Harness-tests", "lua-Harness/test_lua"],
    exercises: (folder: string): Exercise[] => listFiles(folder, ".t"),
    count: okLines,
    floor: 1700 / 1875,
  },
  {
    name: "PUC-Rio Lua 5.1, files",
    folders: ["PUC-Rio-Lua-5.1-tests", "lua5.1-tests"],
    exercises: (folder: string): Exercise[] => listFiles(folder, ".lua"),
    count: finished,
    floor: 13 / 17,
  },
] as const;

const root = process.env["MOONFIX_SUITES"];
if (root === undefined) console.warn("MOONFIX_SUITES is not set: the public suites are not run");
const canRun = root !== undefined && hasProgram("luajit");

describe("the public suites", () => {
  const report: string[] = [];
  afterAll(() => console.log(report.join("\n")));

  test.skipIf(!canRun).for(suites)("$name: floor held", { timeout: 3_600_000 }, async (suite) => {
    const folder = suiteFolder(root ?? "", suite.folders);
    if (folder === undefined) {
      report.push(`${suite.name}: no copy in ${root} (${suite.folders.join(" or ")})`);
      return;
    }
    const result: Score = await score(folder, suite.exercises(folder), suite.count);
    report.push(`${suite.name}: moonfix ${result.moonfix}, luajit ${result.luajit}`);
    report.push(...result.misses.map((miss) => `  ${miss}`));
    expect(result.moonfix / result.luajit).toBeGreaterThanOrEqual(suite.floor);
  });
});
