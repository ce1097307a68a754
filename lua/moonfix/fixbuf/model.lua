--- Information Models: the elements of IANA and CERT, and those that a script adds.
local failure = require "moonfix.fixbuf.failure"

local M = {}

local format, match = string.format, string.match

--- Length of fields of variable length.
M.VARLEN = 65535
M.CERT_PEN = 6871
M.REVERSE_PEN = 29305

-- Natural lengths of the abstract data types (RFC 7012 §3.1, RFC 6313 §4, RFC 9740).
local lengths = {
  octetArray = 65535, unsigned8 = 1, unsigned16 = 2, unsigned32 = 4, unsigned64 = 8,
  unsigned256 = 32, signed8 = 1, signed16 = 2, signed32 = 4, signed64 = 8, float32 = 4,
  float64 = 8, boolean = 1, macAddress = 6, string = 65535, dateTimeSeconds = 4,
  dateTimeMilliseconds = 8, dateTimeMicroseconds = 8, dateTimeNanoseconds = 8, ipv4Address = 4,
  ipv6Address = 16, basicList = 65535, subTemplateList = 65535, subTemplateMultiList = 65535,
}
M.lengths = lengths

---@class fixbuf.InfoElement
---@field name string
---@field ent integer Private Enterprise Number, 0 for IANA
---@field id integer
---@field type string abstract data type, such as `unsigned64`
---@field length integer octets, 65535 for a variable length
---@field semantic string
---@field units string
---@field description string
local InfoElement = {}
InfoElement.__index = InfoElement

--- An element: `fixbuf.InfoElement { name = "x", ent = 6871, id = 9000, type = "unsigned32" }`.
--- `fixbuf.InfoElement(name, ent, id, length)`, as pyfixbuf has it, makes one of octets.
---@return fixbuf.InfoElement
function M.InfoElement(name, ent, id, length)
  local given = type(name) == "table" and name or { name = name, ent = ent, id = id, length = length }
  local kind = given.type or "octetArray"
  if type(given.name) ~= "string" or not match(given.name, "^[%w_./-]+$") then
    failure.raise("NOELEMENT", "Cannot make an element: expected a name of letters and digits")
  elseif not lengths[kind] then
    failure.raise("NOELEMENT", format("Cannot make %s: no such type %s", given.name, tostring(kind)))
  elseif type(given.id) ~= "number" or given.id < 0 or given.id > 32767 then
    failure.raise("NOELEMENT", format("Cannot make %s: id must be 0 to 32767", given.name))
  end
  return setmetatable({
    name = given.name, ent = given.ent or 0, id = given.id, type = kind,
    length = given.length or lengths[kind], semantic = given.semantic or "",
    units = given.units or "", min = given.min, max = given.max,
    description = given.description or "",
  }, InfoElement)
end

---@class fixbuf.InfoModel
local InfoModel = {}
InfoModel.__index = InfoModel
M.Model = InfoModel

local function key_of(ent, id)
  return format("%d/%d", ent, id)
end

--- A model with all elements of IANA, and CERT's, which are always known.
---@return fixbuf.InfoModel
function M.InfoModel()
  return setmetatable({ by_name = {}, by_id = {}, added = {} }, InfoModel)
end

--- Add an element; one that the registries define otherwise stays what it is there.
---@param element fixbuf.InfoElement
function InfoModel:add_element(element)
  local known = self:find { element.ent, element.id }
  if known and (known.name ~= element.name or known.type ~= element.type) then
    local text = "Cannot add %s: %s is %s of type %s"
    local key = key_of(element.ent, element.id)
    failure.raise("NOELEMENT", format(text, element.name, key, known.name, known.type))
  elseif known then
    return
  end
  self.by_name[element.name] = element
  self.by_id[key_of(element.ent, element.id)] = element
  self.added[#self.added + 1] = element
end

--- Add several elements.
---@param elements fixbuf.InfoElement[]
function InfoModel:add_element_list(elements)
  for _, element in ipairs(elements) do
    self:add_element(element)
  end
end

-- The registries, asked once for each name; false stands for none.
local registry = {}

local function ask(name)
  if registry[name] == nil then
    local ok, found = pcall(ipfix.element, name)
    registry[name] = ok and M.InfoElement {
      name = found.name, ent = found.pen, id = found.id, type = found.type,
      semantic = found.semantics, units = found.units,
    }
  end
  return registry[name] or nil
end

--- The element of a name or of `{ ent, id }`; nil when there is none.
---@param wanted string|integer[]
---@return fixbuf.InfoElement?
function InfoModel:find(wanted)
  if type(wanted) == "table" then
    local key = key_of(wanted[1], wanted[2])
    return self.by_id[key] or ask(key)
  end
  return self.by_name[wanted] or ask(wanted)
end

--- As `find`; an element that there is not is a failure `NOELEMENT`.
---@return fixbuf.InfoElement
function InfoModel:get_element(wanted)
  local found = self:find(wanted)
  if found then
    return found
  end
  local name = type(wanted) == "table" and key_of(wanted[1], wanted[2]) or tostring(wanted)
  local ok, problem = pcall(ipfix.element, name)
  local reason = not ok and problem.message
  failure.raise("NOELEMENT", reason or format('Cannot find the element "%s"', name))
end

---@return integer octets, 65535 for a variable length
function InfoModel:get_element_length(name)
  return self:get_element(name).length
end

---@return string type
function InfoModel:get_element_type(name)
  return self:get_element(name).type
end

--- Loop over the elements that were added.
function InfoModel:elements()
  local at = 0
  return function()
    at = at + 1
    return self.added[at]
  end
end

--- Elements that were added, as `ipfix.session` takes them.
function InfoModel:layout()
  local parts = {}
  for i, element in ipairs(self.added) do
    parts[i] = format("%s:%d:%d:%s", element.name, element.ent, element.id, element.type)
  end
  return table.concat(parts, ",")
end

---@class fixbuf.InfoElementSpec
---@field name string
---@field length integer? octets; the element's own when there is none
local Spec = {}
Spec.__index = Spec

--- A field of a Template to be: an element's name, and its length where that is reduced.
---@return fixbuf.InfoElementSpec
function M.InfoElementSpec(name, length)
  return setmetatable({ name = name, length = length ~= 0 and length or nil }, Spec)
end

--- A specification from itself, or from text such as `"octetDeltaCount[4]"`.
function M.spec(given)
  if type(given) == "table" then
    return given
  end
  local name, length = match(given, "^(.-)%[(%d+)%]$")
  return M.InfoElementSpec(name or given, tonumber(length))
end

--- The model of all that is known without one.
M.default = M.InfoModel()

return M
