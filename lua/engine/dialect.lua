--- The words of LuaJIT (Lua 5.1) that Lua 5.4 lacks. Runs once in every engine, after the sandbox.
local loaded = ...

local ceil, exp, floor, huge, log = math.ceil, math.exp, math.floor, math.huge, math.log
local math_type, fmod = math.type, math.fmod
local error, load, next, rawget, select, tonumber = error, load, next, rawget, select, tonumber
local tostring, type, unpack = tostring, type, table.unpack
local byte, find, format = string.byte, string.find, string.format
local gsub, rep, sub = string.gsub, string.rep, string.sub
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
_G.unpack = unpack

function _G.loadstring(text, name)
  if type(text) ~= "string" then
    error("bad argument #1 to 'loadstring' (string expected, got " .. type(text) .. ")", 2)
  end
  return load(text, name)
end

function _G.gcinfo()
  return floor(collectgarbage("count"))
end

-- table -------------------------------------------------------------------------------------------

function table.getn(list)
  return #list
end

function table.maxn(list)
  local most = 0
  for key in next, list do
    if type(key) == "number" and key > most then
      most = key
    end
  end
  return most
end

function table.foreach(map, visit)
  for key, value in next, map do
    local result = visit(key, value)
    if result ~= nil then
      return result
    end
  end
end

function table.foreachi(list, visit)
  for i = 1, #list do
    local result = visit(i, list[i])
    if result ~= nil then
      return result
    end
  end
end

loaded["table.new"] = function()
  return {}
end

loaded["table.clear"] = function(map)
  for key in next, map do
    map[key] = nil
  end
end

local insert = table.insert

--- LuaJIT takes any position behind the end, and leaves a hole.
function table.insert(list, position, ...)
  if select("#", ...) == 0 then
    return insert(list, position)
  end
  position = truncate(position)
  if type(position) == "number" and type(list) == "table" and position > #list + 1 then
    list[position] = (...)
    return
  end
  return insert(list, position, ...)
end

-- math --------------------------------------------------------------------------------------------

function math.pow(base, exponent)
  return base ^ exponent
end

function math.log10(x)
  return log(x, 10)
end

function math.cosh(x)
  return (exp(x) + exp(-x)) / 2
end

function math.sinh(x)
  return (exp(x) - exp(-x)) / 2
end

function math.tanh(x)
  if x > 20 or x < -20 then
    return x > 0 and 1 or -1
  end
  local up, down = exp(x), exp(-x)
  return (up - down) / (up + down)
end

math.atan2 = math.atan

function math.ldexp(mantissa, exponent)
  return mantissa * 2.0 ^ exponent
end

function math.frexp(x)
  if x == 0 or x ~= x or x == huge or x == -huge then
    return x, 0
  end
  local size, exponent = x < 0 and -x or x, 0
  while size >= 1 do
    size, exponent = size / 2, exponent + 1
  end
  while size < 0.5 do
    size, exponent = size * 2, exponent - 1
  end
  return x < 0 and -size or size, exponent
end

function math.fmod(x, y)
  if y == 0 then
    return 0 / 0
  end
  return fmod(x, y)
end

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

function string.rep(text, times, separator)
  return rep(text, truncate(times), separator)
end

function string.sub(text, first, last)
  return sub(text, truncate(first), truncate(last))
end

function string.byte(text, first, last)
  return byte(text, truncate(first), truncate(last))
end

function _G.select(position, ...)
  if math_type(position) == "float" then
    position = truncate(position)
  end
  return select(position, ...)
end

function _G.tonumber(value, base)
  if base == nil or base == 10 then
    return tonumber(value)
  elseif type(value) == "number" then
    value = tostring(value)
  end
  return tonumber(value, truncate(base))
end

-- Iteration ignores metatables --------------------------------------------------------------------

local function next_index(list, i)
  i = i + 1
  local value = rawget(list, i)
  if value ~= nil then
    return i, value
  end
end

function _G.ipairs(list)
  if type(list) ~= "table" then
    error("bad argument #1 to 'ipairs' (table expected, got " .. type(list) .. ")", 2)
  end
  return next_index, list, 0
end

local pairs = pairs

--- Tables as they are; objects of the host may say what they hold.
function _G.pairs(map)
  if type(map) == "table" then
    return next, map, nil
  end
  return pairs(map)
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
