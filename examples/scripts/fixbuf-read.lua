--- Reads an IPFIX file with the object API of fixbuf, line by line as a pyfixbuf script would.
-- Usage: moonfix lua examples/scripts/fixbuf-read.lua FILE [ROWS]
local path, rows = ...
rows = tonumber(rows) or 10

local fixbuf = require "fixbuf"

-- What the script wants to see, whatever stands in the file: what a record lacks is zero.
local infomodel = fixbuf.InfoModel()
local tmpl = fixbuf.Template(infomodel)
tmpl:add_spec_list {
  fixbuf.InfoElementSpec "flowStartMilliseconds",
  fixbuf.InfoElementSpec "sourceIPv4Address",
  fixbuf.InfoElementSpec "destinationIPv4Address",
  fixbuf.InfoElementSpec "destinationTransportPort",
  fixbuf.InfoElementSpec("octetTotalCount", 4),
}

local session = fixbuf.Session(infomodel)
session:add_internal_template(tmpl, 999)
session:add_template_callback(function(_, template)
  print(string.format("template %d of %d fields", template.id, #template))
end)

local collector = fixbuf.Collector()
collector:init_file(path)

local rec = fixbuf.Record(infomodel, tmpl)
local buf = fixbuf.Buffer(rec)
buf:init_collection(session, collector)
buf:set_internal_template(999)
buf:ignore_options()

local count, octets = 0, 0
for data in buf:records() do
  count = count + 1
  octets = octets + data.octetTotalCount
  if count <= rows then
    local from, to = data.sourceIPv4Address, data.destinationIPv4Address
    print(string.format("%-15s -> %s:%d", from, to, data.destinationTransportPort))
  end
end
print(count .. " flows, " .. octets .. " octets")
