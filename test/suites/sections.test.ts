import { expect, test } from "vitest";
import { isWanted, splitSections } from "./sections.ts";

const text = ["local x = 1", "do --- one +luajit>=2.1", "  a()", "end", "do --- two !lex", "end"];

test("splitSections() keeps the file's first lines, one section and every line number", () => {
  const sections = splitSections(text.join("\n"));
  expect(sections).toEqual([
    {
      name: "one",
      conditions: ["+luajit>=2.1"],
      source: ["local x = 1", "do --- one +luajit>=2.1", "  a()", "end"].join("\n"),
    },
    {
      name: "two",
      conditions: [],
      source: ["local x = 1", "", "", "", "do --- two !lex", "end"].join("\n"),
    },
  ]);
});

test("splitSections() takes a file without sections as one", () => {
  expect(splitSections("return 1")).toEqual([{ name: "", conditions: [], source: "return 1" }]);
});

test.for([
  [["+lua<5.2"], true],
  [["+lua>=5.2"], false],
  [["-lua==5.1"], false],
  [["+luajit>2.0", "-ffi"], true],
  [["+ffi"], false],
  [["+jit", "+goto"], true],
  [["+compat5.2"], false],
  [["+slow"], false],
  [[], true],
] as const)("isWanted(%j) is %s", ([conditions, wanted]) => {
  expect(isWanted(conditions)).toBe(wanted);
});
