--- `getfenv` and `setfenv` of LuaJIT (Lua 5.1) on the `_ENV` upvalue of Lua 5.4.
local host, get_info, get_upvalue, join_upvalue = ...

local _G, error, floor, setmetatable = _G, error, math.floor, setmetatable
local select, tonumber, type = select, tonumber, type

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
  end
  local info = level >= 0 and get_info(floor(level) + 2, "f")
  if not info then
    error("bad argument #1 to '" .. name .. "' (invalid level)", 3)
  end
  return info.func
end

--- Level 0 is the environment of chunks that are loaded without one.
function _G.getfenv(target)
  if target == 0 or type(target) == "thread" then
    return host.environment or _G
  end
  local fn = resolve(target, "getfenv")
  if set_apart[fn] ~= nil then
    return set_apart[fn]
  end
  local _, environment = environment_upvalue(fn)
  return environment or _G
end

function _G.setfenv(target, ...)
  local environment = ...
  if type(environment) ~= "table" then
    local given = select("#", ...) == 0 and "no value" or type(environment)
    error("bad argument #2 to 'setfenv' (table expected, got " .. given .. ")", 2)
  elseif target == 0 then
    host.environment = environment
    return
  elseif type(target) == "thread" then
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
