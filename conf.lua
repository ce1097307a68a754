-- moonfix runs this file. Save it and the change is live: what is new starts, what is gone stops,
-- and everything else runs on. A mistake is refused and named; `moonfix check` shows it beforehand.

-- Other exporters can send IPFIX here.
collector "edge" {
  listen = { "udp://127.0.0.1:4739", "tcp://127.0.0.1:4739" },
}

-- Captures are metered into flows when the daemon starts.
probe "lab" {
  capture = "examples/captures/*.pcap",
}

-- A mediator sees every record, may change it, and drops those it does not return.
mediator "quiet" {
  from = { "edge", "lab" },
  each = function(flow)
    if flow.destinationTransportPort == 53 then
      return nil -- name lookups are not kept
    end
    return flow
  end,
}

-- What the mediator keeps; the file begins anew with each start of the daemon.
exporter "latest" {
  from = "quiet",
  to = "file:var/flows/latest.ipfix",
  append = false,
}

-- What came over the network, as it came, for good: `npx moonfix cat` shows both.
exporter "archive" {
  from = "edge",
  to = "file:var/flows/archive.ipfix",
}

-- Try it: take the dashes away and save.
-- exporter "siem" { from = "quiet", to = "tcp://127.0.0.1:4740" }

api { listen = "127.0.0.1:8739" }
log { level = "info" }
