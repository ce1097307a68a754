--- Records and Messages from and to octets.
local failure = require "moonfix.fixbuf.failure"
local model_of = require "moonfix.fixbuf.model"
local template_of = require "moonfix.fixbuf.template"

local M = {}

local concat, format, pack = table.concat, string.format, string.pack
local decode, encode, ipairs, pcall, type = ipfix.decode, ipfix.encode, ipairs, pcall, type

local largest_message = 65535
-- Semantics of lists that say nothing (RFC 6313 §4.4).
local undefined = 255
-- What an absent basicList is a list of: paddingOctets.
local padding = 210

local is_list = { basicList = true, subTemplateList = true, subTemplateMultiList = true }

local encode_record

local function encode_records(records, template, find)
  local parts = {}
  for i, record in ipairs(records) do
    parts[i] = encode_record(record, template, find)
  end
  return concat(parts)
end

local function encode_basic_list(list, _, model)
  if list == nil then
    return pack(">BI2I2", undefined, padding, model_of.VARLEN)
  end
  local spec = model_of.spec(list.element or list[0])
  local element = model:find(spec.name)
  if element == nil and list.pen and list.id then
    element = { name = spec.name, ent = list.pen, id = list.id, type = "octetArray", length = 65535 }
  end
  element = element or model:get_element(spec.name)
  local length = list.length or spec.length or element.length
  local layout = format("value:%d:%d:%s:%d", element.ent, element.id, element.type, length)
  local parts = { "" }
  local sublist = M.list_encoders[element.type]
  for i, value in ipairs(list) do
    if sublist then
      value = sublist(value, _, model)
    end
    parts[i + 1] = encode(layout, { value = value })
  end
  local semantic = list.semantic or undefined
  if element.ent == 0 then
    parts[1] = pack(">BI2I2", semantic, element.id, length)
  else
    parts[1] = pack(">BI2I2I4", semantic, element.id + 32768, length, element.ent)
  end
  return concat(parts)
end

local function template_for(list, find)
  local id = list.template_id or list.template and list.template.id
  local template = id and find and find(id) or list.template
  if template == nil and #list > 0 then
    failure.raise("TMPL", format("Cannot encode a list: no Template %s", tostring(id)))
  end
  return id or 0, template
end

local function encode_single(list, find)
  if list == nil then
    return pack(">BI2", undefined, 0)
  end
  local id, template = template_for(list, find)
  local records = list.raw or encode_records(list, template, find)
  return pack(">BI2", list.semantic or undefined, id) .. records
end

local function encode_multi(list, find)
  local parts = { pack("B", list and list.semantic or undefined) }
  for i, entry in ipairs(list or {}) do
    local id, template = template_for(entry, find)
    local records = entry.raw or encode_records(entry, template, find)
    if #records > largest_message - 4 then
      failure.raise("BUFSZ", format("Cannot encode a list entry of %d octets", #records))
    end
    parts[i + 1] = pack(">I2I2", id, 4 + #records) .. records
  end
  return concat(parts)
end

M.list_encoders = {
  basicList = encode_basic_list,
  subTemplateList = encode_single,
  subTemplateMultiList = encode_multi,
}

--- The octets of `record`, a table by field name; what it lacks is zero or empty.
---@param record table
---@param template fixbuf.Template
---@param find? fun(id: integer): fixbuf.Template? finds the Templates of lists
---@return string octets
function encode_record(record, template, find)
  local lists
  for _, field in ipairs(template.fields) do
    if is_list[field.type] then
      lists = lists or {}
      local model = template.model or model_of.default
      local list = record[field.name]
      lists[field.name] = type(list) == "string" and list
        or M.list_encoders[field.type](list, find, model)
    end
  end
  return failure.translate("IMPL", pcall(encode, template_of.layout(template), record, lists))
end
M.encode_record = encode_record

--- Put Sets behind a Message Header (RFC 7011 §3.1).
---@param header { domain: integer?, export_time: integer?, sequence: integer? }
---@param sets string[] whole Sets
---@return string octets
function M.frame(header, sets)
  local content = concat(sets)
  local length = 16 + #content
  if length > largest_message then
    failure.raise("BUFSZ", format("Cannot encode a Message of %d octets", length))
  end
  local time = header.export_time or math.floor(time.now())
  local sequence, domain = header.sequence or 0, header.domain or 0
  return pack(">I2I2I4I4I4", 10, length, time, sequence, domain) .. content
end

--- A Set of this content (RFC 7011 §3.3.2).
---@return string octets
function M.set(id, content)
  if #content + 4 > largest_message then
    failure.raise("BUFSZ", format("Cannot encode a Set of %d octets", #content + 4))
  end
  return pack(">I2I2", id, 4 + #content) .. content
end

local function encode_set(set, find)
  if set.raw then
    return M.set(set.id, set.raw)
  elseif set.templates then
    local parts = {}
    for i, template in ipairs(set.templates) do
      parts[i] = template_of.encode(template)
    end
    return M.set(set.id, concat(parts))
  end
  local template = set.template or find(set.id)
  if template == nil then
    failure.raise("TMPL", format("Cannot encode a Set: no Template %s", tostring(set.id)))
  end
  return M.set(set.id or template.id, encode_records(set.records, template, find))
end

-- Fields for records without Template: all names that they have, in the order of their numbers.
local function infer(records, model)
  local seen, elements = {}, {}
  for _, record in ipairs(records) do
    for name in pairs(record) do
      if not seen[name] then
        seen[name] = true
        elements[#elements + 1] = model:get_element(name)
      end
    end
  end
  table.sort(elements, function(a, b)
    return a.ent < b.ent or a.ent == b.ent and a.id < b.id
  end)
  local template = template_of.new(model)
  for _, element in ipairs(elements) do
    template:add_element(element)
  end
  return template
end

-- `{ records = ... }`, with or without `template`, as Sets.
local function expand(message)
  local template = message.template or infer(message.records, model_of.default)
  if template.fields == nil then
    template = template_of.new(nil, template)
  end
  local id = template.id ~= 0 and template.id or 256
  local announced = { id = id, scope = template.scope, fields = template.fields }
  announced.model = template.model
  local sets = { { id = template.scope > 0 and 3 or 2, templates = { announced } } }
  if #message.records > 0 then
    sets[2] = { id = id, template = announced, records = message.records }
  end
  return sets
end

-- The Templates of the session that a Message came from, for its lists.
local known_of = setmetatable({}, { __mode = "k" })

--- The octets of a Message. Its `sets` are written as they stand, as `decode` gives them. Records
--- in `records` come with their Template, which is `template`, a Template or names of elements, or
--- follows from the names in the records.
---@param message table
---@return string octets
function M.encode(message)
  local sets = message.sets or expand(message)
  local templates, known = {}, known_of[message]
  local domain = message.domain or 0
  local function find(id)
    return templates[id] or known and known[65536 * domain + id]
  end
  for _, list in ipairs { { templates = message.templates or {} }, unpack(sets) } do
    for _, template in ipairs(list.templates or {}) do
      templates[template.id] = not template.withdrawn and template or nil
    end
  end
  local parts = {}
  for _, set in ipairs(sets) do
    -- Late records stand in the Message that they came in, as a Set without Template.
    if not set.late then
      parts[#parts + 1] = encode_set(set, find)
    end
  end
  return M.frame(message, parts)
end

---@class fixbuf.Message
---@field version integer|string
---@field length integer
---@field domain integer
---@field export_time integer seconds since 1970
---@field sequence integer
---@field sets table[]
---@field damage string? what ended it early
local Message = {}
Message.__index = Message

--- Loop over its records: each is a table of its own by field name, and comes with its Template,
--- whose `scope` is above 0 for options records.
---@return fun(): table?, fixbuf.Template?
function Message:records()
  local sets, at, set, row = self.sets, 0, nil, 0
  return function()
    while true do
      row = row + 1
      local record = set and set.records[row]
      if record then
        return record, set.template
      end
      repeat
        at = at + 1
        set = sets[at]
        if set == nil then
          return nil
        end
      until set.records
      row = 0
    end
  end
end

---@class fixbuf.Decoder
local Decoder = {}
Decoder.__index = Decoder

--- What decodes the Messages of one exporter: it keeps their Templates.
---@param options? { datagrams: boolean?, model: fixbuf.InfoModel? }
---@return fixbuf.Decoder
function M.decoder(options)
  options = options or {}
  local model = options.model or model_of.default
  local kind = options.datagrams and "datagrams" or "stream"
  local ok, session = pcall(ipfix.session, kind, model:layout())
  if not ok then
    -- Sessions that nobody holds any more make room.
    collectgarbage()
    session = ipfix.session(kind, model:layout())
  end
  return setmetatable({ session = session, templates = {}, model = model }, Decoder)
end

--- Decode a Message.
---@param octets string
---@return fixbuf.Message
function Decoder:decode(octets)
  local message, problem = decode(self.session, octets, self.templates)
  if message == nil then
    failure.raise("IPFIX", problem)
  end
  for _, set in ipairs(message.sets) do
    if set.template then
      template_of.adopt(set.template)
    end
    for _, template in ipairs(set.templates or {}) do
      template_of.adopt(template)
    end
  end
  known_of[message] = self.templates
  return setmetatable(message, Message)
end

return M
