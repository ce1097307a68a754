--- Writes an IPFIX file with the object API of fixbuf, then reads it back as plain tables.
-- Usage: moonfix lua examples/scripts/fixbuf-write.lua [ANY [FILE]]
local _, path = ...
path = path or os.tmpname()

local fixbuf = require "fixbuf"

-- An element of our own, which the file describes to whoever reads it (RFC 5610).
local infomodel = fixbuf.InfoModel()
infomodel:add_element(fixbuf.InfoElement {
  name = "siteName", ent = 99999, id = 1, type = "string", description = "Where the sensor stands",
})

local names = fixbuf.Template(infomodel, { "dnsQName" })
local tmpl = fixbuf.Template(infomodel, {
  "flowStartMilliseconds", "sourceIPv4Address", "octetDeltaCount", "siteName", "basicList",
  "subTemplateMultiList",
})

local session = fixbuf.Session(infomodel)
session:set_metadata_export { elements = true }
session:add_template(names, 1000)
session:add_template(tmpl, 1001)
session:set_domain(7)

local exporter = fixbuf.Exporter()
exporter:init_file(path)

local rec = fixbuf.Record(infomodel, tmpl)
local buf = fixbuf.Buffer(rec)
buf:init_export(session, exporter)
buf:set_internal_template(1001)
buf:set_export_template(1001)

for i = 1, 3 do
  rec:clear()
  rec.flowStartMilliseconds = 1700000000000 + i
  rec.sourceIPv4Address = "192.0.2." .. i
  rec.octetDeltaCount = 100 * i
  rec.siteName = "lab"
  rec.basicList = fixbuf.BL(infomodel, "destinationTransportPort", { 53, 443 })
  rec.subTemplateMultiList = fixbuf.STML { { template = names, { dnsQName = "example.org" } } }
  buf:append(rec)
end
buf:emit()
exporter:close()

for record, template in fixbuf.open(path):records() do
  if template.scope > 0 then
    print("described", record.informationElementName, record.informationElementDescription)
  else
    local ports = table.concat(record.basicList, " ")
    print(record.sourceIPv4Address, record.siteName, ports, record.subTemplateMultiList[1][1].dnsQName)
  end
end
