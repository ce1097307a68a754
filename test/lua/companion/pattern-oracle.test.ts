import fc from "fast-check";
import { expect, test } from "vitest";
import { startEngine } from "../../support/lua.ts";
import { hasProgram, runProgram } from "../../support/programs.ts";

/**
 * Tries all four functions on one subject and pattern, and prints what they gave as one line. It
 * uses nothing of `string` but `byte`, which is not under test.
 */
const prelude = `
local find, match, gmatch, gsub, byte = string.find, string.match, string.gmatch, string.gsub, string.byte
local concat, type, tostring, pcall, select = table.concat, type, tostring, pcall, select
local function show(value)
  if type(value) ~= "string" then return tostring(value) end
  return "<" .. concat({ byte(value, 1, -1) }, ",") .. ">"
end
local function note(out, ok, ...)
  out[#out + 1] = ok and "|" or "error"
  for i = 1, select("#", ...) do
    local value = select(i, ...)
    out[#out + 1] = ok and show(value) or tostring(value)
  end
end
local function each(subject, pattern)
  local out, turns = {}, 0
  for a, b in gmatch(subject, pattern) do
    out[#out + 1] = show(a) .. show(b)
    turns = turns + 1
    if turns > 100 then return concat(out, ";") end
  end
  return concat(out, ";")
end
local function try(subject, pattern, replacement, init)
  local out = {}
  note(out, pcall(find, subject, pattern, init))
  note(out, pcall(find, subject, pattern, init, true))
  note(out, pcall(match, subject, pattern, init))
  note(out, pcall(each, subject, pattern))
  note(out, pcall(gsub, subject, pattern, replacement))
  note(out, pcall(gsub, subject, pattern, replacement, init))
  note(out, pcall(gsub, subject, pattern, { a = "<A>", ["1"] = 1, b = false, [1] = "first" }))
  note(out, pcall(gsub, subject, pattern, function(x, y) return y or x == "a" and "<a>" end))
  print(concat(out, " "))
end
`;

/** Octets as a Lua string literal. */
const literal = (text: string): string =>
  `"${[...text].map((c) => `\\${String(c.charCodeAt(0)).padStart(3, "0")}`).join("")}"`;

const octet = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(..."aab1. -]^%(X_") },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }).map((n) => String.fromCharCode(n)) },
);
const patternOctet = octet.filter((c) => c !== "\0");
const subject = fc.array(octet, { maxLength: 24 }).map((parts) => parts.join(""));
const letter = fc.constantFrom(..."acdglpsuwxzACDGLPSUWXZ%.-[]()^$bz");
const member = fc.oneof(
  patternOctet,
  letter.map((c) => `%${c}`),
  fc.tuple(patternOctet, patternOctet).map(([a, b]) => `${a}-${b}`),
);
const set = fc
  .tuple(fc.boolean(), fc.array(member, { maxLength: 4 }), fc.constantFrom("]", "]", "]", "]", ""))
  .map(([negated, members, end]) => `[${negated ? "^" : ""}${members.join("")}${end}`);
const single = fc.oneof(
  { weight: 4, arbitrary: patternOctet },
  { weight: 2, arbitrary: fc.constantFrom(".", "a", "b") },
  { weight: 2, arbitrary: letter.map((c) => `%${c}`) },
  { weight: 1, arbitrary: set },
);
const repeated = fc
  .tuple(single, fc.constantFrom("", "", "*", "+", "-", "?"))
  .map((parts) => parts.join(""));
const item = fc.oneof(
  { weight: 12, arbitrary: repeated },
  { weight: 2, arbitrary: fc.constantFrom("(", ")", "()", "^", "$") },
  { weight: 1, arbitrary: fc.constantFrom("%1", "%2", "%0", "%b()", "%bab", "%f", "%b", "%") },
  { weight: 1, arbitrary: set.map((text) => `%f${text}`) },
  { weight: 3, arbitrary: repeated.map((text) => `(${text})`) },
);
const pattern = fc
  .tuple(fc.constantFrom("", "", "^"), fc.array(item, { maxLength: 7 }), fc.constantFrom("", "$"))
  .map(([start, items, end]) => `${start}${items.join("")}${end}`);
const replacement = fc
  .array(fc.oneof(octet, fc.constantFrom("%0", "%1", "%2", "%%", "%a", "%9")), { maxLength: 4 })
  .map((parts) => parts.join(""));
const init = fc.integer({ min: -30, max: 30 });

function runBoth(script: string): [ours: string[], theirs: string[]] {
  const { engine, printed } = startEngine();
  engine.run(script, "stdin");
  const theirs = runProgram("luajit", ["-"], script).split("\n").slice(0, -1);
  return [printed.map(String), theirs];
}

test.skipIf(!hasProgram("luajit"))(
  "find, match, gmatch and gsub give what luajit gives, for 6 000 random patterns",
  () => {
    const cases = fc.sample(fc.tuple(subject, pattern, replacement, init), 6_000);
    const calls = cases.map(
      ([s, p, r, i]) => `try(${literal(s)}, ${literal(p)}, ${literal(r)}, ${i})`,
    );
    const [ours, theirs] = runBoth(`${prelude}${calls.join("\n")}`);
    const different = cases
      .map(([s, p, r, i], n) => ({ s, p, r, i, ours: ours[n], theirs: theirs[n] }))
      .filter((one) => one.ours !== one.theirs);
    expect(different.slice(0, 5)).toEqual([]);
  },
);
