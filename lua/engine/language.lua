--- What LuaJIT's language has beside its library. Runs once in every engine, after the library.
local host = ...

local error, getmetatable, setmetatable, type = error, getmetatable, setmetatable, type
local rawget, rawset = rawget, rawset
local new_userdata = host.new_userdata

-- Metatables of proxies, the only ones that proxies may share: others are of the host's objects.
local shared = setmetatable({}, { __mode = "k" })

-- The VM does not ask tables for `__len`, as LuaJIT: a proxy's goes where the VM asks.
local forward_length = {
  __newindex = function(metatable, key, value)
    rawset(metatable, key, value)
    if key == "__len" then
      rawset(metatable, "\1_len", value)
    end
  end,
}

--- A userdata of its own: `true` gives it an empty metatable, another proxy that one's.
function _G.newproxy(like)
  if like == nil or like == false then
    return new_userdata()
  elseif like == true then
    local metatable = setmetatable({}, forward_length)
    shared[metatable] = true
    return new_userdata(metatable)
  end
  local metatable = type(like) == "userdata" and getmetatable(like)
  if not shared[metatable] then
    error("bad argument #1 to 'newproxy' (boolean or proxy expected)", 2)
  elseif rawget(metatable, host.finalizer) ~= nil then
    -- It would run where no limit holds.
    error("proxies have no finalizers", 2)
  end
  return new_userdata(metatable)
end
