import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { catLines, runFixbuf } from "../../support/fixbuf.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { hasProgram } from "../../support/programs.ts";
import { shared } from "../../support/shared.ts";

const corpus = shared("corpus/files");
const files = corpus ? readdirSync(corpus).filter((name) => name.endsWith(".ipfix")) : [];

/** A model with an element of its own, two Templates in a session, and a buffer to the file `...`. */
const exporting = `
  local path = ...
  local model = fixbuf.InfoModel()
  model:add_element(fixbuf.InfoElement { name = "siteName", ent = 99999, id = 1, type = "string" })
  local sub = fixbuf.Template(model, { "dnsQName", "octetDeltaCount[3]" })
  local flow = fixbuf.Template(model,
    { "octetTotalCount[4]", "sourceIPv4Address", "siteName", "subTemplateMultiList", "basicList" })
  local session = fixbuf.Session(model)
  session:add_template(sub, 1000)
  session:add_template(flow, 1001)
  local exporter = fixbuf.Exporter { file = path }
  local buffer = fixbuf.Buffer(fixbuf.Record(model, flow)):init_export(session, exporter)
  buffer:set_internal_template(1001)
  buffer:set_export_template(1001)
  local function append(i)
    buffer.record.octetTotalCount = i
    buffer.record.sourceIPv4Address = "192.0.2." .. i % 256
    buffer.record.siteName = "lab"
    buffer.record.basicList = fixbuf.BL(model, "destinationTransportPort", { 53, i % 65536 }, 3)
    buffer.record.subTemplateMultiList = fixbuf.STML {
      { template = sub, { dnsQName = "q" .. i, octetDeltaCount = i } },
      { template = flow, { siteName = "inner" } },
    }
    buffer:append()
  end
`;

/** As `exporting`, with `count` records written. */
const written = (count: number) =>
  `${exporting} for i = 1, ${count} do append(i) end buffer:emit() exporter:close()`;

const newPath = () => join(temporaryFolder(), "out.ipfix");

describe("Buffer", () => {
  test("append() and next() carry records, lists and Templates through a file", () => {
    const [seen] = runFixbuf(
      `${written(2500)}
      local fresh = fixbuf.Session(model)
      local reader = fixbuf.Buffer { auto = true }
      reader:init_collection(fresh, fixbuf.Collector { file = path })
      local count = 0
      for record, template in reader:records() do
        count = count + 1
        assert(template.id == 1001 and record.octetTotalCount == count and #record == 5)
        assert(record[2] == "192.0.2." .. count % 256 and record.siteName == "lab")
        local first, second = record.subTemplateMultiList[1], record.subTemplateMultiList[2]
        assert(first.template_id == 1000 and first[1].dnsQName == "q" .. count)
        assert(first[1].octetDeltaCount == count and second[1].siteName == "inner")
        assert(record.basicList[2] == count % 65536 and record.basicList.semantic == 3)
      end
      local ok, problem = pcall(reader.next, reader)
      return count .. problem.code`,
      newPath(),
    );
    expect(seen).toBe("2500EOF");
  });

  test("emit() counts sequences and keeps Messages below 65 535 octets", () => {
    const path = newPath();
    runFixbuf(written(2500), path);
    const lines = catLines(readFileSync(path)).map((line) => JSON.parse(line));
    const data = lines.filter(({ kind }) => kind === "data");
    const sequences = [...new Set(data.map(({ seq }) => seq))];
    expect(sequences.length).toBeGreaterThan(1);
    for (const seq of sequences) expect(data[seq]).toMatchObject({ seq });
    expect(lines.filter(({ kind }) => kind === "template").length).toBe(2);
  });

  test("an internal Template takes what it names: missing is zero, reduced is widened", () => {
    const [json] = runFixbuf(
      `${written(1)}
      local wanted = fixbuf.Template(model,
        { "octetTotalCount", "destinationIPv6Address", "siteName", "flowEndReason", "sourceMacAddress",
          "dataRecordsReliability", "subTemplateList", "absoluteError" })
      local fresh = fixbuf.Session(model)
      fresh:add_internal_template(wanted, 500)
      local reader = fixbuf.Buffer(fixbuf.Record(model, wanted))
      reader:init_collection(fresh, fixbuf.Collector { file = path })
      reader:set_internal_template(500)
      return reader:next():json()`,
      newPath(),
    );
    expect(JSON.parse(String(json))).toEqual({
      octetTotalCount: 1,
      destinationIPv6Address: "::",
      siteName: "lab",
      flowEndReason: 0,
      sourceMacAddress: "00:00:00:00:00:00",
      dataRecordsReliability: false,
      subTemplateList: { list: "stl", semantic: 255, records: [] },
      absoluteError: 0,
    });
  });

  test("template pairs choose the lists, and the Templates of their records", () => {
    const [seen] = runFixbuf(
      `${written(1)}
      local function read(prepare)
        local fresh = fixbuf.Session(model)
        local reader = fixbuf.Buffer { auto = true }
        reader:init_collection(fresh, fixbuf.Collector { file = path })
        prepare(fresh)
        local list = reader:next().subTemplateMultiList
        local names = {}
        for entry in list:entries() do
          for name, value in pairs(entry[1]:as_table()) do
            names[#names + 1] = entry.template_id .. name
          end
        end
        table.sort(names)
        return table.concat(names, " ")
      end
      local small = fixbuf.Template(model, { "octetDeltaCount" })
      return {
        read(function() end),
        read(function(s) s:add_internal_template(small, 700) s:add_template_pair(1000, 700) end),
        read(function(s) s:add_template_pair(1000, 0) end),
      }`,
      newPath(),
    );
    const all =
      "1000dnsQName 1000octetDeltaCount 1001basicList 1001octetTotalCount 1001siteName " +
      "1001sourceIPv4Address 1001subTemplateMultiList";
    expect((seen as { toArray(): unknown[] }).toArray()).toEqual([all, "700octetDeltaCount", ""]);
  });

  test("callbacks, decode_only(), ignore_templates(), EOM and next_template()", () => {
    const [seen] = runFixbuf(
      `${exporting} append(1) buffer:emit() append(2)
      buffer:set_export_template(1000) buffer:append { dnsQName = "x" } buffer:emit()
      local seen = {}
      local function reader(prepare)
        local fresh = fixbuf.Session(model)
        prepare(fresh)
        return fixbuf.Buffer():init_collection(fresh, fixbuf.Collector { file = path })
      end
      local first = reader(function(s)
        s:add_template_callback(function(_, template) seen[#seen + 1] = template.id end)
      end)
      first:set_automatic(false)
      local coming = first:next_template().id
      seen[#seen + 1] = coming
      seen[#seen + 1] = first:next().octetTotalCount
      seen[#seen + 1] = select(2, pcall(first.next, first)).code
      for record in first:records() do seen[#seen + 1] = #record end
      for record in reader(function(s) s:decode_only { 1000 } end):records() do
        seen[#seen + 1] = record.dnsQName
      end
      local n = 0
      for _ in reader(function(s) s:ignore_templates { 1000 } end):records() do n = n + 1 end
      seen[#seen + 1] = n
      return table.concat(seen, " ")`,
      newPath(),
    );
    expect(seen).toBe("1000 1001 1001 1 EOM 5 2 x 2");
  });

  test("metadata export describes elements, and auto_insert() learns them", () => {
    const [seen] = runFixbuf(
      `${exporting} session:set_metadata_export { elements = true } append(1) buffer:emit()
      local other = fixbuf.InfoModel()
      local reader = fixbuf.Buffer { auto = true }
      reader:init_collection(fixbuf.Session(other), fixbuf.Collector { file = path })
      reader:auto_insert()
      reader:ignore_options()
      local record = reader:next()
      return record.siteName .. " " .. other:get_element("siteName").ent`,
      newPath(),
    );
    expect(seen).toBe("lab 99999");
  });

  test.skipIf(!hasProgram("ipfixDump"))(
    "ipfixDump reads what append() wrote (needs ipfixDump)",
    () => {
      const path = newPath();
      const meta = "session:set_metadata_export { elements = true }";
      runFixbuf(written(700).replace("for i", `${meta} for i`), path);
      const dump = spawnSync("ipfixDump", ["--in", path], { encoding: "utf8", maxBuffer: 1e8 });
      expect(dump.stderr).toBe("");
      // One more describes the element; those in lists stand further in.
      expect(dump.stdout.match(/^--- (?:options )?data record/gm)?.length).toBe(701);
    },
  );
});

test.for(files)("records of %s go through Buffers unchanged", (name) => {
  const [count] = runFixbuf(
    `local path = ...
    local session = fixbuf.Session()
    local reader = fixbuf.Buffer { auto = true }
    reader:init_collection(session, fixbuf.Collector { file = path })
    local plain = fixbuf.open(path):records()
    local count = 0
    for record, template in reader:records() do
      local values = plain()
      for _, field in ipairs(template.fields) do
        local one, other = record[field.name], values[field.name]
        assert(one == other or type(one) == "table" and #one == #other, field.name)
      end
      count = count + 1
    end
    assert(plain() == nil)
    return count`,
    join(corpus ?? "", name),
  );
  expect(count).toBeGreaterThan(0);
});

test.for([
  ["fixbuf.Buffer():next()", "SETUP"],
  ["fixbuf.Buffer():append {}", "SETUP"],
  ["fixbuf.Collector { data = 'abc' }:receive()", "IPFIX"],
  ["fixbuf.Collector { file = 'no/such' }", "IO"],
  ["fixbuf.Session():get_template(256)", "TMPL"],
  ["fixbuf.Session():add_template(fixbuf.Template(), 3)", "TMPL"],
  ["fixbuf.Record(nil, fixbuf.Template(nil, { 'octetDeltaCount' })).other = 1", "NOELEMENT"],
  ["fixbuf.InfoModel():get_element { 99999, 1 }", "NOELEMENT"],
  ["fixbuf.InfoElement { name = 'x', id = 1, type = 'y' }", "NOELEMENT"],
] as const)("%s raises %s", ([call, code]) => {
  const [ok, raised] = runFixbuf(
    `local ok, problem = pcall(function() local _ = nil; ${call.includes(" = 1") ? call : `_ = ${call}`} end)
    return ok, problem.code`,
  );
  expect([ok, raised]).toEqual([false, code]);
});
