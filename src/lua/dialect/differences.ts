/** One way in which this engine is not LuaJIT. */
export interface Difference {
  /** Short, in the words of a heading. */
  readonly about: string;
  readonly luajit: string;
  readonly here: string;
  /** A chunk that shows it, and the text it gives in LuaJIT and here. */
  readonly example?: readonly [code: string, luajit: string, here: string];
  /** What in a source is told by `moonfix check`. */
  readonly finds?: {
    /** Operators and attributes of Lua 5.4. */
    readonly symbols?: readonly string[];
    /** Functions and libraries that LuaJIT lacks. */
    readonly names?: readonly string[];
    /** What to write instead. */
    readonly instead: string;
  };
}

/** Everything that is known to differ; the page `lua/luajit.md` and the warnings come from it. */
export const differences: readonly Difference[] = [
  {
    about: "whole numbers",
    luajit: "doubles: exact up to 2^53, printed with 14 digits",
    here: "64-bit integers: exact, wrap around, printed in full; `--!luajit-numbers` makes doubles",
    example: ["return 1000000000000000 * 10", "1e+16", "10000000000000000"],
  },
  {
    about: "overflow",
    luajit: "goes on as a double",
    here: "wraps around at 2^63; `--!luajit-numbers` makes doubles",
    example: ["return 9007199254740991 * 9007199254740991 > 0", "true", "false"],
  },
  {
    about: "modulo zero",
    luajit: "is not a number",
    here: "of whole numbers is an error; `--!luajit-numbers` makes doubles",
    example: ["return (pcall(function() return 5 % 0 end))", "true", "false"],
  },
  {
    about: "minus zero",
    luajit: "`-0` is minus zero",
    here: "`-0` is zero, `-0.0` is minus zero",
    example: ["return 1 / -0", "-inf", "inf"],
  },
  {
    about: "64-bit literals",
    luajit: "`42LL` is an object of ffi, and prints as `42LL`",
    here: "`42LL` is the integer; from 2^63 up `ULL` wraps to negative ones",
    example: ["return 42LL", "42LL", "42"],
  },
  {
    about: "integer division and bits",
    luajit: "no such operators, use `math.floor(a / b)` and `bit.*`",
    here: "`//` `&` `|` `~` `<<` `>>` of Lua 5.4 work, on all 64 bits",
    example: ["return loadstring('return 7 // 2') and 'read' or 'refused'", "refused", "read"],
    finds: {
      symbols: ["//", "&", "|", "~", "<<", ">>"],
      instead: "`math.floor(a / b)` and `bit.*` work in both",
    },
  },
  {
    about: "attributes of locals",
    luajit: "are not read",
    here: "`<const>` and `<close>` work as in Lua 5.4",
    example: [
      "return loadstring('local x <const> = 1') and 'read' or 'refused'",
      "refused",
      "read",
    ],
    finds: { symbols: ["<const>", "<close>"], instead: "a plain `local` works in both" },
  },
  {
    about: "more functions",
    luajit: "those of Lua 5.1 and its own",
    here: "some of Lua 5.4, too: `table.pack`, `utf8`, `string.pack`, `math.type`, `rawlen`",
    example: ["return type(table.pack)", "nil", "function"],
    finds: {
      names: [
        ...["coroutine.close", "math.maxinteger", "math.mininteger", "math.tointeger"],
        ...["math.type", "math.ult", "rawlen", "string.pack", "string.packsize", "string.unpack"],
        ...["table.pack", "table.unpack", "utf8"],
      ],
      instead: "LuaJIT has `unpack`, `#` and `select`",
    },
  },
  {
    about: "ffi",
    luajit: "calls C",
    here: '`require "ffi"` is an error: scripts do not leave their sandbox',
    example: ["return (pcall(require, 'ffi'))", "true", "false"],
    finds: { symbols: ['require "ffi"'], instead: "there is no other way to C" },
  },
  {
    about: "imaginary numbers",
    luajit: "`12i` is a complex number of ffi",
    here: "malformed numbers",
    example: ["return loadstring('return 12i') and 'read' or 'refused'", "read", "refused"],
  },
  {
    about: "bytecode",
    luajit: "`string.dump` makes it, `load` takes it",
    here: "there is none: `load` takes text only",
    example: ["return type(string.dump)", "function", "nil"],
    finds: { names: ["string.dump"], instead: "keep the text" },
  },
  {
    about: "finalizers",
    luajit: "`__gc` of a userdata runs when it is collected",
    here: "scripts have no finalizers",
  },
  {
    about: "debug",
    luajit: "the library of Lua 5.1",
    here: "`debug.getinfo` and `debug.traceback`",
    example: ["return type(debug.sethook)", "function", "nil"],
    finds: {
      names: [
        ...["debug.debug", "debug.getfenv", "debug.gethook", "debug.getlocal"],
        ...["debug.getmetatable", "debug.getregistry", "debug.getupvalue", "debug.setfenv"],
        ...["debug.sethook", "debug.setlocal", "debug.setmetatable", "debug.setupvalue"],
        ...["debug.upvalueid", "debug.upvaluejoin"],
      ],
      instead: "there is no other way to what they do",
    },
  },
  {
    about: "jit",
    luajit: "controls the compiler",
    here: "`jit.status()` is false, `jit.on()` and the like do nothing",
    example: ["return (jit.status())", "true", "false"],
  },
  {
    about: "loops without step",
    luajit: "`for i = 1, 2, 0` never ends",
    here: "is an error",
    example: ["return (pcall(function() for _ = 1, 2, 0 do break end end))", "true", "false"],
  },
  {
    about: "calls on a new line",
    luajit: "`f` and `(x)` on the next line are ambiguous",
    here: "are a call, as in Lua 5.4",
    example: ["return loadstring('f\\n(x)') and 'read' or 'refused'", "refused", "read"],
  },
  {
    about: "names beyond ASCII",
    luajit: "octets from 128 up are letters",
    here: "they are not",
    example: [
      "return loadstring('local \\195\\164 = 1') and 'read' or 'refused'",
      "read",
      "refused",
    ],
  },
  {
    about: "`goto` as a field",
    luajit: '`t.goto` is `t["goto"]`',
    here: 'it is another field; write `t["goto"]`',
    example: ["local t = { goto = 1 } return t['goto']", "1", "nil"],
  },
  {
    about: "rounding of printed halves",
    luajit: "away from zero",
    here: "to the even digit, as C does",
    example: ["return (('%.0f'):format(0.5))", "1", "0"],
  },
  {
    about: "`%p` of values without address",
    luajit: "`NULL`",
    here: "`(null)`",
    example: ["return (('%p'):format(1))", "NULL", "(null)"],
  },
  {
    about: "text that is no number",
    luajit: "attempt to perform arithmetic on a string value",
    here: "attempt to add a 'string' with a 'number'",
    example: [
      "local _, e = pcall(function() return 'x' + 1 end) return (e:gsub('^.-:%d: ', ''))",
      "attempt to perform arithmetic on a string value",
      "attempt to add a 'string' with a 'number'",
    ],
  },
];
