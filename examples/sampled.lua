-- The captures of a lab, and an exporter that samples one packet in a hundred: its counters are
-- scaled up, and a copy of everything is kept as it came.
local sampling_rate = 100

collector "router" { listen = "udp://127.0.0.1:9995" }
probe "lab" { capture = "captures/*.pcap", idle_timeout = "60 s", active_timeout = "5 m" }

mediator "scaled" {
  from = "router",
  each = function(flow)
    if flow.octetDeltaCount then
      flow.octetDeltaCount = flow.octetDeltaCount * sampling_rate
    end
    if flow.packetDeltaCount then
      flow.packetDeltaCount = flow.packetDeltaCount * sampling_rate
    end
    return flow
  end,
}

for _, source in ipairs({ "router", "lab", "scaled" }) do
  exporter("keep-" .. source) { from = source, to = "file:../var/flows/" .. source .. ".ipfix" }
end
