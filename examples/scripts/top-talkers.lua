--- The hosts that sent and received most in an IPFIX file.
-- Usage: moonfix lua examples/scripts/top-talkers.lua FILE [ROWS]
local path, rows = ...
rows = tonumber(rows) or 10

local octets = {}

local function count(host, amount)
  octets[host] = (octets[host] or 0) + amount
end

local result, problem = ipfix.read(path, function(flow)
  local forward = flow.octetTotalCount or flow.octetDeltaCount or 0
  local reverse = flow.reverseOctetTotalCount or flow.reverseOctetDeltaCount or 0
  count(flow.sourceIPv4Address or flow.sourceIPv6Address, forward + reverse)
  count(flow.destinationIPv4Address or flow.destinationIPv6Address, forward + reverse)
end)
if not result then
  error(problem, 0)
end

local hosts = {}
for host in pairs(octets) do
  hosts[#hosts + 1] = host
end
table.sort(hosts, function(a, b)
  return octets[a] > octets[b] or (octets[a] == octets[b] and a < b)
end)

print(string.format("%-40s %12s", "host", "octets"))
for i = 1, math.min(rows, #hosts) do
  print(string.format("%-40s %12d", hosts[i], octets[hosts[i]]))
end
