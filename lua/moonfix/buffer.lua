--- LuaJIT's string buffers (`require "string.buffer"`): text put together piece by piece.
local M = {}

---@class moonfix.Buffer
---@field private pieces string[]
---@field private length integer
local Buffer = {}
Buffer.__index = Buffer

local concat, format, sub = table.concat, string.format, string.sub

--- An empty buffer; the sizes that LuaJIT takes are hints, and are ignored.
---@return moonfix.Buffer
function M.new()
  return setmetatable({ pieces = {}, length = 0 }, Buffer)
end

--- Add strings, numbers and objects that know their text.
---@return moonfix.Buffer
function Buffer:put(...)
  local pieces = self.pieces
  for i = 1, select("#", ...) do
    local piece = select(i, ...)
    local kind = type(piece)
    local metatable = kind == "table" and getmetatable(piece)
    if kind ~= "string" and kind ~= "number" and not (metatable and metatable.__tostring) then
      error(format("bad argument #%d to 'put' (string expected, got %s)", i, kind), 2)
    end
    piece = tostring(piece)
    pieces[#pieces + 1] = piece
    self.length = self.length + #piece
  end
  return self
end

--- Add text as `string.format` makes it.
---@param text string
---@return moonfix.Buffer
function Buffer:putf(text, ...)
  return self:put(format(text, ...))
end

--- Replace what is there by `text`.
---@param text string
---@return moonfix.Buffer
function Buffer:set(text)
  return self:reset():put(text)
end

--- Forget everything.
---@return moonfix.Buffer
function Buffer:reset()
  self.pieces, self.length = {}, 0
  return self
end
Buffer.free = Buffer.reset

--- All text; it stays in the buffer.
---@return string
function Buffer:tostring()
  local text = concat(self.pieces)
  self.pieces = { text }
  return text
end
Buffer.__tostring = Buffer.tostring

--- `#` of a buffer: the VM does not ask for `__len`, which tables of LuaJIT do not have.
Buffer["\1_len"] = function(buffer)
  return buffer.length
end

function Buffer.__concat(a, b)
  return tostring(a) .. tostring(b)
end

--- Leave out the first `length` octets.
---@param length integer
---@return moonfix.Buffer
function Buffer:skip(length)
  return self:set(sub(self:tostring(), length + 1))
end

--- Take octets from the front: as many as each number says, everything without one.
---@return string ...
function Buffer:get(...)
  local text, taken, at = self:tostring(), {}, 1
  local count = select("#", ...)
  if count == 0 then
    self:reset()
    return text
  end
  for i = 1, count do
    local length = select(i, ...) or #text
    taken[i] = sub(text, at, at + length - 1)
    at = at + #taken[i]
  end
  self:set(sub(text, at))
  return unpack(taken, 1, count)
end

local function unavailable(name)
  return function()
    error(name .. " is not available on this engine", 2)
  end
end

M.encode, M.decode = unavailable("encode"), unavailable("decode")
Buffer.encode, Buffer.decode = M.encode, M.decode

return M
