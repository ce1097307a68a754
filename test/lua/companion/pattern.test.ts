import { describe, expect, test } from "vitest";
import { failLua, runLua } from "../../support/lua.ts";

/** What `expression` gives, its values joined by spaces. */
function evaluate(expression: string): unknown {
  const show = "local t = { ... } for i = 1, select('#', ...) do t[i] = tostring(t[i]) end";
  const [text] = runLua(
    `local function show(...) ${show} return table.concat(t, " ") end return show(${expression})`,
  );
  return text;
}

describe("patterns (Lua 5.1 manual §5.4.1)", () => {
  test.for([
    ['("abc"):find(".", 2)', "2 2"],
    ['("Aa0_ \\n\\1\\127"):gsub("%a", "x")', "xx0_ \n\x01\x7f 2"],
    ['("Aa0_ \\n\\1\\127"):gsub("%c", "x")', "Aa0_ xxx 3"],
    ['("Aa0_ "):gsub("%d", "x"), (("Aa0_ "):gsub("%l", "x"))', "Aax_  Ax0_ "],
    ['(("Aa0_ "):gsub("%u", "x")), (("Aa0_ "):gsub("%w", "x"))', "xa0_  xxx_ "],
    ['(("Aa0_!"):gsub("%p", "x")), (("Afg9"):gsub("%x", "x"))', "Aa0xx xxgx"],
    ['("\\t\\n\\v\\f\\r x"):match("%s+") == "\\t\\n\\v\\f\\r "', "true"],
    ['("a\\0b"):find("%z"), ("a\\0b"):match("%Z+", 2)', "2 b"],
    ['("a b"):match("%g+"), #("a \\127b"):match("%G+")', "a 2"],
    ['("aB1"):match("%A+"), ("aB1"):match("%U+"), ("aB1"):match("%L+")', "1 a B1"],
    ['("\\255"):find("%W"), ("\\228"):find("%a")', "1 nil"],
    ['("a.b"):find("%."), ("a%b"):find("%%"), ("a]b"):find("%]")', "2 2 2 2"],
  ] as const)("classes: %s", ([expression, expected]) => {
    expect(evaluate(expression)).toBe(expected);
  });

  test.for([
    ['("b-e"):match("[a-c-]+"), ("e"):match("[a-c-e]")', "b- e"],
    ['("a]c"):find("[]]"), ("a]c"):match("[^]]+"), ("]"):find("[]-a]")', "2 a 1 1"],
    ['("^"):find("[^^]"), ("^"):find("[a^]"), ("x"):find("[^%s]")', "nil 1 1 1"],
    ['("b"):find("[c-a]"), ("-"):find("[%a-z]"), ("]"):find("[a-%%]")', "nil 1 1 1"],
    ['("%"):find("[%%]"), ("x[]"):match("[%[%]]+"), ("\\255"):find("[\\200-\\255]")', "1 [] 1 1"],
  ] as const)("sets: %s", ([expression, expected]) => {
    expect(evaluate(expression)).toBe(expected);
  });

  test.for([
    [
      '("aaab"):match("a*"), ("aaab"):match("a+"), ("aaab"):match("a-b"), ("ab"):match("a?b")',
      "aaa aaa aaab ab",
    ],
    [
      '("b"):match("a*"), ("b"):match("a+"), ("b"):match("a?b"), ("aab"):match("^a?b")',
      " nil b nil",
    ],
    ['("<<a>>"):match("<.->"), ("<<a>b>"):match("<.*>"), ("x"):match(".-")', "<<a> <<a>b> "],
    ['("a*b"):find("*"), ("a**b"):find("a**b"), ("a+*b"):find("a+*b")', "2 3 nil"],
    ['("f(a(b)c)d"):match("%b()"), ("((a)"):find("%b()"), ("axbx"):find("%bxx")', "(a(b)c) 2 2 4"],
    ['("THE (quick) fox"):find("%f[%a]%a+%f[%A]"), ("abc"):find("%f[%z]")', "1 4 3"],
    ['("THE (quick) fox"):gsub("%f[%w]%w+", "<%0>")', "<THE> (<quick>) <fox> 3"],
    ['("aa"):match("(a)%1"), ("ab"):match("(a)%1"), ("a"):match("()%1")', "a nil nil"],
    ['(\'"it\\\'s"\'):match("([\\"\\\']).-%1")', '"'],
  ] as const)("items: %s", ([expression, expected]) => {
    expect(evaluate(expression)).toBe(expected);
  });

  test.for([
    ['("a$"):find("a$"), ("a"):find("a$"), ("a$c"):find("a$c"), ("a$"):find("a$$")', "nil 1 1 1 2"],
    ['("x^2"):find("x^"), ("ab"):find("^b"), ("ab"):find("^b", 2), (""):find("^$")', "1 nil 2 1 0"],
    ['("^ab"):gmatch("^a")(), ("ab"):gmatch("^a")()', "^a"],
    ['("abc"):match("((a)(b))()"), ("hello"):find("l()l")', "ab 3 4 4"],
    ['("abc"):match("((a)(b))()")', "ab a b 3"],
  ] as const)("anchors and captures: %s", ([expression, expected]) => {
    expect(evaluate(expression)).toBe(expected);
  });

  // The manual of Lua 5.1 forbids zeros in patterns; we take them, as later versions do.
  test.for([
    ['("a\\0b"):find("\\0"), ("a\\0b"):find("[\\0-\\31]"), ("\\0\\0b"):match("\\0*()")', "2 2 3"],
    ['("\\0b\\0"):find("%b\\0\\0"), ("a\\0"):find("%\\0$"), ("a\\0b"):find("b\\0")', "1 2 nil"],
  ] as const)("zeros: %s", ([expression, expected]) => {
    expect(evaluate(expression)).toBe(expected);
  });
});

describe("functions (Lua 5.1 manual §5.4)", () => {
  test.for([
    ['("abc"):find("b", -1), ("abc"):find("b", -2), ("abc"):find("", -10)', "nil 2 1 0"],
    ['("abc"):find("", 10), ("abc"):match("()", 10), ("abc"):find("b", 0)', "4 4 2 2"],
    ['("abc"):find("b", 1.9), ("abc"):find("c", "3"), ("abc"):find("b", 2^31)', "2 3 2 2"],
    [
      '("a.b"):find(".", 2, true), ("a.b"):find(".", 1, false), ("a.b"):find(".", nil, 1)',
      "2 1 2 2",
    ],
    ['("a)"):find(")"), string.find(12.5, 5), string.find(123, 2)', "2 4 2 2"],
    ['(""):find(""), (""):match(".*", 2), ("x"):find("y"), ("x"):match("y")', "1  nil nil"],
  ] as const)("find and match: %s", ([expression, expected]) => {
    expect(evaluate(expression)).toBe(expected);
  });

  test.for([
    ["abc", "b*", "<>|<b>|<>|<>"],
    ["abc", "", "<>|<>|<>|<>"],
    ["a=1, b=2", "(%w)=(%w)", "<a>1|<b>2"],
    ["one two", "%a+", "<one>|<two>"],
  ] as const)("gmatch goes over %j by %j", ([subject, pattern, expected]) => {
    const [found] = runLua(
      `local t = {}
      for a, b in (...):gmatch("${pattern}") do t[#t + 1] = "<" .. a .. ">" .. (b or "") end
      return table.concat(t, "|")`,
      subject,
    );
    expect(found).toBe(expected);
  });

  test("the iterator of gmatch returns nothing at the end, and ignores its arguments", () => {
    const source = 'local f = ("ab"):gmatch(".", 2) return f(1, 2), f(), select("#", f())';
    expect(runLua(source)).toEqual(["a", "b", 0]);
  });

  test.for([
    ['("abc"):gsub("b*", "-")', "-a--c- 4"],
    [
      '("abc"):gsub("", "-"), ("abc"):gsub("$", "-"), ("aaa"):gsub("^a", "x")',
      "-a-b-c- abc- xaa 1",
    ],
    ['("abc d"):gsub("%w*", "x")', "xx xx 4"],
    ['("abc"):gsub("(a)(b)", "%2%1%0%%"), ("abc"):gsub("b", "%1")', "baab%c abc 1"],
    [
      '("abc"):gsub("b", "%x"), #("abc"):gsub("b", "%"), ("abc"):gsub("()", "%1")',
      "axc 3 1a2b3c4 4",
    ],
    [
      '("abc"):gsub("%w", "%0%0", 2), ("abc"):gsub("b", "x", 0), ("abc"):gsub("b", 5)',
      "aabbc abc a5c 1",
    ],
    ['("abc"):gsub(".", "x", math.huge), ("abc"):gsub(".", "x", 1.7)', "abc xbc 1"],
    ['("abc"):gsub("%w", { a = 1, b = false }), ("x y"):gsub("(%w)()", { x = "z" })', "1bc z y 2"],
    ['("x"):gsub("x", setmetatable({}, { __index = function(_, k) return k .. k end }))', "xx 1"],
    ['("abc"):gsub("%w", function(c) if c ~= "b" then return c .. c end end)', "aabcc 3"],
    ['("abc"):gsub("(a)(b)()", function(a, b, at) return at .. b .. a end)', "3bac 1"],
    ['("a\\0b"):gsub("\\0", "%0\\0")', "a\0\0b 1"],
  ] as const)("gsub: %s", ([expression, expected]) => {
    expect(evaluate(expression)).toBe(expected);
  });

  test("gsub survives what its function does to patterns", () => {
    const source = `
      return (("a1b2"):gsub("(%a)(%d)", function(letter, digit)
        for i = 1, 500 do ("x"):find("y" .. i .. ".") end
        return (digit:gsub("%d", function(d) return d + 1 end)) .. letter:match("%a")
      end))`;
    expect(runLua(source)).toEqual(["2a3b"]);
  });
});

describe("errors", () => {
  test.for([
    ['("x"):find("%")', "malformed pattern (ends with '%')"],
    ['("x"):find("[a")', "malformed pattern (missing ']')"],
    ['("x"):find("[%]")', "malformed pattern (missing ']')"],
    ['("x"):find("%fa")', "missing '[' after '%f' in pattern"],
    ['("x"):find("%bx")', "unbalanced pattern"],
    ['("x"):match(")")', "invalid pattern capture"],
    ['("x"):find("%1")', "invalid capture index"],
    ['("x"):find("(x%1)")', "invalid capture index"],
    ['("x"):find(("()"):rep(33))', "too many captures"],
    ['("x"):find("(x")', "unfinished capture"],
    ['for _ in ("x"):gmatch("(") do end', "unfinished capture"],
    ['("x"):gsub("x", "%2")', "invalid capture index"],
    ['("x"):gsub("(x)", "%2")', "invalid capture index"],
    ['("x"):gsub("x", { x = true })', "invalid replacement value (a boolean)"],
    ['("x"):gsub("x", function() return {} end)', "invalid replacement value (a table)"],
    ['("x"):gsub("x")', "bad argument #2 to 'gsub' (string/function/table expected)"],
    ['("x"):gsub("x", "", {})', "bad argument #3 to 'gsub' (number expected, got table)"],
    ["string.gsub('x', 'x', true)", "bad argument #3 to 'gsub' (string/function/table expected)"],
    ["string.find(nil, 'x')", "bad argument #1 to 'find' (string expected, got nil)"],
    ["string.find('x')", "bad argument #2 to 'find' (string expected, got no value)"],
    ["string.match('x', 'x', 'z')", "bad argument #3 to 'match' (number expected, got string)"],
    ["string.gmatch({}, 'x')", "bad argument #1 to 'gmatch' (string expected, got table)"],
  ] as const)("%s", ([source, message]) => {
    expect(failLua(source).message).toBe(`test.lua:1: ${message}`);
  });

  test.for(['("x"):find("y[")', '("x"):find("y%")', '("x"):match("y)")', '("x"):find("y(")'])(
    "%s comes to no mistake",
    (source) => {
      expect(runLua(`return ${source}`)).toEqual([undefined]);
    },
  );
});
