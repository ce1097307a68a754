--- Listeners: Messages from the network. Whoever calls waits, while other scripts go on.
local buffer_of = require "moonfix.fixbuf.buffer"
local failure = require "moonfix.fixbuf.failure"

local M = {}

---@class fixbuf.Listener
---@field port integer
---@field session fixbuf.Session
---@field private ready fixbuf.Source[] those that sent, and that nobody took yet
local Listener = {}
Listener.__index = Listener

--- Listen: `fixbuf.Listener { session = session, host = "127.0.0.1", port = 4739,
--- transport = "udp" }`, or in pyfixbuf's order. `timeout` is for how many seconds a buffer waits
--- for a Message; `on_connect(peer)` may refuse a peer by returning false.
---@return fixbuf.Listener
function M.new(session, host, transport, port)
  local options = session
  if host ~= nil then
    options = { session = session, host = host, transport = transport, port = port }
  end
  local kind = options.transport or "tcp"
  local address = { host = options.host or "127.0.0.1", transport = kind }
  address.port = tonumber(options.port or 4739)
  local socket, bound = ipfix.listen(address)
  if socket == nil then
    failure.raise("CONN", bound)
  end
  return setmetatable({
    session = options.session, socket = socket, port = bound, datagrams = kind == "udp",
    timeout = options.timeout, on_connect = options.on_connect, sources = {},
    ready = {},
  }, Listener)
end

-- Messages that wait at one source while a script reads from another.
local most_waiting = 256

-- Where Messages of one connection wait, or those of all peers of UDP.
---@class fixbuf.Source
---@field lost integer Messages that came while too many waited
local Source = {}
Source.__index = Source

local function source_for(listener, peer)
  local key = listener.datagrams and "" or peer
  local source = listener.sources[key]
  if source == nil then
    source = setmetatable({ listener = listener, key = key, first = 1, last = 0, lost = 0 }, Source)
    source.refused = not listener.datagrams and listener.on_connect
      and listener.on_connect(peer) == false
    listener.sources[key] = source
  end
  return source
end

-- Take what comes next and lay it at its source; false when nothing came in time.
local function pump(listener, timeout)
  if listener.socket == nil then
    failure.raise("NLREAD", "Cannot listen: the listener is closed")
  end
  local octets, peer = ipfix.receive(listener.socket, timeout)
  if octets == nil then
    return false
  elseif listener.datagrams and listener.on_connect and listener.on_connect(peer) == false then
    return true
  end
  local source = source_for(listener, peer)
  if octets == "" then
    source.ended = true
    -- The same address and port may connect anew.
    listener.sources[source.key] = nil
  elseif source.overrun or source.last - source.first >= most_waiting then
    -- A buffer that nobody reads does not hold up the others. What follows in a connection is lost,
    -- too: it may need Templates that were.
    source.overrun = not listener.datagrams
    source.lost = source.lost + 1
  elseif not source.refused then
    source.last = source.last + 1
    source[source.last] = { octets, peer }
    if source.last == 1 then
      listener.ready[#listener.ready + 1] = source
    end
  end
  return true
end

function Source:receive()
  while self.first > self.last do
    if self.ended then
      return nil
    elseif not pump(self.listener, self.listener.timeout) then
      failure.raise("NLREAD", "Cannot go on: no Message came in time")
    end
  end
  local octets, peer = unpack(self[self.first])
  self[self.first] = nil
  self.first = self.first + 1
  return octets, peer, self.listener.datagrams
end

--- Wait for the next connection that sends, or over UDP for the first datagram: its records are in
--- the buffer. When nothing comes in time there is a failure `NLREAD`.
---@param timeout number? seconds; the listener's own when not given
---@return fixbuf.Buffer
function Listener:wait(timeout)
  while #self.ready == 0 do
    if not pump(self, timeout or self.timeout) then
      failure.raise("NLREAD", "Cannot go on: nothing came in time")
    end
  end
  return buffer_of.new():init_collection(self.session, table.remove(self.ready, 1))
end

--- Listen no more.
function Listener:close()
  if self.socket then
    ipfix.close(self.socket)
    self.socket = nil
  end
end

return M
