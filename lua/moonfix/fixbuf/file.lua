--- IPFIX files as people want them: `for record in fixbuf.open(path):records() do ... end`.
local codec = require "moonfix.fixbuf.codec"
local failure = require "moonfix.fixbuf.failure"

local M = {}

---@class fixbuf.File
---@field path string
---@field damages integer Messages that were damaged; what was whole in them counts
---@field damage string? what was wrong first
local File = {}
File.__index = File

local function start(file)
  local step, reader = ipfix.messages(file.path)
  if step == nil then
    failure.raise("IO", reader)
  end
  return { step = step, reader = reader, decoder = codec.decoder(file.options) }
end

--- Open an IPFIX file (RFC 5655), compressed or not.
---@param path string
---@param options? { model: fixbuf.InfoModel? }
---@return fixbuf.File
function M.open(path, options)
  local file = setmetatable({ path = path, options = options, damages = 0 }, File)
  file.opened = start(file)
  return file
end

local function note(file, problem)
  file.damages = file.damages + 1
  file.damage = file.damage or problem
end

--- Loop over the Messages, in order; each loop begins at the beginning.
---@return fun(): fixbuf.Message?
function File:messages()
  local source = self.opened or start(self)
  self.opened = nil
  local step, reader, decoder = source.step, source.reader, source.decoder
  return function()
    for octets in step, reader do
      local ok, message = pcall(decoder.decode, decoder, octets)
      if ok then
        if message.damage then
          note(self, message.damage)
        end
        return message
      elseif message.code ~= "IPFIX" then
        error(message, 0)
      end
      note(self, message.message)
    end
  end
end

--- Loop over the records, in order. Each is a table of its own by field name, so that it may be
--- kept, changed and encoded. Its Template comes with it: `template.scope` is above 0 for options
--- records. The Message it stood in comes third.
---@return fun(): table?, fixbuf.Template?, fixbuf.Message?
function File:records()
  local next_message = self:messages()
  local message = next_message()
  local next_record = message and message:records()
  return function()
    while message do
      local record, template = next_record()
      if record then
        return record, template, message
      end
      message = next_message()
      next_record = message and message:records()
    end
  end
end

return M
