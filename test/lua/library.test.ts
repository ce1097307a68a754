import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { startEngine } from "../support/lua.ts";
import { hasProgram, runProgram } from "../support/programs.ts";

/**
 * Chunks of one line, each run in a fresh engine and by luajit; what they return or the error they
 * end with must be the same text. A line that starts with `~` is a known difference; a warning tells
 * when it has gone.
 */
const libraries = ["base", "math", "os", "string", "table"] as const;

/** Runs one chunk and tells its results as text; addresses are not compared. */
const teller = `
  local function show(...)
    local texts = {}
    for i = 1, select("#", ...) do
      local value = (select(i, ...))
      local text = tostring(value):gsub("0x%x+", "0x"):gsub("builtin#%d+", "builtin")
      texts[i] = type(value):sub(1, 3) .. " " .. text
    end
    return table.concat(texts, " | ")
  end
  local function keep(...)
    return { n = select("#", ...), ... }
  end
  function tell(line)
    -- Not as a tail call, which hides who called.
    local expression = line:match("^return (.*)")
    line = expression and "local kept = (...)(" .. expression .. ") return kept" or line
    local chunk, problem = loadstring(line, "=probe")
    if not chunk then
      return "syntax: " .. problem
    end
    local ok, kept = pcall(chunk, keep)
    if ok and expression then
      return (show(unpack(kept, 1, kept.n)))
    end
    return (ok and "" or "error ") .. (show(kept))
  end`;

const separator = "\n\x1e\n";

function tellByLuajit(lines: readonly string[]): string[] {
  const program = `${teller}
    local answers = {}
    for line in io.read("*a"):gmatch("[^\\n]+") do
      answers[#answers + 1] = tell(line)
    end
    io.write(table.concat(answers, ${JSON.stringify("\n\\030\n").replace("\\\\", "\\")}))`;
  return runProgram("luajit", ["-e", program], lines.join("\n")).split(separator);
}

function tellByMoonfix(line: string): string {
  const { engine } = startEngine();
  engine.run(teller, "teller");
  const [answer] = engine.run("return tell(...)", "teller", [line]);
  return typeof answer === "string" ? answer : Buffer.from(answer as Uint8Array).toString("utf8");
}

const luajit = hasProgram("luajit");
if (!luajit) console.warn("luajit is not installed: the library is not compared with it");

test.skipIf(!luajit).for(libraries)(
  "the functions of %s do what luajit's do",
  { timeout: 60_000 },
  (name) => {
    const text = readFileSync(new URL(`./library/${name}.txt`, import.meta.url), "utf8");
    const probes = text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
    const lines = probes.map((line) => line.replace(/^~ */, ""));
    const expected = tellByLuajit(lines);
    const wrong = probes.flatMap((probe, i) => {
      const told = tellByMoonfix(lines[i] ?? "");
      if (told === expected[i]) {
        if (probe.startsWith("~")) console.warn(`no longer a difference: ${lines[i]}`);
        return [];
      }
      if (probe.startsWith("~")) return [];
      return [`${probe}\n  luajit:  ${expected[i]}\n  moonfix: ${told}`];
    });
    expect(wrong.join("\n")).toBe("");
  },
);
