--- Buffers: records one by one, from a collector or to an exporter.
local codec = require "moonfix.fixbuf.codec"
local failure = require "moonfix.fixbuf.failure"
local lists = require "moonfix.fixbuf.lists"
local record_of = require "moonfix.fixbuf.record"
local template_of = require "moonfix.fixbuf.template"
local type_info = require "moonfix.fixbuf.type_info"

local M = {}

local concat, format = table.concat, string.format

---@class fixbuf.Buffer
---@field session fixbuf.Session?
---@field damages integer datagrams that were none of IPFIX, NetFlow or sFlow
local Buffer = {}
Buffer.__index = Buffer

--- A buffer that fills `record` again and again; one of `{ auto = true }`, or of nothing, gives
--- records of their own, whose Template is that on the wire until there is an internal one.
---@param record? fixbuf.Record|{ auto: boolean }
---@return fixbuf.Buffer
function M.new(record)
  local is_record = getmetatable(record) == record_of.Record
  return setmetatable({
    record = is_record and record or nil, automatic = true, decoders = {}, parts = {}, length = 0,
    count = 0, sent = {}, sequences = {}, damages = 0, turn = 0,
  }, Buffer)
end

--- Take records from a collector.
---@param session fixbuf.Session
---@param collector fixbuf.Collector
function Buffer:init_collection(session, collector)
  self.session, self.collector = session, collector
  return self
end

--- Give records to an exporter.
---@param session fixbuf.Session
---@param exporter fixbuf.Exporter
function Buffer:init_export(session, exporter)
  self.session, self.exporter = session, exporter
  return self
end

--- Use an internal Template of the session.
---@param id integer
function Buffer:set_internal_template(id)
  self.internal = self.session:get_template(id)
end

--- Use an external Template of the session for what is appended.
---@param id integer
function Buffer:set_export_template(id)
  self.export = self.session:get_template(id, false)
end

--- Fill this record from now on.
function Buffer:set_record(record)
  self.record = record
end

--- Go from Message to Message by itself, which is usual; else each end is a failure `EOM`.
---@param automatic boolean
function Buffer:set_automatic(automatic)
  self.automatic = automatic
end

--- Leave options records out.
---@param ignore boolean? true when not given
function Buffer:ignore_options(ignore)
  self.without_options = ignore ~= false
end

--- Add elements that exporters describe (RFC 5610) to the model.
---@param insert boolean? true when not given
function Buffer:auto_insert(insert)
  self.inserting = insert ~= false
end

-- Tell of the Templates of a Message that are new.
local function announce_new(buffer, message, decoder)
  local session = buffer.session
  for _, set in ipairs(message.sets) do
    for _, template in ipairs(set.templates or {}) do
      local key = 65536 * message.domain + template.id
      if template.withdrawn then
        session.received[key] = nil
      elseif session.received[key] ~= template then
        session.received[key] = template
        rawset(template, "model", decoder.model)
        for _, callback in ipairs(session.callbacks) do
          callback(session, template)
        end
      end
    end
  end
end

-- Peers whose Templates are kept: over UDP anybody can make up addresses.
local most_peers = 256

-- What decodes Messages of `peer`; the one that was silent longest gives way to a new one.
local function decoder_for(buffer, peer, datagrams)
  local decoders = buffer.decoders
  buffer.turn = buffer.turn + 1
  local decoder = decoders[peer]
  if decoder == nil then
    local count, oldest = 0, nil
    for name, other in pairs(decoders) do
      count = count + 1
      if oldest == nil or other.turn < decoders[oldest].turn then
        oldest = name
      end
    end
    if count >= most_peers then
      decoders[oldest] = nil
    end
    decoder = codec.decoder { model = buffer.session.model, datagrams = datagrams }
    decoders[peer] = decoder
  end
  decoder.turn = buffer.turn
  return decoder
end

-- Read the next Message, which may be damaged; false when there is none.
local function next_message(buffer)
  if buffer.collector == nil then
    failure.raise("SETUP", "Cannot collect: the buffer has no collector")
  end
  local octets, peer, datagrams = buffer.collector:receive()
  if octets == nil then
    return false
  end
  local decoder = decoder_for(buffer, peer or "", datagrams)
  local ok, message = pcall(decoder.decode, decoder, octets)
  if not ok and datagrams and message.code == "IPFIX" then
    -- Whoever sends it, the others go on.
    buffer.damages = buffer.damages + 1
    return true
  end
  failure.translate("IPFIX", ok, message)
  buffer.session.observation_domain = message.domain
  buffer.message, buffer.decoder = message, decoder
  announce_new(buffer, message, decoder)
  buffer.step = message:records()
  return true
end

-- The next record as it came and its Template, kept until it is taken.
local function peek(buffer)
  while buffer.values == nil do
    while buffer.step == nil do
      if not next_message(buffer) then
        failure.raise("EOF", "Cannot go on: there are no more Messages")
      end
    end
    local values, template = buffer.step()
    if values == nil then
      buffer.step = nil
      if not buffer.automatic then
        failure.raise("EOM", "Cannot go on: the Message has no more records")
      end
    else
      local is_type = template:is_type_info()
      if is_type and buffer.inserting then
        type_info.learn(buffer.session.model, values)
      end
      local left_out = template.scope > 0 and buffer.without_options
      if buffer.session:wants(template.id) and not left_out then
        buffer.values, buffer.template = values, template
      end
    end
  end
  return buffer.values, buffer.template
end

-- Make the lists in `values` what the template pairs of the session say.
local function adopt_lists(buffer, values, template)
  local session = buffer.session
  local function rows(list)
    local wire = buffer.decoder.templates[65536 * session.observation_domain + list.template_id]
    local id = session:lookup_template_pair(list.template_id)
    local wanted = session.pairs and session.internal[id] or wire
    if id == 0 or wanted == nil then
      list.skipped = id == 0 or nil
      for i = #list, 1, -1 do
        list[i] = nil
      end
      return
    end
    template_of.adopt(wire)
    lists.set_template(list, wanted)
    for i, row in ipairs(list) do
      adopt_lists(buffer, row, wire)
      list[i] = record_of.transcode(row, wanted)
    end
  end
  for _, field in ipairs(template.fields) do
    local value = values[field.name]
    if type(value) == "table" and value.list then
      lists.adopt(value, rows)
    end
  end
end

--- The Template of the record that comes next.
---@return fixbuf.Template
function Buffer:next_template()
  local _, template = peek(self)
  return template
end

--- The external Template of the record that came last.
---@return fixbuf.Template?
function Buffer:get_template()
  return self.template
end

--- The next record. At the end there is a failure `EOF`.
---@param record fixbuf.Record? filled instead of the buffer's
---@return fixbuf.Record
function Buffer:next(record)
  local values, template = peek(self)
  self.values = nil
  adopt_lists(self, values, template)
  record = record or self.record
  local wanted = self.internal or record and record:template() or template
  return record_of.transcode(values, wanted, record)
end
Buffer.next_record = Buffer.next

-- Failures that are no more than the end of a loop.
local ends = { EOF = true, EOM = true, NLREAD = true }

--- Loop over the records that are left: of the Message when it is not automatic, else of all. From
--- the network the loop ends when nothing came in time; the next one goes on.
---@return fun(): fixbuf.Record?, fixbuf.Template?
function Buffer:records()
  return function()
    local ok, record = pcall(self.next, self)
    if ok then
      return record, self.template
    elseif type(record) == "table" and ends[record.code] then
      return nil
    end
    error(record, 0)
  end
end

--- Export Time of the Message that was read last, or that is written next.
---@return integer? seconds since 1970
function Buffer:export_time()
  return self.time or self.message and self.message.export_time
end

function Buffer:set_export_time(seconds)
  self.time = seconds
end

--- Octets of the Message that is being written.
---@return integer
function Buffer:message_length()
  return 16 + self.length
end

--- Octets that still fit into it.
---@return integer
function Buffer:remaining()
  return self.exporter.largest - self:message_length()
end

local function put(buffer, id, content)
  if 20 + #content > buffer.exporter.largest then
    failure.raise("BUFSZ", format("Cannot write %d octets: no Message is so large", #content))
  end
  local size = #content + (buffer.set == id and 0 or 4)
  if size > buffer:remaining() then
    buffer:emit()
    size = #content + 4
  end
  if buffer.set ~= id then
    buffer.set = id
    buffer.parts[#buffer.parts + 1] = { id = id }
  end
  local set = buffer.parts[#buffer.parts]
  set[#set + 1] = content
  buffer.length = buffer.length + size
end

local function announce_one(buffer, template)
  put(buffer, template.scope > 0 and 3 or 2, template_of.encode(template))
  buffer.sent[template.id] = template
end

-- Write a record of a Template that was announced.
local function write(buffer, record, template)
  local session = buffer.session
  local octets = codec.encode_record(record, template, function(id)
    return session:get_template(id, false)
  end)
  put(buffer, template.id, octets)
  buffer.count = buffer.count + 1
end

--- Announce all Templates of the session to whoever reads. `append` does so by itself for those
--- that were not announced yet.
---@param only_new boolean?
function Buffer:announce(only_new)
  if self.session.describe_elements and not self.described then
    -- First, since Templates that follow may name these elements.
    self.described = true
    self:describe_elements()
  end
  local ids = {}
  for id, template in self.session:templates() do
    if not only_new or self.sent[id] ~= template then
      ids[#ids + 1] = id
    end
  end
  table.sort(ids)
  for _, id in ipairs(ids) do
    announce_one(self, self.session.external[id])
  end
end

--- Write a record, in the Template of `set_export_template` or of the last Template that is both.
---@param record table? the buffer's own when not given
function Buffer:append(record)
  record = record or self.record
  local session, template = self.session, self.export or self.internal
  if template == nil or self.exporter == nil then
    failure.raise("SETUP", "Cannot append: the buffer has no exporter or no Template")
  end
  local exporter = self.exporter
  if exporter.datagrams and time.clock() - (self.announced_at or -math.huge) >= exporter.template_refresh then
    self.announced_at = time.clock()
    self:announce()
  end
  self:announce(true)
  if session.external[template.id] ~= template then
    failure.raise("TMPL", format("Cannot append: Template %d is not external", template.id))
  end
  write(self, record, template)
end

--- Let the Message leave, if there is anything in it.
function Buffer:emit()
  if #self.parts == 0 then
    return
  end
  local sets = {}
  for i, part in ipairs(self.parts) do
    sets[i] = codec.set(part.id, concat(part))
  end
  local domain = self.session.observation_domain
  local sequence = self.sequences[domain] or 0
  local header = { domain = domain, export_time = self.time, sequence = sequence }
  local octets = codec.frame(header, sets)
  self.sequences[domain] = (sequence + self.count) % 4294967296
  self.parts, self.set, self.length, self.count = {}, nil, 0, 0
  self.exporter:send(octets)
end

--- Write what describes an element of the model.
---@param name string
function Buffer:write_ie_options_record(name)
  local session, element = self.session, self.session.model:get_element(name)
  if self.type_template == nil then
    self.type_template = type_info.template(session.model)
    session:add_template(self.type_template)
    announce_one(self, self.type_template)
  end
  write(self, type_info.describe(element), self.type_template)
end

--- Write what describes every element that was added to the model.
function Buffer:describe_elements()
  for element in self.session.model:elements() do
    self:write_ie_options_record(element.name)
  end
end

return M
