import fc from "fast-check";
import { expect, test } from "vitest";
import { tokensOf } from "../../../src/lua/dialect/tokens.ts";
import { failLua } from "../../support/lua.ts";

const texts = (source = "") => [...tokensOf(source)].map(({ text }) => text);

test.for([
  ["local a = b.c:d(...)", "local a = b . c : d ( ... )"],
  ["a..b...c", "a .. b ... c"],
  ["x<=1>=2~=3==4<<5>>6//7", "x <= 1 >= 2 ~= 3 == 4 << 5 >> 6 // 7"],
  ["::a:: goto a", ":: a :: goto a"],
  ["1 -- two\n3 --[[ 4\n 5 ]] 6 --[==[ ]] ]=] ]==] 7 --", "1 3 6 7"],
  ["0xA.8p-1+1e+5-3LL .5 5..2", "0xA.8p-1 + 1e+5 - 3LL .5 5..2"],
  ["'a\\'b' \"c\\\"d\" '\\\\' [[e]] [=[ ]] ]=]", "'a\\'b' \"c\\\"d\" '\\\\' [[e]] [=[ ]] ]=]"],
  ["'a\\z \n  b' 'c\\\nd' 'e\\\r\nf'", "'a\\z \n  b' 'c\\\nd' 'e\\\r\nf'"],
  ["t[a[1]] [==[x]==]", "t [ a [ 1 ] ] [==[x]==]"],
  ["", ""],
])("tokensOf(%j) tells its tokens", ([source, expected]) => {
  expect(texts(source).join(" ")).toBe(expected);
});

test.for(["'abc", '"a\nb"', "[[ abc", "[==[ ]=]", "--[[ abc", "'\\", "'\\z"])(
  "tokensOf() ends where %j has no end",
  (source) => {
    expect(texts(`a ${source}`)).toEqual(["a"]);
  },
);

/** Pieces that a source may be made of; each may follow each. */
const pieces = fc.constantFrom(
  ...["x", "12", "0x1p4", "'q'", '"\\n"', "[[l\n]]", "[=[\r\n]]]=]", "==", "..", "--c\n", "\r\n"],
  ...["--[[\n\n]]", "'\\\n'", "'\\z\n\n'", "{", ")", "\n", "\n\r", "\r", " ", "\t"],
);

test("tokensOf() leaves out blanks and comments only, and its lines are the compiler's", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const before = `return "a" --[[ ${parts.filter((p) => /^[\s]+$/.test(p)).join("")} ]] .. [[\n${
        parts.includes("\n\r") ? "\n\r" : "x\r"
      }]]`;
      const source = `${before}\n @`;
      const last = [...tokensOf(source)].at(-1);
      expect(last?.text).toBe("@");
      expect(failLua(source).where).toBe(`test.lua:${last?.line}`);
    }),
    { numRuns: 50 },
  );
});

test("tokensOf() covers any source: what lies between tokens is blank or a comment", () => {
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 40 }), (parts) => {
      const source = parts.join(" ");
      let at = 0;
      for (const { text, start, end } of tokensOf(source)) {
        expect(source.slice(at, start)).toMatch(/^(?:\s|--\[\[\n\n\]\]|--c\n)*$/);
        expect(source.slice(start, end)).toBe(text);
        at = end;
      }
      expect(source.slice(at)).toMatch(/^(?:\s|--\[\[\n\n\]\]|--c\n)*$/);
    }),
  );
});
