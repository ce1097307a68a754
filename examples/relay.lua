-- Receive over UDP, keep what matters, and pass it on over TCP: a mediator (RFC 6183).
local kept_ports = { [22] = true, [80] = true, [443] = true }

collector "campus" { listen = "udp://127.0.0.1:2055" }

mediator "services" {
  from = "campus",
  each = function(flow)
    if kept_ports[flow.destinationTransportPort] or kept_ports[flow.sourceTransportPort] then
      return flow
    end
  end,
}

exporter "siem" { from = "services", to = "tcp://127.0.0.1:4740" }
