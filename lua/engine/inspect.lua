--- Show values as people read them at the prompt: keys in order, octets escaped, long or deep
--- tables cut off. Nothing of the value runs but `__tostring`, and what a flow holds.
local concat, sort = table.concat, table.sort
local ipairs, next, pairs, pcall, rawget = ipairs, next, pairs, pcall, rawget
local getmetatable, tostring, type = getmetatable, tostring, type
local utf8_len = utf8.len

-- Bounds: tables within tables, entries of one table, entries in all, octets of a string.
local deepest, longest, most, most_octets = 4, 100, 1000, 4096

local escapes = { ["\n"] = "\\n", ["\r"] = "\\r", ["\t"] = "\\t", ["\""] = "\\\"", ["\\"] = "\\\\" }

local function quote(text)
  local rest = ""
  if #text > most_octets then
    local cut = most_octets
    while cut > most_octets - 4 and text:find("^[\128-\191]", cut + 1) do
      cut = cut - 1
    end
    rest = "… (" .. #text .. " octets)"
    text = text:sub(1, cut)
  end
  local pattern = utf8_len(text) and "[%c\"\\]" or "[%c\"\\\128-\255]"
  return "\"" .. text:gsub(pattern, function(octet)
    return escapes[octet] or ("\\x%02x"):format(octet:byte())
  end) .. "\"" .. rest
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

local describe

local function describe_key(walk, key)
  if type(key) == "string" and key:find("^[%a_][%w_]*$") and not keywords[key] then
    return key
  end
  local shown = describe(walk, key)
  return "[" .. (type(shown) == "table" and "{…}" or shown) .. "]"
end

local function width_of(text)
  return utf8_len(text) or #text
end

--- Add an entry to `node`; false when there is no room for more.
local function add(walk, node, key, value)
  walk.entries = walk.entries + 1
  if #node >= longest or walk.entries > most then
    node[#node + 1] = { name = "", value = "…" }
    node.width = node.width + 3
    return false
  end
  local name = key == nil and "" or describe_key(walk, key) .. " = "
  local shown = describe(walk, value)
  node[#node + 1] = { name = name, value = shown }
  local own = type(shown) == "table" and shown.width or width_of(shown)
  node.width = node.width + width_of(name) + own + 2
  return true
end

local function add_table(walk, node, value)
  local listed, keys = {}, {}
  for i, item in ipairs(value) do
    listed[i] = true
    if not add(walk, node, nil, item) then
      return
    end
  end
  for key in next, value do
    if not listed[key] then
      keys[#keys + 1] = key
    end
  end
  sort(keys, before)
  for _, key in ipairs(keys) do
    if not add(walk, node, key, rawget(value, key)) then
      return
    end
  end
end

--- A flow's fields in the order of its Template.
local function add_flow(walk, node, value)
  for key, item in pairs(value) do
    if not add(walk, node, key, item) then
      return
    end
  end
end

local function describe_entries(walk, value, name, add_entries)
  if walk[value] then
    return "<cycle>"
  elseif #walk >= deepest then
    return name .. "{…}"
  end
  walk[#walk + 1], walk[value] = value, true
  local node = { name = name, width = #name + 2 }
  add_entries(walk, node, value)
  walk[#walk], walk[value] = nil, nil
  return #node == 0 and name .. "{}" or node
end

--- A value as text, or as a node when it holds entries.
function describe(walk, value)
  local kind = type(value)
  if kind == "string" then
    return quote(value)
  elseif kind == "table" then
    local metatable = getmetatable(value)
    if type(metatable) == "table" and rawget(metatable, "__tostring") then
      return tostring(value)
    end
    return describe_entries(walk, value, "", add_table)
  elseif kind == "userdata" then
    local depth, entries = #walk, walk.entries
    local ok, node = pcall(describe_entries, walk, value, "flow ", add_flow)
    if ok then
      return node
    end
    -- Past flows and other objects have no fields to show.
    walk[value], walk[depth + 1], walk.entries = nil, nil, entries
  end
  return tostring(value)
end

local function render(node, indent, width)
  if type(node) == "string" then
    return node
  end
  local parts = {}
  if #indent + node.width <= width then
    for i, entry in ipairs(node) do
      parts[i] = entry.name .. render(entry.value, "", width)
    end
    return node.name .. "{ " .. concat(parts, ", ") .. " }"
  end
  local deeper = indent .. "  "
  for i, entry in ipairs(node) do
    local room = width - #entry.name
    parts[i] = deeper .. entry.name .. render(entry.value, deeper, room) .. ",\n"
  end
  return node.name .. "{\n" .. concat(parts) .. indent .. "}"
end

--- A value as text of lines that have about `width` columns.
---@param value any
---@param width integer
---@return string
return function(value, width)
  return render(describe({ entries = 0 }, value), "", width)
end
