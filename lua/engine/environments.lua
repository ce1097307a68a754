--- `getfenv` and `setfenv` of LuaJIT (Lua 5.1) on the `_ENV` upvalue of Lua 5.4.
local get_info, get_upvalue, join_upvalue = ...

local _G, error, floor, setmetatable = _G, error, math.floor, setmetatable
local tonumber, type = tonumber, type

-- Functions that use no global have no `_ENV`: what was set for them is kept here.
local set_apart = setmetatable({}, { __mode = "k" })

local function environment_upvalue(fn)
  local i = 1
  while true do
    local name, value = get_upvalue(fn, i)
    if name == "_ENV" then
      return i, value
    elseif name == nil then
      return nil
    end
    i = i + 1
  end
end

--- The function itself, or the one so many calls above the caller of `getfenv` or `setfenv`.
local function resolve(target, name)
  if type(target) == "function" then
    return target
  end
  local level = target == nil and 1 or tonumber(target)
  if level == nil then
    error("bad argument #1 to '" .. name .. "' (number expected, got " .. type(target) .. ")", 3)
  elseif level < 0 then
    error("bad argument #1 to '" .. name .. "' (invalid level)", 3)
  end
  local info = get_info(floor(level) + 2, "f")
  if info == nil then
    error("bad argument #1 to '" .. name .. "' (invalid level)", 3)
  end
  return info.func
end

function _G.getfenv(target)
  if target == 0 or type(target) == "thread" then
    return _G
  end
  local fn = resolve(target, "getfenv")
  if set_apart[fn] ~= nil then
    return set_apart[fn]
  end
  local _, environment = environment_upvalue(fn)
  return environment or _G
end

function _G.setfenv(target, environment)
  if type(environment) ~= "table" then
    error("bad argument #2 to 'setfenv' (table expected, got " .. type(environment) .. ")", 2)
  elseif target == 0 or type(target) == "thread" then
    error("'setfenv' cannot change the environment of a thread on this engine", 2)
  end
  local fn = resolve(target, "setfenv")
  if get_info(fn, "S").what == "C" then
    error("'setfenv' cannot change environment of given object", 2)
  end
  local upvalue = environment_upvalue(fn)
  if upvalue == nil then
    set_apart[fn] = environment
  else
    join_upvalue(fn, upvalue, function()
      return environment
    end, 1)
  end
  return fn
end
