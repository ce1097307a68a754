--- `state.table(name)`: what the host keeps under a name, looking like a table.
local open, get, set, keys, count, create = ...

local error, setmetatable = error, setmetatable

-- An object of the host stands for each table: every read and write goes there.
local names = setmetatable({}, { __mode = "k" })

local function read(object, key)
  return get(names[object], key)
end

local function write(object, key, value)
  if key == nil then
    error("table index is nil", 2)
  end
  set(names[object], key, value)
end

local function iterate(object)
  local name, i = names[object], 0
  local list = keys(name)
  return function()
    while i < #list do
      i = i + 1
      local value = get(name, list[i])
      if value ~= nil then
        return list[i], value
      end
    end
  end
end

local metatable = {
  __metatable = false,
  __name = "state.table",
  __index = read,
  __newindex = write,
  __pairs = iterate,
  -- The VM asks objects for their length under this name, and tables under none, as LuaJIT.
  ["\1_len"] = function(object)
    return count(names[object])
  end,
}

return function(name)
  open(name)
  local object = create(metatable, name)
  names[object] = name
  return object
end
