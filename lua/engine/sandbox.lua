--- Close the standard library: what is not on the list below is gone. Runs first in every engine,
--- before any other Lua code, and hands the metatable of error objects to the host.
local load_module, print_line, most_moved, is_ended, host, spend = ...

local allowed = {
  _G = {
    "_VERSION", "assert", "bit", "collectgarbage", "coroutine", "debug", "error", "getmetatable",
    "ipairs", "load", "math", "next", "os", "pairs", "pcall", "print", "rawequal", "rawget",
    "rawlen", "rawset", "require", "select", "setmetatable", "string", "table", "tonumber",
    "tostring", "type", "utf8", "xpcall",
  },
  bit = {
    "arshift", "band", "bnot", "bor", "bswap", "bxor", "lshift", "rol", "ror", "rshift", "tobit",
    "tohex",
  },
  coroutine = {
    "close", "create", "isyieldable", "resume", "running", "status", "wrap", "yield",
  },
  debug = { "traceback" },
  math = {
    "abs", "acos", "asin", "atan", "ceil", "cos", "deg", "exp", "floor", "fmod", "huge", "log",
    "max", "maxinteger", "min", "mininteger", "modf", "pi", "rad", "random", "randomseed", "sin",
    "sqrt", "tan", "tointeger", "type", "ult",
  },
  os = { "clock", "date", "difftime", "time" },
  string = {
    "byte", "char", "find", "format", "gmatch", "gsub", "len", "lower", "match", "pack",
    "packsize", "rep", "reverse", "sub", "unpack", "upper",
  },
  table = { "concat", "insert", "move", "pack", "remove", "sort", "unpack" },
  utf8 = { "char", "charpattern", "codepoint", "codes", "len", "offset" },
}

local _G, collectgarbage, error, getmetatable, load = _G, collectgarbage, error, getmetatable, load
local next, pairs, rawget, select, setmetatable = next, pairs, rawget, select, setmetatable
local concat = table.concat
local tostring, type, xpcall = tostring, type, xpcall
local get_info, get_upvalue = debug.getinfo, debug.getupvalue
local join_upvalue = debug.upvaluejoin
local readable = host.readable
local find, move, rep = string.find, table.move, string.rep

-- Finalizers run where no limit holds.
local function set_metatable(object, metatable)
  if type(metatable) == "table" and rawget(metatable, "__gc") ~= nil then
    error("__gc is not available", 2)
  end
  return setmetatable(object, metatable)
end

-- A message handler would run while the guard that ends an expired script is off.
local function xpcall_guarded(body, handler, ...)
  return xpcall(body, function(problem)
    if is_ended() then
      return problem
    end
    return handler(problem)
  end, ...)
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

-- A reader that gives all of `reader` at once, as Lua 5.4 reads it.
local function whole(reader)
  local done = false
  return function()
    if not done then
      done = true
      return readable(read_pieces(reader))
    end
  end
end

-- Text only, in LuaJIT's language: crafted bytecode can leave the sandbox.
local function load_text(chunk, name, _, ...)
  if type(chunk) == "function" then
    chunk = whole(chunk)
  elseif type(chunk) == "string" then
    name, chunk = name or chunk, readable(chunk)
  end
  if select("#", ...) > 0 then
    return load(chunk, name, "t", (...))
  end
  return load(chunk, name, "t")
end

local function collect(option)
  if option == "count" then
    return collectgarbage("count")
  elseif option == nil or option == "collect" or option == "step" then
    return collectgarbage(option)
  end
  error("collectgarbage(\"" .. tostring(option) .. "\") is not available", 2)
end

-- These loops run in C, where nothing can stop them.
local function move_bounded(from, first, last, at, to)
  if last - first >= most_moved then
    error("too many elements to move", 2)
  end
  return move(from, first, last, at, to or from)
end

local function rep_bounded(text, times, separator)
  if #text == 0 and (separator == nil or #separator == 0) then
    return ""
  end
  return rep(text, times, separator)
end

local loaded = {}

-- Modules of LuaJIT that are ours.
local aliases = { ["string.buffer"] = "moonfix.buffer" }

local function require(name)
  if type(name) ~= "string" then
    error("Cannot require a " .. type(name) .. ": expected the name of a module", 2)
  end
  if loaded[name] == nil then
    if name == "ffi" then
      error("ffi is not available on this engine", 2)
    end
    local file = aliases[name] or name
    local chunk = find(file, "^moonfix%.") and load_module(file)
    if not chunk then
      error("Cannot require \"" .. name .. "\": no such module", 2)
    end
    local value = chunk(name)
    loaded[name] = value == nil and true or value
  end
  return loaded[name]
end

local function keep_only(library, names)
  local kept = {}
  for _, name in pairs(names) do
    kept[name] = library[name]
  end
  for name in next, library do
    library[name] = kept[name]
  end
end

_G.load, _G.require, _G.setmetatable = load_text, require, set_metatable
_G.collectgarbage, _G.print, _G.xpcall = collect, print_line, xpcall_guarded
_G.string.rep, _G.table.move = rep_bounded, move_bounded
for name, names in pairs(allowed) do
  keep_only(name == "_G" and _G or _G[name], names)
end
_G._G = _G
for name in pairs(allowed) do
  loaded[name] = _G[name]
end
getmetatable("").__metatable = false

load_module("engine.dialect")(loaded)
load_module("engine.language")(host)
load_module("engine.environments")(get_info, get_upvalue, join_upvalue)

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
