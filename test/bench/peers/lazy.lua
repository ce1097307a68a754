--- The mediator in plain Lua 5.4: a flyweight record over string.unpack, patched when it leaves.
local path, mode, seconds = ...
local file = assert(io.open(path, "rb"))
local data = file:read("a")
file:close()

local at = 1
local record_bytes = 0
local offsets, formats, lengths = {}, {}, {}
for line in io.lines(path .. ".fields") do
  local name, length = line:match("^(%w+) (%d+)$")
  length = math.tointeger(tonumber(length))
  offsets[name], lengths[name] = record_bytes, length
  formats[name] = ">I" .. length
  record_bytes = record_bytes + length
end

local pack, sub, unpack = string.pack, string.sub, string.unpack
local changed
local flow = setmetatable({}, {
  __index = function(_, name)
    return (unpack(formats[name], data, at + offsets[name]))
  end,
  __newindex = function(_, name, value)
    changed = changed or {}
    changed[name] = value
  end,
})

local out = {}
local function emit()
  local record = sub(data, at, at + record_bytes - 1)
  for name, value in pairs(changed or {}) do
    local offset = offsets[name]
    record = sub(record, 1, offset)
      .. pack(formats[name], value)
      .. sub(record, offset + lengths[name] + 1)
  end
  out[#out + 1] = record
end

local function each(record)
  if record.destinationTransportPort == 443 then
    record.octetDeltaCount = record.octetDeltaCount * 2
    emit()
  end
end

local function run()
  out = {}
  at = 1
  while at <= #data do
    changed = nil
    each(flow)
    at = at + record_bytes
  end
  return table.concat(out)
end

if mode == "verify" then
  io.write(run())
else
  local best = math.huge
  local stop = os.clock() + tonumber(seconds)
  while os.clock() < stop do
    local start = os.clock()
    for _ = 1, 5 do
      run()
    end
    best = math.min(best, (os.clock() - start) / 5)
  end
  print(best * 1e9 / (#data // record_bytes))
end
