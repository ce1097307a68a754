--- Records of a Template: every field is there, zero or empty until it is set.
local failure = require "moonfix.fixbuf.failure"
local lists = require "moonfix.fixbuf.lists"
local template_of = require "moonfix.fixbuf.template"

local M = {}

local format, match, sub = string.format, string.match, string.sub
local rawget, rawset, type = rawget, rawset, type

---@class fixbuf.Record
local Record = {}
M.Record = Record

local templates = setmetatable({}, { __mode = "k" })

-- What a field is before it is set; numbers are 0.
local zeros = {
  string = "", octetArray = "", ipv4Address = "0.0.0.0", ipv6Address = "::",
  macAddress = "00:00:00:00:00:00", boolean = false,
}

local function zero(field)
  local kind = field.type
  if kind == "basicList" or kind == "subTemplateList" or kind == "subTemplateMultiList" then
    return lists.empty(kind)
  end
  local value = zeros[kind]
  return value == nil and 0 or value
end

function Record.__index(record, key)
  if type(key) == "number" then
    local field = templates[record].fields[key]
    return field and rawget(record, field.name)
  end
  return Record[key]
end

function Record.__newindex(record, key, value)
  local template = templates[record]
  local field = type(key) == "number" and template.fields[key] or template_of.index(template)[key]
  if field == nil then
    failure.raise("NOELEMENT", format("Cannot set %s: the record has no such field", tostring(key)))
  end
  rawset(record, field.name, value)
end

Record["\1_len"] = function(record)
  return #templates[record].fields
end

--- A record of a Template. A table of values may come third.
---@param _ fixbuf.InfoModel? the Template knows its own
---@param template fixbuf.Template?
---@param values table?
---@return fixbuf.Record
function M.new(_, template, values)
  local record = setmetatable({}, Record)
  templates[record] = template or template_of.new(_)
  return record:clear():set(values or {})
end

--- Make `values` of another Template a record of `template`: what they lack is zero.
function M.transcode(values, template, record)
  record = record or setmetatable({}, Record)
  templates[record] = template
  for _, field in ipairs(template.fields) do
    local value = rawget(values, field.name)
    if value == nil then
      value = zero(field)
    elseif field.length ~= 65535 and type(value) == "string" and field.type == "string" then
      value = sub(value, 1, field.length)
    end
    rawset(record, field.name, value)
  end
  return record
end

--- Its Template.
---@return fixbuf.Template
function Record:template()
  return templates[self]
end

--- Every field back to zero.
function Record:clear()
  for _, field in ipairs(templates[self].fields) do
    rawset(self, field.name, zero(field))
  end
  return self
end

--- Set several fields.
---@param values table<string|integer, any>
function Record:set(values)
  for name, value in pairs(values) do
    self[name] = value
  end
  return self
end

--- Add a field to its Template, and so to every record of it made from now on.
---@param name string
---@param length integer?
function Record:add_element(name, length)
  local template = templates[self]
  template:add_spec { name = name, length = length }
  local field = template.fields[#template.fields]
  rawset(self, field.name, zero(field))
  return self
end

--- Add fields.
---@param names string[]
function Record:add_element_list(names)
  for _, name in ipairs(names) do
    self:add_element(name)
  end
  return self
end

--- Its fields as a plain table.
---@return table<string, any>
function Record:as_table()
  local values = {}
  for _, field in ipairs(templates[self].fields) do
    values[field.name] = rawget(self, field.name)
  end
  return values
end
Record.as_dict = Record.as_table

--- A record of its own with the same values.
---@return fixbuf.Record
function Record:copy()
  return M.transcode(self, templates[self])
end

--- Make it a record of another Template; what fields both have stays.
---@param template fixbuf.Template
function Record:set_template(template)
  local values = self:as_table()
  for name in pairs(values) do
    rawset(self, name, nil)
  end
  M.transcode(values, template, self)
  return self
end

--- Whether it has the fields of a Template, in their order.
---@return boolean
function Record:matches_template(template)
  return template_of.layout(templates[self]) == template_of.layout(template)
end

--- How often it has an element.
---@return integer
function Record:count(name)
  local count = 0
  for _, field in ipairs(templates[self].fields) do
    count = count + (match(field.name, "^[^#]+") == name and 1 or 0)
  end
  return count
end

--- The value of an element, or of its `nth` occurrence.
function Record:get(name, nth)
  return rawget(self, (nth or 1) > 1 and name .. "#" .. nth or name)
end

---@return boolean
function Record:has(name)
  return templates[self]:contains(name)
end

---@return boolean
function Record:is_list(name)
  return lists.is_list(rawget(self, name))
end

local function show(value)
  if getmetatable(value) == Record then
    value = value:as_table()
    for name, field in pairs(value) do
      value[name] = show(field)
    end
  elseif type(value) == "table" then
    return lists.schema(value, show)
  end
  return value
end

--- JSON text on one line, with lists as `moonfix cat` shows them.
---@return string
function Record:json()
  return json.encode(show(self))
end

--- Set a basicList: `record:init_basic_list("basicList", "dnsQName", { "a" })`.
---@return fixbuf.BL
function Record:init_basic_list(name, element, values)
  self[name] = lists.BL(templates[self].model, element, values)
  return self[name]
end

--- The subTemplateList in a field.
---@return fixbuf.STL
function Record:get_stl_list_entry(name)
  return rawget(self, name)
end

--- The subTemplateMultiList in a field, `subTemplateMultiList` when there is no name.
---@return fixbuf.STML
function Record:get_stml_list_entry(name)
  return rawget(self, name or "subTemplateMultiList")
end

return M
