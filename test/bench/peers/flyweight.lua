--- The mediator in LuaJIT with ffi: a flyweight record over the octets, written in place.
local ffi = require("ffi")
local bit = require("bit")
local path, mode, seconds = ...
local file = assert(io.open(path, "rb"))
local data = file:read("*a")
file:close()

local record_bytes = 0
local offsets, lengths = {}, {}
for line in io.lines(path .. ".fields") do
  local name, length = line:match("^(%w+) (%d+)$")
  offsets[name], lengths[name] = record_bytes, tonumber(length)
  record_bytes = record_bytes + tonumber(length)
end

local octets = ffi.new("uint8_t[?]", #data)
local out = ffi.new("uint8_t[?]", #data)
local at, out_end = 0, 0
local bor, lshift, rshift, bswap = bit.bor, bit.lshift, bit.rshift, bit.bswap

local function read(place, length)
  if length == 8 then
    return bswap(ffi.cast("uint64_t *", octets + place)[0])
  elseif length == 4 then
    return ffi.cast("uint32_t", bswap(ffi.cast("int32_t *", octets + place)[0]))
  elseif length == 2 then
    return bor(lshift(octets[place], 8), octets[place + 1])
  end
  return octets[place]
end

local function write(place, length, value)
  if length == 8 then
    ffi.cast("uint64_t *", octets + place)[0] = bswap(ffi.cast("uint64_t", value))
  else
    for i = length - 1, 0, -1 do
      octets[place + i] = value % 256
      value = rshift(value, 8)
    end
  end
end

local flow = setmetatable({}, {
  __index = function(_, name)
    return read(at + offsets[name], lengths[name])
  end,
  __newindex = function(_, name, value)
    write(at + offsets[name], lengths[name], value)
  end,
})

local function emit()
  ffi.copy(out + out_end, octets + at, record_bytes)
  out_end = out_end + record_bytes
end

local function each(record)
  if record.destinationTransportPort == 443 then
    record.octetDeltaCount = record.octetDeltaCount * 2
    emit()
  end
end

local function run()
  ffi.copy(octets, data, #data)
  out_end = 0
  for place = 0, #data - 1, record_bytes do
    at = place
    each(flow)
  end
end

if mode == "verify" then
  run()
  io.write(ffi.string(out, out_end))
else
  local best = math.huge
  local stop = os.clock() + tonumber(seconds)
  while os.clock() < stop do
    local start = os.clock()
    for _ = 1, 20 do
      run()
    end
    best = math.min(best, (os.clock() - start) / 20)
  end
  print(best * 1e9 / (#data / record_bytes))
end
