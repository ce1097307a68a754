--- Who tried many ports of one host: a port scan, as JSON lines.
-- Usage: moonfix lua examples/scripts/scans.lua FILE [PORTS]
local path, least = ...
least = tonumber(least) or 20

local tried = {}

local result, problem = ipfix.read(path, function(flow)
  if flow.protocolIdentifier ~= 6 then
    return
  end
  local from = flow.sourceIPv4Address or flow.sourceIPv6Address
  local to = flow.destinationIPv4Address or flow.destinationIPv6Address
  local pair = from .. " > " .. to
  local scan = tried[pair]
  if not scan then
    scan = { from = from, to = to, ports = 0, seen = {} }
    tried[pair] = scan
  end
  if not scan.seen[flow.destinationTransportPort] then
    scan.seen[flow.destinationTransportPort] = true
    scan.ports = scan.ports + 1
  end
end)
if not result then
  error(problem, 0)
end

local found = 0
for _, scan in pairs(tried) do
  if scan.ports >= least then
    found = found + 1
    print(json.encode({ from = scan.from, to = scan.to, ports = scan.ports }))
  end
end
print(string.format("%d scans of %d ports or more", found, least))
