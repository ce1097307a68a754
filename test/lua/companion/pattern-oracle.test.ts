import fc from "fast-check";
import { describe, expect, test } from "vitest";
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

type Case = readonly [subject: string, pattern: string, replacement: string, init: number];

/** Try all cases in both; `theirPattern` is what luajit gets instead of the pattern. */
function expectEqual(cases: readonly Case[], theirPattern = (pattern: string) => pattern): void {
  const script = (translate: (pattern: string) => string) =>
    prelude +
    cases
      .map(([s, p, r, i]) => `try(${literal(s)}, ${literal(translate(p))}, ${literal(r)}, ${i})`)
      .join("\n");
  const { engine, printed } = startEngine();
  engine.run(
    script((pattern) => pattern),
    "stdin",
  );
  const theirs = runProgram("luajit", ["-"], script(theirPattern)).split("\n");
  const different = cases
    .map(([s, p, r, i], n) => ({ s, p, r, i, ours: printed[n], theirs: theirs[n] }))
    .filter((one) => one.ours !== one.theirs);
  expect(different.slice(0, 5)).toEqual([]);
}

const timeout = 60_000;

describe.skipIf(!hasProgram("luajit"))(
  "find, match, gmatch and gsub give what luajit gives",
  { timeout },
  () => {
    test("for 4 000 random patterns", () => {
      expectEqual(fc.sample(fc.tuple(subject, pattern, replacement, init), 4_000));
    });

    test("for 500 random patterns over long subjects", () => {
      const part = fc.constantFrom("aab", "b1", "a(b)", ".", "  X", "-]", "aaaaaaaaaaaaaaaaaaaa");
      const long = fc.array(part, { minLength: 10, maxLength: 40 }).map((parts) => parts.join(""));
      const few = fc.array(item, { maxLength: 4 }).map((items) => items.join(""));
      const far = fc.integer({ min: -300, max: 300 });
      expectEqual(fc.sample(fc.tuple(long, few, replacement, far), 500));
    });

    test("for 200 patterns of up to 1 000 octets, most of which need not stay compiled", () => {
      const three = fc.constantFrom("aab", "[ab]%a.", "%la%w", "[^x][%a]b", "%%?aab", "aax");
      const long = fc
        .tuple(repeated, fc.array(three, { minLength: 10, maxLength: 150 }), repeated)
        .map(([first, items, last]) => `${first}${items.join("")}${last}`);
      const text = fc.constantFrom("aab".repeat(60), `x${"aab".repeat(90)}`, "a", "");
      expectEqual(fc.sample(fc.tuple(text, long, replacement, init), 200));
    });

    test("for 2 000 random texts to find as they are", () => {
      const letters = fc.array(fc.constantFrom("a", "b", "\0", "\xff"), { maxLength: 200 });
      const text = letters.map((parts) => parts.join(""));
      const wanted = fc.array(fc.constantFrom("a", "b", "a", "\xff"), { maxLength: 20 });
      const few = wanted.map((parts) => parts.join(""));
      expectEqual(fc.sample(fc.tuple(text, few, replacement, init), 2_000));
    });

    test("for 2 000 random patterns with zeros, which it has as %z", () => {
      const zero = fc.constantFrom("\0", "\0*", "\0+", "\0-", "\0?", "[\0a]", "[^\0]", "(\0+)");
      const parts = fc.array(fc.oneof(zero, fc.constantFrom("a", "b*", ".-", "%a+", "()")), {
        minLength: 1,
        maxLength: 6,
      });
      const text = fc.array(fc.constantFrom("a", "b", "\0"), { maxLength: 16 });
      const cases = fc.tuple(
        text.map((letters) => letters.join("")),
        // With an end that no text has, since luajit would look for the text "%z".
        parts.map((items) => `${items.join("")}()`),
        replacement,
        fc.integer({ min: -20, max: 20 }),
      );
      expectEqual(fc.sample(cases, 2_000), (p) => p.replaceAll("\0", "%z"));
    });
  },
);
