--- Structured data (RFC 6313): lists of values and of records, in the fields of a record.
local model_of = require "moonfix.fixbuf.model"

local M = {}

local function contains(list, name)
  for _, row in ipairs(list) do
    if row[name] ~= nil then
      return true
    end
  end
  return false
end

local function clear(list)
  for i = #list, 1, -1 do
    list[i] = nil
  end
  return list
end

---@class fixbuf.BL
---@field element string
---@field semantic integer
local BL = { list = "basic", semantic = 255, clear = clear }
BL.__index = BL

--- A basicList of values of one element: `fixbuf.BL(model, "dnsQName", { "a", "b" })`.
---@param model fixbuf.InfoModel
---@param element string|fixbuf.InfoElementSpec
---@param values any[]?
---@param semantic integer? 255, undefined, when not given
---@return fixbuf.BL
function M.BL(model, element, values, semantic)
  local spec = model_of.spec(element)
  local found = (model or model_of.default):get_element(spec.name)
  local list = { element = found.name, length = spec.length or found.length, semantic = semantic }
  list.pen, list.id = found.ent, found.id
  for i, value in ipairs(values or {}) do
    list[i] = value
  end
  return setmetatable(list, BL)
end

---@class fixbuf.STL
---@field template fixbuf.Template?
---@field template_id integer
---@field semantic integer
local STL = { list = "stl", semantic = 255, contains = contains, clear = clear }

-- Beside the lists, so that they hold nothing but their records.
local templates = setmetatable({}, { __mode = "k" })

function STL.__index(list, key)
  if key == "template" then
    return templates[list]
  elseif key == "template_id" then
    return templates[list] and templates[list].id
  end
  return STL[key]
end

--- A subTemplateList: records of one Template, which the session must know.
---@param template fixbuf.Template
---@param rows table[]?
---@param semantic integer?
---@return fixbuf.STL
function M.STL(template, rows, semantic)
  local list = { semantic = semantic }
  for i, row in ipairs(rows or {}) do
    list[i] = row
  end
  return M.set_template(setmetatable(list, STL), template)
end

--- Say which Template the records of a list have.
function M.set_template(list, template)
  templates[list] = template
  list.template_id = nil
  return list
end

--- Begin anew with this Template.
---@param template fixbuf.Template
function STL:entry_init(template)
  return M.set_template(self:clear(), template)
end

--- Loop over its records.
function STL:iter()
  return ipairs(self)
end

---@class fixbuf.STML
---@field semantic integer
local STML = { list = "stml", semantic = 255, clear = clear }
STML.__index = STML

--- A subTemplateMultiList: of each Template an entry, which holds its records.
---@param entries { [integer]: table, template: fixbuf.Template }[]?
---@param semantic integer?
---@return fixbuf.STML
function M.STML(entries, semantic)
  local list = setmetatable({ semantic = semantic }, STML)
  for _, entry in ipairs(entries or {}) do
    list:add_entry(entry.template, entry)
  end
  return list
end

--- Add the records of one Template.
---@param template fixbuf.Template
---@param rows table[]
---@return fixbuf.STL entry
function STML:add_entry(template, rows)
  local entry = M.STL(template, rows)
  self[#self + 1] = entry
  return entry
end

--- Loop over its entries.
---@return fun(): fixbuf.STL?
function STML:entries()
  local at = 0
  return function()
    at = at + 1
    return self[at]
  end
end

local kinds = { basic = BL, stl = STL, stml = STML }

--- Whether a value is a list.
---@return boolean
function M.is_list(value)
  return type(value) == "table" and kinds[value.list] ~= nil
end

--- Give a list as the decoder makes it its methods. `rows(list)` says which records it has.
function M.adopt(list, rows)
  if list.list == "stl" then
    rows(list)
  elseif list.list == "stml" then
    for i = #list, 1, -1 do
      rows(list[i])
      if list[i].skipped then
        table.remove(list, i)
      else
        setmetatable(list[i], STL)
      end
    end
  end
  return setmetatable(list, kinds[list.list])
end

--- A list as `moonfix cat` shows it in JSON; `show` makes plain what is in it.
---@param show fun(value: any): any
function M.schema(list, show)
  local members = {}
  for i, member in ipairs(list) do
    members[i] = show(member)
  end
  local shown = { list = list.list, semantic = list.semantic, template = list.template_id }
  local name = "records"
  if list.list == "basic" then
    shown.element, name = list.element, "values"
  elseif list.list == "stml" then
    name = "groups"
  end
  shown[name] = json.array(members)
  return shown
end

--- An empty list of a type.
function M.empty(kind)
  if kind == "basicList" then
    return setmetatable({ element = "paddingOctets", pen = 0, id = 210, length = 65535 }, BL)
  elseif kind == "subTemplateList" then
    return setmetatable({}, STL)
  end
  return setmetatable({}, STML)
end

return M
