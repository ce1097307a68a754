--- Sessions: the Templates of an exporter or collector. An internal Template is what the script
--- wants or has, an external one what is on the wire.
local failure = require "moonfix.fixbuf.failure"
local model_of = require "moonfix.fixbuf.model"

local M = {}

local format = string.format

---@class fixbuf.Session
---@field model fixbuf.InfoModel
local Session = {}
Session.__index = Session

--- A session without Templates.
---@param model fixbuf.InfoModel?
---@return fixbuf.Session
function M.new(model)
  return setmetatable({
    model = model or model_of.default, internal = {}, external = {}, received = {}, callbacks = {},
    observation_domain = 0,
  }, Session)
end

local function free_id(templates)
  local id = 256
  while templates[id] do
    id = id + 1
  end
  return id
end

local function add(templates, template, id)
  if id == nil or id == 0 then
    id = template.id ~= 0 and not templates[template.id] and template.id or free_id(templates)
  end
  if id < 256 or id > 65535 then
    failure.raise("TMPL", format("Cannot add Template %d: expected an id of 256 to 65535", id))
  end
  template.id = id
  templates[id] = template
  return id
end

--- Add a Template that is wanted inside; returns its id.
---@param template fixbuf.Template
---@param id integer? a free one when it is 0 or nil
---@return integer id
function Session:add_internal_template(template, id)
  return add(self.internal, template, id)
end

--- Add a Template that is to be on the wire; returns its id.
---@return integer id
function Session:add_external_template(template, id)
  return add(self.external, template, id)
end

--- Add a Template that is both; returns its id.
---@return integer id
function Session:add_template(template, id)
  id = add(self.external, template, id)
  self.internal[id] = template
  return id
end

--- The Template of an id: of those inside, or of those on the wire, added or received.
---@param id integer
---@param internal boolean? true when not given
---@return fixbuf.Template
function Session:get_template(id, internal)
  local found
  if internal ~= false then
    found = self.internal[id]
  else
    found = self.external[id] or self.received[65536 * self.observation_domain + id]
  end
  if found == nil then
    failure.raise("TMPL", format("Cannot find Template %s", tostring(id)))
  end
  return found
end

--- Forget a Template.
function Session:remove_template(id)
  self.internal[id], self.external[id] = nil, nil
end

--- Loop over the ids and Templates on the wire.
function Session:templates()
  return pairs(self.external)
end

local function set_of(ids)
  local set = {}
  for _, id in ipairs(ids) do
    set[id] = true
  end
  return set
end

--- Give records of these external Templates only.
---@param ids integer[]
function Session:decode_only(ids)
  self.wanted = set_of(ids)
end

--- Give no records of these external Templates.
---@param ids integer[]
function Session:ignore_templates(ids)
  self.ignored = set_of(ids)
end

--- Whether records of an external Template are given.
function Session:wants(id)
  return not (self.wanted and not self.wanted[id] or self.ignored and self.ignored[id])
end

--- Say how lists of an external Template become records: as this internal one, or, with 0, not at
--- all. Without any pair all lists are decoded, else those of pairs only.
---@param external integer
---@param internal integer
function Session:add_template_pair(external, internal)
  if internal ~= 0 then
    self:get_template(internal)
  end
  self.pairs = self.pairs or {}
  self.pairs[external] = internal
end

--- The internal id for lists of an external Template; 0 when they are skipped.
---@return integer
function Session:lookup_template_pair(external)
  if self.pairs == nil then
    return external
  end
  return self.pairs[external] or 0
end

--- Call `fn(session, template)` for each Template that comes in and says anything new.
---@param fn fun(session: fixbuf.Session, template: fixbuf.Template)
function Session:add_template_callback(fn)
  self.callbacks[#self.callbacks + 1] = fn
end

--- The Observation Domain that is exported, or was collected last.
---@return integer
function Session:domain()
  return self.observation_domain
end

function Session:set_domain(domain)
  self.observation_domain = domain
end

--- Forget what came in.
function Session:reset_external()
  self.received = {}
end

--- Let the exporter of `buffer` announce all Templates, once more if need be.
---@param buffer fixbuf.Buffer
function Session:export_templates(buffer)
  buffer:announce()
end

--- Whether exports describe elements that are not IANA's (RFC 5610).
---@param wanted { elements: boolean? }
function Session:set_metadata_export(wanted)
  self.describe_elements = wanted.elements
end

return M
