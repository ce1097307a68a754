--- The words of LuaJIT (Lua 5.1) that Lua 5.4 lacks. Runs once in every engine, after the sandbox.
local loaded = ...

local error, floor, load, next, type = error, math.floor, load, next, type
local collectgarbage, format = collectgarbage, string.format

_G._VERSION = "Lua 5.1"

function _G.loadstring(text, name)
  if type(text) == "number" then
    text = "" .. text
  elseif type(text) ~= "string" then
    error("bad argument #1 to 'loadstring' (function expected, got " .. type(text) .. ")", 2)
  end
  return load(text, name)
end

function _G.gcinfo()
  return floor(collectgarbage("count"))
end

-- table -------------------------------------------------------------------------------------------

--- Raise what LuaJIT says of an argument of the wrong type, at the script's line.
local function check(value, expected, position, name)
  if type(value) ~= expected then
    error(format("bad argument #%d to '%s' (%s expected, got %s)", position, name, expected,
      type(value)), 3)
  end
end

function table.foreach(map, visit)
  check(map, "table", 1, "foreach")
  check(visit, "function", 2, "foreach")
  for key, value in next, map do
    local result = visit(key, value)
    if result ~= nil then
      return result
    end
  end
end

function table.foreachi(list, visit)
  check(list, "table", 1, "foreachi")
  check(visit, "function", 2, "foreachi")
  for i = 1, #list do
    local result = visit(i, list[i])
    if result ~= nil then
      return result
    end
  end
end

-- LuaJIT has these two as modules only.
loaded["table.new"], table.new = table.new, nil
loaded["table.clear"], table.clear = table.clear, nil

-- One function, one name: that of LuaJIT.
table.unpack = nil

-- jit ---------------------------------------------------------------------------------------------

local function nothing() end

_G.jit = {
  version = "LuaJIT 2.1.0-beta3",
  version_num = 20100,
  os = "Linux",
  arch = "x64",
  on = nothing,
  off = nothing,
  flush = nothing,
  attach = nothing,
  status = function()
    return false
  end,
  opt = { start = nothing },
  util = {},
}
loaded.jit = _G.jit
loaded["jit.opt"], loaded["jit.util"] = _G.jit.opt, _G.jit.util
