--- Close the standard library: what is not on the list below is gone. Runs first in every engine,
--- before any other Lua code, and hands the metatable of error objects to the host.
local load_module, print_line, is_ended, host, load_below, fail, loading, spend = ...

local allowed = {
  _G = {
    "_VERSION", "assert", "bit", "collectgarbage", "coroutine", "debug", "error", "getmetatable",
    "ipairs", "load", "math", "next", "os", "pairs", "pcall", "print", "rawequal", "rawget",
    "rawlen", "rawset", "require", "select", "setmetatable", "string", "table", "tonumber",
    "tostring", "type", "u64", "unpack", "utf8", "xpcall",
  },
  bit = {
    "arshift", "band", "bnot", "bor", "bswap", "bxor", "lshift", "rol", "ror", "rshift", "tobit",
    "tohex",
  },
  coroutine = {
    "close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield",
  },
  debug = { "getinfo", "traceback" },
  math = {
    "abs", "acos", "asin", "atan", "atan2", "ceil", "cos", "cosh", "deg", "exp", "floor", "fmod",
    "frexp", "huge", "ldexp", "log", "log10", "max", "maxinteger", "min", "mininteger", "modf",
    "pi", "pow", "rad", "random", "randomseed", "sin", "sinh", "sqrt", "tan", "tanh", "tointeger",
    "type", "ult",
  },
  os = { "clock", "date", "difftime", "time" },
  string = {
    "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack",
    "packsize", "rep", "reverse", "sub", "unpack", "upper",
  },
  table = {
    "clear", "concat", "getn", "insert", "maxn", "move", "new", "pack", "remove", "sort", "unpack",
  },
  u64 = { "compare", "divide", "tonumber", "tostring" },
  utf8 = { "char", "charpattern", "codepoint", "codes", "len", "offset" },
}

local _G, collectgarbage, error, getmetatable, load = _G, collectgarbage, error, getmetatable, load
local next, pairs, select = next, pairs, select
local concat = table.concat
local tostring, type, xpcall = tostring, type, xpcall
local get_info, get_upvalue = debug.getinfo, debug.getupvalue
local join_upvalue = debug.upvaluejoin
local readable = host.readable
local find, sub = string.find, string.sub

-- A message handler would run while the guard that ends an expired script is off.
local function xpcall_guarded(...)
  local body, handler = ...
  if type(handler) ~= "function" then
    local given = select("#", ...) < 2 and "no value" or type(handler)
    error("bad argument #2 to 'xpcall' (function expected, got " .. given .. ")", 2)
  end
  return xpcall(body, function(problem)
    if is_ended() then
      return problem
    end
    return handler(problem)
  end, select(3, ...))
end

-- To collect is one instruction, which looks at all that is held.
local collect_all, floor = collectgarbage, math.floor

collectgarbage = function(option)
  if option ~= "count" then
    spend(1000 + floor(64 * collect_all("count")))
  end
  return collect_all(option)
end

local function read_pieces(reader)
  local pieces, count = {}, 0
  for piece in reader do
    if type(piece) ~= "string" then
      error("reader function must return a string", 0)
    elseif piece == "" then
      break
    end
    count = count + 1
    pieces[count] = piece
  end
  return concat(pieces)
end

-- In one piece a text would be compiled by one instruction, which may take long.
local function in_pieces(text)
  local at = 1
  return function()
    local piece = sub(text, at, at + 4095)
    spend(#piece)
    at = at + 4096
    return piece
  end
end

-- A reader that gives all of `reader`, as Lua 5.4 reads it.
local function whole(reader)
  local read
  return function()
    read = read or in_pieces(readable(read_pieces(reader)))
    return read()
  end
end

-- Text only, in LuaJIT's language: crafted bytecode can leave the sandbox.
local function load_text(chunk, name, mode, ...)
  if type(mode) == "string" and not find(mode, "t", 1, true) then
    return nil, "attempt to load chunk with wrong mode"
  elseif type(chunk) == "function" then
    chunk = whole(chunk)
  elseif type(chunk) == "string" then
    name, chunk = name or chunk, readable(chunk)
    if #chunk > 4096 then
      chunk = in_pieces(chunk)
    end
  end
  if select("#", ...) > 0 then
    return load(chunk, name, "t", (...))
  elseif host.environment ~= nil then
    return load(chunk, name, "t", host.environment)
  end
  return load(chunk, name, "t")
end

local tuning = { setpause = 200, setstepmul = 200 }

--- The collector cannot be stopped or tuned: a script would only reach its memory's bound sooner.
local function collect(option, value)
  option = option == nil and "collect" or option
  if option == "collect" or option == "count" or option == "step" then
    return collectgarbage(option)
  elseif option == "stop" or option == "restart" then
    return 0
  elseif tuning[option] ~= nil then
    local before = tuning[option]
    tuning[option] = value or 0
    return before
  elseif type(option) ~= "string" and type(option) ~= "number" then
    error("bad argument #1 to 'collectgarbage' (string expected, got " .. type(option) .. ")", 2)
  end
  error("bad argument #1 to 'collectgarbage' (invalid option '" .. option .. "')", 2)
end

local loaded = {}

local function keep_only(library, names)
  local kept = {}
  for _, name in pairs(names) do
    kept[name] = library[name]
  end
  for name in next, library do
    library[name] = kept[name]
  end
end

_G.load = load_text
_G.collectgarbage, _G.print, _G.xpcall = collect, print_line, xpcall_guarded
load_module("engine.bounds")(spend)
for name, names in pairs(allowed) do
  keep_only(name == "_G" and _G or _G[name], names)
end
_G._G = _G
for name in pairs(allowed) do
  loaded[name] = _G[name]
end

-- Scripts see what strings share, and change a copy.
getmetatable("").__metatable = { __index = _G.string }

load_module("engine.modules")(loaded, load_module, load_below, fail, loading)
load_module("engine.dialect")(loaded)
load_module("engine.language")(host)
load_module("engine.environments")(host, get_info, get_upvalue, join_upvalue)

return {
  __metatable = false,
  __name = "error",
  __tostring = function(failure)
    if failure.where == "" then
      return failure.message
    end
    return failure.where .. ": " .. failure.message
  end,
  __concat = function(left, right)
    return tostring(left) .. tostring(right)
  end,
}
