-- Collect IPFIX from the network into one file.
collector "edge" {
  listen = { "udp://127.0.0.1:4739", "tcp://127.0.0.1:4739" },
}

exporter "archive" {
  from = "edge",
  to = "file:var/flows/edge.ipfix",
}
