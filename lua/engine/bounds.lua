--- Charges for functions of C whose loops a script can lengthen, as long as they are C.
local spend = ...

local error, floor, getmetatable = error, math.floor, getmetatable
local pairs, rawget, rawlen, rawset, type = pairs, rawget, rawlen, rawset, type

-- A step each for some octets of the first argument.
local function charge_text(fn, steps)
  return function(text, ...)
    if type(text) == "string" then
      spend(floor(#text * steps))
    end
    return fn(text, ...)
  end
end

for _, name in pairs { "pack", "packsize", "unpack" } do
  string[name] = charge_text(string[name], 1)
end
for _, name in pairs { "len", "offset", "codepoint" } do
  utf8[name] = charge_text(utf8[name], 0.1)
end

local date = os.date

-- The host writes each directive, and there may be as many as half the octets.
function os.date(...)
  local form = ...
  if type(form) == "string" then
    if #form > 4096 then
      error("date format is too long", 2)
    end
    spend(20 * #form)
  end
  local result = date(...)
  return result
end

local sort = table.sort

-- Lists of this length are compared in Lua, where a run can be ended.
local long_list = 1000

local function less(a, b)
  return a < b
end

--- LuaJIT sorts what the table itself holds, whatever its metatable says.
function table.sort(...)
  local list, compare = ...
  if type(list) ~= "table" then
    sort(...)
  end
  local count = rawlen(list)
  if compare == nil and count > long_list then
    compare = less
  end
  if getmetatable(list) == nil then
    return sort(list, compare)
  end
  local plain = {}
  for i = 1, count do
    plain[i] = rawget(list, i)
  end
  sort(plain, compare)
  for i = 1, count do
    rawset(list, i, plain[i])
  end
end
