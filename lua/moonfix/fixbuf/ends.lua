--- The ends of a session: exporters, which take Messages, and collectors, which give them.
local failure = require "moonfix.fixbuf.failure"

local M = {}

local unpack = string.unpack

---@class fixbuf.Exporter
local Exporter = {}
Exporter.__index = Exporter

--- An exporter: `fixbuf.Exporter { file = "out.ipfix" }` or `{ host = ..., port = 4739,
--- transport = "tcp" }`, or empty until `init_file` or `init_net`.
---@param options? { file: string?, host: string?, port: integer?, transport: string?, mtu: integer?, template_refresh: number? }
---@return fixbuf.Exporter
function M.Exporter(options)
  options = options or {}
  local exporter = setmetatable({ largest = 65535, mtu = options.mtu or 1400 }, Exporter)
  -- Seconds after which UDP announces Templates again: as RFC 5153 §6.2 has it.
  exporter.template_refresh = options.template_refresh or 600
  if options.file then
    exporter:init_file(options.file)
  elseif options.host then
    exporter:init_net(options.host, options.transport or "tcp", options.port or 4739)
  end
  return exporter
end

--- Export to a file, which begins anew.
---@param path string
function Exporter:init_file(path)
  self.path, self.begun = path, false
  return self
end

--- Export to a collector; the script waits until the connection stands.
---@param host string
---@param transport "tcp"|"udp"
---@param port integer
function Exporter:init_net(host, transport, port)
  local address = { host = host, transport = transport, port = tonumber(port) }
  local socket, problem = ipfix.connect(address)
  if socket == nil then
    failure.raise("CONN", problem)
  end
  self.socket, self.datagrams = socket, transport == "udp"
  self.largest = self.datagrams and self.mtu or 65535
  return self
end

--- Give one whole Message away.
---@param octets string
function Exporter:send(octets)
  if self.socket then
    local sent, problem = ipfix.send(self.socket, octets)
    if not sent then
      failure.raise("NLWRITE", problem)
    end
    return
  elseif self.path == nil then
    failure.raise("SETUP", "Cannot export: the exporter has neither file nor socket")
  end
  local ok, problem = ipfix.write(self.path, octets, self.begun)
  if not ok then
    failure.raise("IO", problem)
  end
  self.begun = true
end

--- Nothing more is exported.
function Exporter:close()
  if self.socket then
    ipfix.close(self.socket)
  end
  self.path, self.socket = nil, nil
end

---@class fixbuf.Collector
local Collector = {}
Collector.__index = Collector

--- A collector: `fixbuf.Collector { file = "in.ipfix" }` or `{ data = octets }`, or empty until
--- `init_file`.
---@param options? { file: string?, data: string? }
---@return fixbuf.Collector
function M.Collector(options)
  local collector = setmetatable({}, Collector)
  if options and options.file then
    collector:init_file(options.file)
  elseif options and options.data then
    collector:init_data(options.data)
  end
  return collector
end

--- Collect from a file, compressed or not.
---@param path string
function Collector:init_file(path)
  local step, file = ipfix.messages(path)
  if step == nil then
    failure.raise("IO", file)
  end
  self.take = function()
    return (step(file))
  end
  return self
end

--- Collect from octets, which hold Messages one behind the other.
---@param octets string
function Collector:init_data(octets)
  local at = 1
  self.take = function()
    if at > #octets then
      return nil
    end
    local length = #octets - at >= 3 and unpack(">I2", octets, at + 2) or 0
    if length < 16 or at + length - 1 > #octets then
      failure.raise("IPFIX", "Cannot decode at byte " .. at - 1 .. ": no whole Message")
    end
    at = at + length
    return string.sub(octets, at - length, at - 1)
  end
  return self
end

--- The next Message as octets, and who sent it; nil at the end.
---@return string? octets
---@return string? peer
function Collector:receive()
  if self.take == nil then
    failure.raise("SETUP", "Cannot collect: the collector has no file")
  end
  return self.take()
end

--- Nothing more is collected.
function Collector:close()
  self.take = nil
end

return M
