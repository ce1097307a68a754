--- LuaJIT's `bit` library on the operators of Lua 5.4: results are signed 32-bit integers.
local M = {}

local error, floor, fmod, math_type = error, math.floor, math.fmod, math.type
local format, select, sub, tonumber, type = string.format, select, string.sub, tonumber, type

--- Round to the nearest integer, halves to even, and wrap into 64 bits.
local function to_integer(x)
  if x >= 2 ^ 63 or x < -2 ^ 63 then
    x = fmod(x, 2 ^ 64)
    if x ~= x then
      return 0
    elseif x >= 2 ^ 63 then
      x = x - 2 ^ 64
    elseif x < -2 ^ 63 then
      x = x + 2 ^ 64
    end
  end
  local whole = floor(x)
  local rest = x - whole
  if rest > 0.5 or (rest == 0.5 and whole % 2 == 1) then
    whole = whole + 1
  end
  return whole
end

local function signed(x)
  x = x & 0xffffffff
  if x >= 0x80000000 then
    return x - 0x100000000
  end
  return x
end

local function tobit(value)
  local x = type(value) == "number" and value or tonumber(value)
  if x == nil then
    error("bad argument (number expected, got " .. type(value) .. ")", 3)
  end
  if math_type(x) == "float" then
    x = x ~= x and 0 or to_integer(x)
  end
  return signed(x)
end

--- Normalize a number to a signed 32-bit integer.
---@param x number
---@return integer
function M.tobit(x)
  return tobit(x)
end

function M.bnot(x)
  return signed(~tobit(x))
end

function M.band(x, ...)
  x = tobit(x)
  for i = 1, select("#", ...) do
    x = x & tobit((select(i, ...)))
  end
  return signed(x)
end

function M.bor(x, ...)
  x = tobit(x)
  for i = 1, select("#", ...) do
    x = x | tobit((select(i, ...)))
  end
  return signed(x)
end

function M.bxor(x, ...)
  x = tobit(x)
  for i = 1, select("#", ...) do
    x = x ~ tobit((select(i, ...)))
  end
  return signed(x)
end

function M.lshift(x, by)
  return signed(tobit(x) << (tobit(by) & 31))
end

function M.rshift(x, by)
  return signed((tobit(x) & 0xffffffff) >> (tobit(by) & 31))
end

function M.arshift(x, by)
  return signed(tobit(x) // (1 << (tobit(by) & 31)))
end

function M.rol(x, by)
  by, x = tobit(by) & 31, tobit(x) & 0xffffffff
  return signed((x << by) | (x >> (32 - by)))
end

function M.ror(x, by)
  by, x = tobit(by) & 31, tobit(x) & 0xffffffff
  return signed((x >> by) | (x << (32 - by)))
end

function M.bswap(x)
  x = tobit(x) & 0xffffffff
  return signed((x << 24) | ((x & 0xff00) << 8) | ((x >> 8) & 0xff00) | (x >> 24))
end

--- Lowercase hex of `digits` digits, 8 by default; uppercase when negative.
---@param x number
---@param digits? integer
---@return string
function M.tohex(x, digits)
  local count = digits and tobit(digits) or 8
  local upper = count < 0
  count = upper and -count or count
  if count == 0 then
    return ""
  end
  local text = format(upper and "%08X" or "%08x", tobit(x) & 0xffffffff)
  return sub(text, count > 8 and 1 or -count)
end

return M
