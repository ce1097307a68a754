--- What the prompt does in Lua: compile what was typed, show its values, complete names.
local inspect = ...

local M = {}

local concat, pack, sort = table.concat, table.pack, table.sort
local error, getmetatable, load, next = error, getmetatable, load, next
local print, rawget, string, type = print, rawget, string, type
local deepest, columns, most_looked_at = 8, 100, 5000

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

--- Values between tabs, or on lines of their own when one of them takes more lines.
local function show(values)
  local parts, separator = {}, "\t"
  for i = 1, values.n do
    parts[i] = inspect(values[i], columns)
    separator = parts[i]:find("\n", 1, true) and "\n" or separator
  end
  if values.n > 0 then
    print(concat(parts, separator))
  end
end

--- Print values as the prompt shows results: fields of flows, entries of tables.
function _G.show(...)
  show(pack(...))
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
  show(pack(chunk()))
  return true
end

--- The table that holds what can follow a dot or colon behind `value`, without running anything.
local function index_of(value)
  if type(value) == "string" then
    return string
  elseif type(value) == "table" then
    return value
  end
  local metatable = getmetatable(value)
  local index = type(metatable) == "table" and rawget(metatable, "__index")
  return type(index) == "table" and index or nil
end

--- The tables in which a member is looked for: `holder` and what it inherits from.
local function holders(holder)
  local found = {}
  while type(holder) == "table" and #found < deepest do
    found[#found + 1] = holder
    local metatable = getmetatable(holder)
    holder = type(metatable) == "table" and rawget(metatable, "__index") or nil
  end
  return found
end

local function member(value, name)
  for _, holder in next, holders(index_of(value)) do
    if rawget(holder, name) ~= nil then
      return rawget(holder, name)
    end
  end
end

--- Add the members of `value` that begin with `start`; behind a colon those that can be called.
local function add_members(names, value, start, only_functions)
  for _, holder in next, holders(index_of(value)) do
    for name, field in next, holder do
      local begins = type(name) == "string" and name:sub(1, #start) == start
      local fits = type(field) == "function" or not only_functions
      if begins and fits and name:find("^[%a_][%w_]*$") then
        names.count = names.count + 1
        names.known[name] = true
        if names.count >= most_looked_at then
          return
        end
      end
    end
  end
end

local function add_words(names, words, start)
  for _, word in next, words do
    if word:sub(1, #start) == start then
      names.known[word] = true
    end
  end
end

local keywords = {
  "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
  "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
}

--- What the name at the end of `line` can become, and that name.
---@param line string
---@param elements string[] Names of Information Elements, which are fields of flows.
---@param most integer How many candidates are given at most.
---@return string[] candidates
---@return string word
function M.complete(line, elements, most)
  local word = line:match("[%w_.:]*$")
  local path, last = word:match("^(.*[.:])([^.:]*)$")
  path, last = path or "", last or word
  local value = _G
  for name in path:gmatch("([^.:]+)[.:]") do
    value = member(value, name)
  end
  local names = { known = {}, count = 0 }
  add_members(names, value, last, path:sub(-1) == ":")
  -- What has no value yet, or hides its fields, may be a flow.
  local may_be_flow = path ~= "" and (value == nil or type(value) == "userdata")
  may_be_flow = may_be_flow and path:sub(-1) == "." and last ~= ""
  if may_be_flow or path == "" and #last > 1 then
    add_words(names, elements, last)
  end
  if path == "" then
    add_words(names, keywords, last)
  end
  local candidates = {}
  for name in next, names.known do
    candidates[#candidates + 1] = path .. name
  end
  sort(candidates)
  for i = #candidates, most + 1, -1 do
    candidates[i] = nil
  end
  return candidates, word
end

return M
