--- What the REPL does in Lua: compile what was typed, show values, complete names.
local M = {}

local concat, sort, unpack = table.concat, table.sort, table.unpack
local deepest, longest = 4, 100

--- Compile what was typed: as an expression when it is one, else as statements.
---@param source string
---@return function? chunk
---@return string? problem `"incomplete"` when more lines are needed.
local function compile(source)
  local chunk = load("return " .. source, "=stdin")
  if chunk then
    return chunk
  end
  local problem
  chunk, problem = load(source, "=stdin")
  if chunk then
    return chunk
  end
  if problem:find("'<eof>'$") then
    return nil, "incomplete"
  end
  return nil, problem
end

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\""] = "\\\"", ["\\"] = "\\\\" }

local function quote(text)
  local valid = utf8.len(text) ~= nil
  local pattern = valid and "[%c\"\\]" or "[%c\"\\\128-\255]"
  return "\"" .. text:gsub(pattern, function(octet)
    return escapes[octet] or ("\\x%02x"):format(octet:byte())
  end) .. "\""
end

local keywords = {}
for word in ([[and break do else elseif end false for function goto if in local nil not or
  repeat return then true until while]]):gmatch("%a+") do
  keywords[word] = true
end

local ranks = { number = 1, string = 2, boolean = 3 }

local function before(a, b)
  local rank_a, rank_b = ranks[type(a)] or 4, ranks[type(b)] or 4
  if rank_a ~= rank_b then
    return rank_a < rank_b
  elseif rank_a <= 2 then
    return a < b
  end
  return tostring(a) < tostring(b)
end

local show

local function show_key(key, path)
  if type(key) == "string" and key:find("^[%a_][%w_]*$") and not keywords[key] then
    return key
  end
  return "[" .. show(key, path) .. "]"
end

local function show_table(value, path)
  if path[value] then
    return "<cycle>"
  elseif #path >= deepest then
    return "{…}"
  end
  path[#path + 1], path[value] = value, true
  local parts, listed, keys = {}, {}, {}
  for i, item in ipairs(value) do
    if i > longest then
      break
    end
    listed[i], parts[i] = true, show(item, path)
  end
  for key in next, value do
    if not listed[key] then
      keys[#keys + 1] = key
    end
  end
  sort(keys, before)
  for _, key in ipairs(keys) do
    if #parts >= longest then
      parts[#parts + 1] = "…"
      break
    end
    parts[#parts + 1] = show_key(key, path) .. " = " .. show(rawget(value, key), path)
  end
  path[#path], path[value] = nil, nil
  return #parts == 0 and "{}" or "{ " .. concat(parts, ", ") .. " }"
end

function show(value, path)
  local metatable = getmetatable(value)
  if type(value) == "string" then
    return quote(value)
  elseif type(value) == "table" and not (type(metatable) == "table" and metatable.__tostring) then
    return show_table(value, path)
  end
  return tostring(value)
end

--- A value as a person reads it: sorted keys, bounded depth and length, octets escaped.
---@param value any
---@return string
function M.inspect(value)
  return show(value, {})
end

--- Run what was typed and print its results.
---@param source string
---@return boolean complete False when more lines are needed.
function M.run(source)
  local chunk, problem = compile(source)
  if chunk == nil then
    if problem == "incomplete" then
      return false
    end
    error(problem, 0)
  end
  local results = table.pack(chunk())
  for i = 1, results.n do
    results[i] = M.inspect(results[i])
  end
  if results.n > 0 then
    print(unpack(results, 1, results.n))
  end
  return true
end

local function members(value)
  local names = {}
  local metatable = type(value) ~= "table" and getmetatable(value)
  if type(value) == "string" then
    value = string
  elseif type(metatable) == "table" then
    value = metatable.__index
  end
  for _ = 1, deepest do
    if type(value) ~= "table" then
      break
    end
    for name in next, value do
      if type(name) == "string" then
        names[name] = true
      end
    end
    metatable = getmetatable(value)
    value = type(metatable) == "table" and rawget(metatable, "__index")
  end
  return names
end

--- What the name at the end of `line` can become, and that name.
---@param line string
---@param more string[] Names beside the globals: those of elements.
---@return string[] candidates
---@return string word
function M.complete(line, more)
  local word = line:match("[%w_.:]*$")
  local path, last = word:match("^(.*[.:])([^.:]*)$")
  path, last = path or "", last or word
  local value = _G
  for name in path:gmatch("([^.:]+)[.:]") do
    value = type(value) == "table" and rawget(value, name) or nil
  end
  local names = members(value)
  local unknown = path ~= "" and value == nil
  if (path == "" or unknown) and #last > 1 then
    for _, name in ipairs(more) do
      names[name] = true
    end
  end
  local candidates = {}
  for name in next, names do
    if name:sub(1, #last) == last then
      candidates[#candidates + 1] = path .. name
    end
  end
  sort(candidates)
  return candidates, word
end

return M
