--- What scripts of the trusted profile have beside the others: `io`, the whole of `os` and
--- `package`, `dofile`, `loadfile` and `module`. Runs once in their engines, after the sandbox.
local natives, path = ...

for name, fn in next, natives.os do
  os[name] = fn
end
-- Some of `debug` may be ours already.
for name, fn in next, natives.debug do
  if debug[name] == nil then
    debug[name] = fn
  end
end

local _G, io, package, debug = _G, natives.io, package, debug
local error, load, rawget, rawset, select = error, load, rawget, rawset, select
local setfenv, setmetatable, type = setfenv, setmetatable, type
local gmatch, gsub, match, sub = string.gmatch, string.gsub, string.match, string.sub
local concat, pack, unpack = table.concat, table.pack, unpack
local fail, is_readable, read_source = natives.fail, natives.is_readable, natives.loadfile

-- io ----------------------------------------------------------------------------------------------

local next_line, open_lines, input = io.next_line, io.open_lines, io.input
io.next_line, io.open_lines = nil, nil

local function each_line(file, closes, ...)
  local formats = pack(...)
  if formats.n == 0 then
    return function()
      return next_line(file, closes)
    end
  end
  return function()
    return next_line(file, closes, unpack(formats, 1, formats.n))
  end
end

function io.lines(name, ...)
  if name == nil then
    return each_line(input(), false, ...)
  end
  return each_line(open_lines(name), true, ...)
end

local methods = debug.getmetatable(io.stdin)

function methods.lines(file, ...)
  methods.seek(file) -- a word about what is no file, or a closed one
  return each_line(file, false, ...)
end

-- Files of Lua ------------------------------------------------------------------------------------

function _G.loadfile(name, mode, ...)
  local text, problem = read_source(name)
  if text == nil then
    return nil, problem
  end
  if sub(text, 1, 3) == "\xef\xbb\xbf" then
    text = sub(text, 4)
  end
  if sub(text, 1, 1) == "#" then
    text = gsub(text, "^[^\n]*", "", 1)
  end
  local chunk = name == nil and "=stdin" or "@" .. name
  if select("#", ...) > 0 then
    return load(text, chunk, mode, (...))
  end
  return load(text, chunk, mode)
end

local loadfile = _G.loadfile

function _G.dofile(name)
  local chunk, problem = loadfile(name)
  if chunk == nil then
    error(problem, 0)
  end
  return chunk()
end

-- package -----------------------------------------------------------------------------------------

package.path, package.cpath = path, ""
package.config = "/\n;\n?\n!\n-\n"

local function escape(text)
  return (gsub(text, "%W", "%%%0"))
end

function package.searchpath(name, templates, separator, replacement)
  if type(templates) ~= "string" then
    fail("bad argument #2 to 'searchpath' (string expected, got " .. type(templates) .. ")")
  end
  if separator == nil then
    separator = "."
  end
  if separator ~= "" then
    name = gsub(name, escape(separator), (gsub(replacement or "/", "%%", "%%%%")))
  end
  local tried = {}
  for template in gmatch(templates, "[^;]+") do
    local file = gsub(template, "%?", (gsub(name, "%%", "%%%%")))
    if is_readable(file) then
      return file
    end
    tried[#tried + 1] = "\n\tno file '" .. file .. "'"
  end
  return nil, concat(tried)
end

local searchpath = package.searchpath

--- The last loader: files along `package.path`, in the place of the `lua/` folder alone.
package.loaders[#package.loaders] = function(name)
  if type(package.path) ~= "string" then
    fail("'package.path' must be a string")
  end
  local file, tried = searchpath(name, package.path)
  if file == nil then
    return tried
  end
  local chunk, problem = loadfile(file)
  if chunk == nil then
    fail("error loading module '" .. name .. "' from file '" .. file .. "':\n\t" .. problem)
  end
  return chunk
end

function package.loadlib(library)
  return nil, library .. ": libraries of C are not available on this engine", "open"
end

function package.seeall(module)
  if type(module) ~= "table" then
    local found = module == nil and "no value" or type(module)
    fail("bad argument #1 to 'seeall' (table expected, got " .. found .. ")")
  end
  local metatable = getmetatable(module)
  if metatable == nil then
    metatable = {}
    setmetatable(module, metatable)
  end
  metatable.__index = _G
end

--- The table at a dotted name below the globals, made where it is missing.
local function find_table(name)
  local at = _G
  for part in gmatch(name, "[^.]+") do
    local below = rawget(at, part)
    if below == nil then
      below = {}
      rawset(at, part, below)
    elseif type(below) ~= "table" then
      return nil
    end
    at = below
  end
  return at
end

function _G.module(name, ...)
  local module = package.loaded[name]
  if type(module) ~= "table" then
    module = find_table(name)
    if module == nil then
      fail("name conflict for module '" .. name .. "'")
    end
    package.loaded[name] = module
  end
  if rawget(module, "_NAME") == nil then
    module._M, module._NAME = module, name
    module._PACKAGE = match(name, "^(.*%.)[^.]*$") or ""
  end
  setfenv(2, module)
  for i = 1, select("#", ...) do
    (select(i, ...))(module)
  end
  return module
end

_G.io, package.loaded.io, package.loaded.package = io, io, package
