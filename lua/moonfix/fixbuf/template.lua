--- Templates: which fields a record has, in their order on the wire.
local failure = require "moonfix.fixbuf.failure"
local model_of = require "moonfix.fixbuf.model"

local M = {}

local concat, format = table.concat, string.format
local pack = string.pack

---@class fixbuf.Field
---@field name string a repeated element is `name#2`, `name#3`
---@field pen integer
---@field id integer
---@field type string
---@field length integer octets on the wire, 65535 for a variable length

---@class fixbuf.Template
---@field id integer 0 before it has one
---@field scope integer fields of scope; above 0 it is an Options Template
---@field fields fixbuf.Field[]
local Template = {}
M.Template = Template

-- Texts and indices that go with a Template, made when first asked for.
local layouts = setmetatable({}, { __mode = "k" })
local indices = setmetatable({}, { __mode = "k" })

function Template:__index(key)
  if type(key) == "number" then
    return self.fields[key]
  elseif key == "template_id" then
    return self.id
  end
  return Template[key]
end

Template["\1_len"] = function(template)
  return #template.fields
end

local function name_for(template, name)
  local count = 1
  for _, field in ipairs(template.fields) do
    if field.name:match("^[^#]+") == name then
      count = count + 1
    end
  end
  return count == 1 and name or name .. "#" .. count
end

--- A Template of these fields; `fixbuf.Template(model, { "sourceIPv4Address" })`.
---@param model fixbuf.InfoModel?
---@param specs (string|fixbuf.InfoElementSpec)[]?
---@return fixbuf.Template
function M.new(model, specs)
  local made = setmetatable({ id = 0, scope = 0, fields = {} }, Template)
  rawset(made, "model", model or model_of.default)
  return specs and made:add_spec_list(specs) or made
end

--- Give a Template as the decoder makes it its methods.
function M.adopt(template)
  return getmetatable(template) == Template and template or setmetatable(template, Template)
end

--- Add one field.
---@param spec string|fixbuf.InfoElementSpec
function Template:add_spec(spec)
  spec = model_of.spec(spec)
  local element = (self.model or model_of.default):get_element(spec.name)
  self:add_element(element, spec.length)
  return self
end

--- Add fields.
---@param specs (string|fixbuf.InfoElementSpec)[]
function Template:add_spec_list(specs)
  for _, spec in ipairs(specs) do
    self:add_spec(spec)
  end
  return self
end

--- Add a field of an element.
---@param element fixbuf.InfoElement
---@param length integer? octets; the element's own when there is none
function Template:add_element(element, length)
  self.fields[#self.fields + 1] = {
    name = name_for(self, element.name), pen = element.ent, id = element.id, type = element.type,
    length = length or element.length,
  }
  layouts[self], indices[self] = nil, nil
  return self
end

--- Whether it has a field of this name.
---@return boolean
function Template:contains(name)
  return M.index(self)[name] ~= nil
end

--- Field `i`, from 1.
---@return fixbuf.Field?
function Template:ie(i)
  return self.fields[i]
end
Template.get_indexed_ie = Template.ie

--- Its fields as specifications.
---@return fixbuf.InfoElementSpec[]
function Template:specs()
  local specs = {}
  for i, field in ipairs(self.fields) do
    specs[i] = model_of.InfoElementSpec(field.name:match("^[^#]+"), field.length)
  end
  return specs
end
Template.build_spec_list = Template.specs

--- Whether its records describe elements (RFC 5610).
---@return boolean
function Template:is_type_info()
  return self.scope > 0 and self:contains("informationElementId")
    and self:contains("informationElementName")
end

--- Fields by name.
function M.index(template)
  local index = indices[template]
  if index == nil then
    index = {}
    for _, field in ipairs(template.fields) do
      index[field.name] = field
    end
    indices[template] = index
  end
  return index
end

--- The text that `ipfix.encode` takes.
function M.layout(template)
  local text = layouts[template]
  if text == nil then
    local parts = {}
    for i, field in ipairs(template.fields) do
      local name, kind = field.name, field.type
      parts[i] = format("%s:%d:%d:%s:%d", name, field.pen, field.id, kind, field.length)
    end
    text = concat(parts, ",")
    layouts[template] = text
  end
  return text
end

--- The Template Record or Options Template Record (RFC 7011 §3.4.1, §3.4.2.2), or a withdrawal.
---@return string octets
function M.encode(template)
  if template.withdrawn then
    return pack(">I2I2", template.id, 0)
  end
  local fields = template.fields
  if template.id < 256 or template.id > 65535 or #fields == 0 then
    local text = "Cannot announce Template %d of %d fields: expected an id of 256 to 65535"
    failure.raise("TMPL", format(text, template.id, #fields))
  end
  local parts = { pack(">I2I2", template.id, #fields) }
  if template.scope > 0 then
    parts[2] = pack(">I2", template.scope)
  end
  for _, field in ipairs(fields) do
    if field.pen == 0 then
      parts[#parts + 1] = pack(">I2I2", field.id, field.length)
    else
      parts[#parts + 1] = pack(">I2I2I4", field.id + 32768, field.length, field.pen)
    end
  end
  return concat(parts)
end

return M
