--- IPFIX for scripts, with the names of libfixbuf and pyfixbuf: `local fixbuf = require "fixbuf"`.
local codec = require "moonfix.fixbuf.codec"
local failure = require "moonfix.fixbuf.failure"
local file = require "moonfix.fixbuf.file"
local model = require "moonfix.fixbuf.model"
local template = require "moonfix.fixbuf.template"

local M = {
  VARLEN = model.VARLEN,
  CERT_PEN = model.CERT_PEN,
  REVERSE_PEN = model.REVERSE_PEN,
  --- What each code of a failure means.
  errors = failure.codes,
  open = file.open,
  decoder = codec.decoder,
  encode = codec.encode,
  InfoElement = model.InfoElement,
  InfoElementSpec = model.InfoElementSpec,
  InfoModel = model.InfoModel,
  Template = template.new,
}

--- Decode one Message that brings its Templates with it.
---@param octets string
---@return fixbuf.Message
function M.decode(octets)
  return codec.decoder():decode(octets)
end

return M
