--- `debug` of LuaJIT over Lua 5.4's, and `string.dump`. Runs once in engines of the trusted profile.
local natives = ...

local _G, coroutine, debug, string, table = _G, coroutine, debug, string, table
local getfenv, setfenv, load, loadstring = getfenv, setfenv, load, loadstring
local pcall, select, setmetatable, type = pcall, select, setmetatable, type
local byte, find = string.byte, string.find
local getinfo = debug.getinfo
local get_hook, set_metatable, set_upvalue = debug.gethook, debug.setmetatable, debug.setupvalue
local fail, undump = natives.fail, natives.undump

-- What only later versions have, and scripts look at to see which version they run on.
debug.getuservalue, debug.setuservalue, debug.setcstacklimit = nil, nil, nil
table.pack, table.unpack, _G.rawlen, coroutine.close = nil, nil, nil, nil

-- Environments of what has no `_ENV`: functions of the host, coroutines.
local environments = setmetatable({}, { __mode = "k" })

function debug.getfenv(object)
  if environments[object] ~= nil then
    return environments[object]
  elseif type(object) == "function" or type(object) == "thread" then
    return getfenv(object)
  end
  return nil
end

function debug.setfenv(object, environment)
  if type(environment) ~= "table" then
    fail("bad argument #2 to 'setfenv' (table expected, got " .. type(environment) .. ")")
  elseif type(object) == "thread" or (type(object) == "function" and not pcall(setfenv, object,
      environment)) then
    environments[object] = environment
  elseif type(object) ~= "function" then
    fail("'setfenv' cannot change environment of given object")
  end
  return object
end

function debug.getinfo(target, ...)
  local info
  if type(target) == "number" then
    info = getinfo(target + 1, ...) -- this function is a level of its own
  elseif type(target) == "function" or type(target) == "thread" then
    info = getinfo(target, ...)
  else
    fail("bad argument #1 to 'getinfo' (function or level expected)")
  end
  if info ~= nil and info.namewhat == "metamethod" then
    info.name = "__" .. info.name
  end
  return info
end

function debug.gethook(...)
  local hook, mask, count = get_hook(...)
  return hook, mask or "", count or 0
end

function debug.setmetatable(object, metatable)
  if metatable ~= nil and type(metatable) ~= "table" then
    fail("bad argument #2 to 'setmetatable' (nil or table expected)")
  end
  set_metatable(object, metatable)
  return true
end

string.dump = natives.dump

--- Text, or what `string.dump` of this engine gave.
function _G.load(chunk, name, mode, ...)
  if type(chunk) ~= "string" or byte(chunk) ~= 27 then
    return load(chunk, name, mode, ...)
  elseif mode ~= nil and not find(mode, "b", 1, true) then
    return nil, "attempt to load chunk with wrong mode"
  end
  local fn, problem = undump(chunk, name)
  if fn ~= nil and select("#", ...) > 0 then
    set_upvalue(fn, 1, (...))
  end
  return fn, problem
end

local load_any = _G.load

function _G.loadstring(text, name)
  if type(text) == "string" and byte(text) == 27 then
    return load_any(text, name)
  end
  return loadstring(text, name)
end
