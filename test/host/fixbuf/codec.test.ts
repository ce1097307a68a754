import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { abstractTypes } from "../../../src/ipfix/element.ts";
import { catLines, octetsOf, runFixbuf, startFixbuf } from "../../support/fixbuf.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { hasProgram } from "../../support/programs.ts";
import { shared } from "../../support/shared.ts";

const corpus = shared("corpus/files");
const files = corpus ? readdirSync(corpus).filter((name) => name.endsWith(".ipfix")) : [];

/** Reads every Message of a file as tables and writes it again. */
const rewrite = `
  local parts, same, records = {}, 0, 0
  local file = fixbuf.open(...)
  for message in file:messages() do
    for record in message:records() do records = records + 1 end
    parts[#parts + 1] = fixbuf.encode(message)
  end
  return table.concat(parts), records, file.damages`;

describe("corpus", () => {
  test.for(files)("open() and encode() keep all that cat shows of %s", (name) => {
    const path = join(corpus ?? "", name);
    const [octets, records, damages] = runFixbuf(rewrite, path);
    const before = catLines(readFileSync(path));
    expect(catLines(octetsOf(octets))).toEqual(before);
    expect(before.filter((line) => /"kind":"(?:data|options)"/.test(line)).length).toBe(records);
    expect(damages).toBe(0);
  });

  test.skipIf(!corpus)("the files of ../shared/corpus are there", () => {
    expect(files.length).toBeGreaterThan(5);
  });
});

const flow = `{
  sourceIPv4Address = "192.0.2.1", sourceMacAddress = "02:00:00:00:00:01",
  octetDeltaCount = 9007199254740993LL, interfaceName = ("n"):rep(300),
  flowStartNanoseconds = 1700000000123456789LL, dataRecordsReliability = true,
}`;

describe("encode()", () => {
  test("takes records without Template, and gives Messages that decode() takes apart", () => {
    const [json, count] = runFixbuf(`
      local message = fixbuf.decode(fixbuf.encode { domain = 7, records = { ${flow}, ${flow} } })
      local seen = {}
      for record, template in message:records() do
        assert(template.scope == 0 and template:contains("interfaceName"))
        seen[#seen + 1] = record
      end
      return json.encode(seen[2]), #seen`);
    expect(JSON.parse(String(json))).toMatchObject({
      sourceIPv4Address: "192.0.2.1",
      sourceMacAddress: "02:00:00:00:00:01",
      interfaceName: "n".repeat(300),
      dataRecordsReliability: true,
    });
    expect(json).toContain('"octetDeltaCount":9007199254740993');
    expect(json).toContain('"flowStartNanoseconds":170000000012345678');
    expect(count).toBe(2);
  });

  test("takes names with reduced lengths as Template, and zero for what is missing", () => {
    const [octets] = runFixbuf(`return fixbuf.encode {
      export_time = 1, sequence = 2, domain = 3,
      template = { "octetDeltaCount[4]", "sourceIPv4Address" }, records = { { octetDeltaCount = 5 } },
    }`);
    expect(Buffer.from(octetsOf(octets)).toString("hex")).toBe(
      "000a002c000000010000000200000003" +
        "0002001001000002000100040008000401000" +
        "00c0000000500000000",
    );
  });

  test.for([
    ["fixbuf.encode { records = { { octetDeltaCoun = 1 } } }", "NOELEMENT", /octetDeltaCount/],
    ["fixbuf.encode { records = { { octetDeltaCount = {} } } }", "IMPL", /a table, expected/],
    ["fixbuf.encode { records = { { sourceIPv4Address = '1.2' } } }", "IMPL", /an IPv4 address/],
    ["fixbuf.encode { records = { { httpHost = ('x'):rep(65535) } } }", "IMPL", /octets/],
    ["fixbuf.encode { sets = { { id = 300, records = {} } } }", "TMPL", /no Template 300/],
    ["fixbuf.decode('abc')", "IPFIX", /3 left/],
    ["fixbuf.open('no/such/file')", "IO", /no such file/],
  ] as const)("%s raises a failure of its code", ([call, code, message]) => {
    const [ok, raised, text] = runFixbuf(`
      local ok, problem = pcall(function() ${call} end)
      return ok, problem.code, tostring(problem)`);
    expect([ok, raised]).toEqual([false, code]);
    expect(text).toMatch(message);
  });
});

test("decode() marks options records, withdrawals and Sets without Template", () => {
  const [seen] = runFixbuf(`
    local options = fixbuf.Template(nil, { "exportingProcessId", "exportedMessageTotalCount" })
    options.scope, options.id = 1, 300
    local message = fixbuf.decode(fixbuf.encode { sets = {
      { id = 3, templates = { options, { id = 400, withdrawn = true } } },
      { id = 300, template = options, records = { { exportingProcessId = 5 } } },
      { id = 500, raw = "\\1\\2\\3\\4" },
    } })
    local seen = {}
    for record, template in message:records() do
      seen[#seen + 1] = template.scope .. ":" .. record.exportingProcessId
    end
    seen[#seen + 1] = tostring(message.sets[1].templates[2].withdrawn)
    seen[#seen + 1] = message.sets[3].problem .. ":" .. #message.sets[3].raw
    return table.concat(seen, " ")`);
  expect(seen).toBe("1:5 true set-without-template:4");
});

test("decode() gives lists as they are grouped, and encode() takes them back", () => {
  const [octets] = runFixbuf(`
    local inner = fixbuf.Template(nil, { "protocolIdentifier", "interfaceName" })
    inner.id = 300
    local outer = fixbuf.Template(nil,
      { "basicList", "subTemplateList", "subTemplateMultiList", "dnsQName" })
    outer.id = 301
    local rows = { template_id = 300, { protocolIdentifier = 6, interfaceName = "a" } }
    local record = {
      basicList = { semantic = 3, element = "dnsQName", "one", ("x"):rep(300), "" },
      subTemplateList = { semantic = 4, template = inner, template_id = 300,
        { protocolIdentifier = 17, interfaceName = "b" }, {} },
      subTemplateMultiList = { semantic = 0, rows, rows, { template_id = 999, raw = "??" } },
    }
    local octets = fixbuf.encode { export_time = 1, sets = {
      { id = 2, templates = { inner, outer } },
      { id = 301, template = outer, records = { record, {} } },
    } }
    local message = fixbuf.decode(octets)
    local lists = message.sets[2].records[1]
    assert(lists.basicList.list == "basic" and #lists.basicList[2] == 300)
    assert(lists.subTemplateList[1].interfaceName == "b")
    assert(lists.subTemplateMultiList[2][1].protocolIdentifier == 6)
    assert(lists.subTemplateMultiList[3].raw == "??")
    assert(#message.sets[2].records[2].subTemplateMultiList == 0)
    assert(fixbuf.encode(message) == octets)
    return octets`);
  const lines = catLines(octetsOf(octets));
  expect(lines.filter((line) => line.includes('"kind":"data"')).length).toBe(2);
  expect(lines.join()).toContain('"list":"stml","semantic":0,"groups":[{"template":300');
});

/** Types and, for each, a value as Lua source. */
const values: Readonly<Record<string, fc.Arbitrary<string>>> = {
  unsigned8: fc.integer({ min: 0, max: 255 }).map(String),
  unsigned16: fc.integer({ min: 0, max: 65_535 }).map(String),
  unsigned32: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(String),
  unsigned64: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map((value) => `${value}LL`),
  unsigned256: fc.bigInt({ min: 2n ** 63n, max: 2n ** 256n - 1n }).map((value) => `"${value}"`),
  signed8: fc.integer({ min: -128, max: 127 }).map(String),
  signed16: fc.integer({ min: -32_768, max: 32_767 }).map(String),
  signed32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }).map(String),
  signed64: fc.bigInt({ min: -(2n ** 62n), max: 2n ** 63n - 1n }).map((value) => `${value}LL`),
  float64: fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => `0 + ${value}`),
  boolean: fc.boolean().map(String),
  string: fc.stringMatching(/^[a-z0-9 ]{0,300}$/).map((text) => JSON.stringify(text)),
  octetArray: fc
    .uint8Array({ maxLength: 300 })
    .map(
      (octets) => `"${[...octets].map((octet) => `\\${String(octet).padStart(3, "0")}`).join("")}"`,
    ),
  ipv4Address: fc.ipV4().map((text) => `"${text}"`),
  macAddress: fc.constant('"02:00:00:00:00:ff"'),
  dateTimeSeconds: fc.integer({ min: 0, max: 2 ** 32 - 1 }).map(String),
  dateTimeMilliseconds: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map((value) => `${value}LL`),
};

test("decode() gives back what encode() took, for any fields of the user's own elements", () => {
  const { engine } = startFixbuf();
  const types = Object.keys(values).filter((type) => type in abstractTypes);
  const field = fc
    .constantFrom(...types)
    .chain((type) => fc.tuple(fc.constant(type), values[type] as fc.Arbitrary<string>));
  fc.assert(
    fc.property(fc.array(field, { minLength: 1, maxLength: 12 }), (fields) => {
      const list = fields.map(([type, value], i) => `{ "${type}", ${value}, ${i} }`).join(",");
      const [ok] = engine.run(
        `local fixbuf = require "fixbuf"
        local model, record, template = fixbuf.InfoModel(), {}, nil
        template = fixbuf.Template(model)
        for _, each in ipairs { ${list} } do
          local kind, value, i = each[1], each[2], each[3]
          local name = "own" .. i
          model:add_element(fixbuf.InfoElement { name = name, ent = 99999, id = i, type = kind })
          template:add_spec(name)
          record[name] = value
        end
        template.id = 256
        local octets = fixbuf.encode { template = template, records = { record } }
        local message = fixbuf.decoder { model = model } :decode(octets)
        local seen = message.sets[2].records[1]
        for name, value in pairs(record) do
          if seen[name] ~= value then error(name .. ": " .. tostring(seen[name])) end
        end
        return fixbuf.encode(message) == octets`,
        "test.lua",
      );
      return ok === true;
    }),
    { numRuns: 60 },
  );
});

test.skipIf(!hasProgram("ipfixDump"))(
  "ipfixDump reads what encode() wrote (needs ipfixDump)",
  () => {
    const path = join(temporaryFolder(), "flows.ipfix");
    const [octets] = runFixbuf(`return fixbuf.encode { records = { ${flow}, ${flow}, ${flow} } }`);
    writeFileSync(path, octetsOf(octets));
    const dump = spawnSync("ipfixDump", ["--in", path], { encoding: "utf8" });
    expect(dump.stderr).toBe("");
    expect(dump.stdout.match(/^--- data record/gm)?.length).toBe(3);
    expect(dump.stdout).toContain("9007199254740993");
  },
);
