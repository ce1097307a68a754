--- `require` as LuaJIT has it. What it may load are modules of ours and files below the `lua/`
--- folder of the user, which the host finds; the trusted profile adds a loader of its own.
--- `fail` raises a message at the line of the script.
local loaded, load_own, load_below, fail, loading = ...

local ipairs, type = ipairs, type
local find = string.find

-- Modules that are ours under the names that scripts know.
local aliases = { ["string.buffer"] = "moonfix.buffer", fixbuf = "moonfix.fixbuf" }

local package = { loaded = loaded, preload = {} }

local function load_preloaded(name)
  return package.preload[name] or "\n\tno field package.preload['" .. name .. "']"
end

local function load_ours(name)
  if name == "ffi" then
    fail("ffi is not available on this engine")
  end
  local file = aliases[name] or name
  return find(file, "^moonfix%.") and load_own(file) or nil
end

-- The host raises why there is none, with the places it looked at.
package.loaders = { load_preloaded, load_ours, load_below }

local function find_loader(name)
  local loaders = package.loaders
  if type(loaders) ~= "table" then
    fail("'package.loaders' must be a table")
  end
  local tried = ""
  for _, search in ipairs(loaders) do
    local found = search(name)
    if type(found) == "function" then
      return found
    elseif type(found) == "string" then
      tried = tried .. found
    end
  end
  fail("module '" .. name .. "' not found:" .. tried)
end

function _G.require(name)
  if type(name) == "number" then
    name = "" .. name
  elseif type(name) ~= "string" then
    local found = name == nil and "no value" or type(name)
    fail("bad argument #1 to 'require' (string expected, got " .. found .. ")")
  end
  local value = loaded[name]
  if value == loading then
    fail("loop or previous error loading module '" .. name .. "'")
  elseif value then
    return value
  end
  local loader = find_loader(name)
  loaded[name] = loading
  local result = loader(name)
  if result ~= nil then
    loaded[name] = result
  elseif loaded[name] == loading then
    loaded[name] = true
  end
  return loaded[name]
end

_G.package = package
return package
