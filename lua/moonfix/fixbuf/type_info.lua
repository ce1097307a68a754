--- Type records, which describe elements (RFC 5610).
local model_of = require "moonfix.fixbuf.model"
local template_of = require "moonfix.fixbuf.template"

local M = {}

-- Abstract data types by their number in type records (RFC 5610 §3.1).
local types = {
  [0] = "octetArray", "unsigned8", "unsigned16", "unsigned32", "unsigned64", "signed8", "signed16",
  "signed32", "signed64", "float32", "float64", "boolean", "macAddress", "string",
  "dateTimeSeconds", "dateTimeMilliseconds", "dateTimeMicroseconds", "dateTimeNanoseconds",
  "ipv4Address", "ipv6Address", "basicList", "subTemplateList", "subTemplateMultiList",
}
local numbers = {}
for number, kind in pairs(types) do
  numbers[kind] = number
end

--- Add the element that a type record describes to a model: never one that the model knows, nor one
--- without enterprise.
---@param model fixbuf.InfoModel
---@param values table a record
function M.learn(model, values)
  local pen, id = values.privateEnterpriseNumber or 0, values.informationElementId
  local name, kind = values.informationElementName, types[values.informationElementDataType]
  local fits = pen ~= 0 and kind and #name < 128 and name:find "^%a[%w_.-]*$"
  if fits and not model:find { pen, id } and not model:find(name) then
    model:add_element(model_of.InfoElement { name = name, ent = pen, id = id, type = kind })
  end
end

--- A Template of records that describe elements (RFC 5610).
---@param model fixbuf.InfoModel?
---@return fixbuf.Template
function M.template(model)
  local template = template_of.new(model, {
    "privateEnterpriseNumber", "informationElementId", "informationElementDataType",
    "informationElementSemantics", "informationElementUnits", "informationElementRangeBegin",
    "informationElementRangeEnd", "informationElementName", "informationElementDescription",
  })
  template.scope = 2
  return template
end

--- The type record of an element.
---@param element fixbuf.InfoElement
---@return table
function M.describe(element)
  return {
    privateEnterpriseNumber = element.ent, informationElementId = element.id,
    informationElementDataType = numbers[element.type] or 0, informationElementName = element.name,
    informationElementDescription = element.description,
  }
end

return M
