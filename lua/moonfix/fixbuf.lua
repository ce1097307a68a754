--- IPFIX for scripts, with the names of libfixbuf and pyfixbuf: `local fixbuf = require "fixbuf"`.
local buffer = require "moonfix.fixbuf.buffer"
local codec = require "moonfix.fixbuf.codec"
local ends = require "moonfix.fixbuf.ends"
local failure = require "moonfix.fixbuf.failure"
local file = require "moonfix.fixbuf.file"
local lists = require "moonfix.fixbuf.lists"
local listener = require "moonfix.fixbuf.listener"
local model = require "moonfix.fixbuf.model"
local record = require "moonfix.fixbuf.record"
local session = require "moonfix.fixbuf.session"
local template = require "moonfix.fixbuf.template"
local type_info = require "moonfix.fixbuf.type_info"

local M = {
  VARLEN = model.VARLEN,
  CERT_PEN = model.CERT_PEN,
  REVERSE_PEN = model.REVERSE_PEN,
  --- CERT's elements are in every model; pyfixbuf's scripts ask for them.
  cert = { add_elements_to_model = function() end },
  --- What each code of a failure means.
  errors = failure.codes,
  open = file.open,
  decoder = codec.decoder,
  encode = codec.encode,
  InfoElement = model.InfoElement,
  InfoElementSpec = model.InfoElementSpec,
  InfoModel = model.InfoModel,
  Template = template.new,
  Session = session.new,
  Record = record.new,
  BL = lists.BL,
  STL = lists.STL,
  STML = lists.STML,
  Exporter = ends.Exporter,
  Collector = ends.Collector,
  Listener = listener.new,
  Buffer = buffer.new,
  type_template = type_info.template,
}

--- Decode one Message that brings its Templates with it.
---@param octets string
---@return fixbuf.Message
function M.decode(octets)
  return codec.decoder():decode(octets)
end

return M
