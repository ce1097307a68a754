--- What can go wrong, as tables `{ code = ..., message = ... }` that `error` raises: the codes are
--- those of libfixbuf without their `FB_ERROR_`.
local M = {}

local Failure = {}
Failure.__index = Failure

function Failure:__tostring()
  return self.message
end

--- What each code means.
M.codes = {
  TMPL = "a Template is missing, or is not what it should be",
  EOM = "the Message has no more records",
  EOF = "there are no more Messages",
  IPFIX = "octets are no IPFIX, or a Message is damaged",
  BUFSZ = "something does not fit into one Message",
  IMPL = "a value is none of its element's type",
  IO = "a file or socket failed",
  NLREAD = "no Message came in time, or nobody listens any more",
  NLWRITE = "the other end does not take Messages any more",
  NOELEMENT = "the model has no such element",
  CONN = "a connection could not be made",
  SETUP = "something was used before it was ready",
}

--- Raise a failure.
---@param code string one of `codes`
---@param message string a sentence without full stop
function M.raise(code, message)
  error(setmetatable({ code = code, message = message }, Failure), 0)
end

--- The results of a call, or a failure of `code` with the reason that it raised.
---@param code string
function M.translate(code, ok, ...)
  if ok then
    return ...
  end
  local problem = ...
  if type(problem) == "table" and getmetatable(problem) == Failure then
    error(problem, 0)
  end
  local message = type(problem) == "userdata" and problem.message or tostring(problem)
  M.raise(code, message)
end

return M
