--- The words of LuaJIT (Lua 5.1) that Lua 5.4 lacks. Runs once in every engine, after the sandbox.
local loaded = ...

local ceil, floor, math_type = math.ceil, math.floor, math.type
local error, load, next, select, tonumber = error, load, next, select, tonumber
local tostring, type, unpack = tostring, type, unpack
local find, format, gsub = string.find, string.format, string.gsub
local collectgarbage = collectgarbage

-- Fractions are cut off where Lua 5.4 wants integers.
local function truncate(value)
  if math_type(value) ~= "float" then
    return value
  end
  if value ~= value or value >= 2 ^ 63 or value < -2 ^ 63 then
    return math.mininteger
  end
  return value >= 0 and floor(value) or ceil(value)
end

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

-- string ------------------------------------------------------------------------------------------

local whole = { c = true, d = true, i = true, o = true, u = true, x = true, X = true }

function string.format(text, ...)
  if type(text) ~= "string" or not find(text, "%%[-+ #0]*%d*%.?%d*[cdioqxXuF]") then
    return format(text, ...)
  end
  local values, i = { ... }, 0
  local count = select("#", ...)
  local directives = gsub(text, "%%([-+ #0]*%d*%.?%d*)([%a%%])", function(flags, letter)
    if letter == "%" then
      return nil
    end
    i = i + 1
    if whole[letter] then
      values[i] = truncate(tonumber(values[i]) or values[i])
    elseif letter == "q" and type(values[i]) == "number" then
      values[i] = tostring(values[i])
    end
    if letter == "u" or letter == "F" then
      return "%" .. flags .. (letter == "u" and "d" or "f")
    end
    return nil
  end)
  return format(directives, unpack(values, 1, count))
end

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
