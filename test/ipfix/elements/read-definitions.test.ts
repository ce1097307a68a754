import fc from "fast-check";
import { expect, test } from "vitest";
import { ConfigError } from "../../../src/errors.ts";
import { readDefinitions } from "../../../src/ipfix/elements/read-definitions.ts";
import { limits } from "../../../src/limits.ts";

const read = (text: string, pen = 0) => readDefinitions(text, { name: "acme", pen });

const latency = {
  name: "acmeLatency",
  pen: 32_473,
  id: 1,
  type: "unsigned32",
  semantics: "quantity",
  units: "milliseconds",
};

test("readDefinitions() reads our CSV", () => {
  const text =
    "name,pen,id,type,semantics,units\nacmeLatency,32473,1,unsigned32,quantity,milliseconds";
  expect(read(text)).toEqual([{ ...latency, where: "acme:2" }]);
});

test("readDefinitions() reads IANA's CSV: quoted cells, lines within them, and free numbers", () => {
  const text = `\ufeffElementID,Name,Abstract Data Type,Data Type Semantics,Description,Units\r
1,acmeLatency,unsigned32,quantity,"Some ""time"", in\r
two lines",milliseconds\r
2-100,Unassigned,,,,\r
\r
101,acmeHost,string,default,,\r
`;
  const host = { name: "acmeHost", pen: 32_473, id: 101, type: "string", semantics: "default" };
  expect(read(text, 32_473)).toEqual([
    { ...latency, where: "acme:2" },
    { ...host, units: "", where: "acme:6" },
  ]);
});

const record = `<record date="2026-11-27">
  <name>acmeLatency</name><dataType>unsigned32</dataType><!-- <name>x</name> -->
  <dataTypeSemantics>quantity</dataTypeSemantics>
  <cert:enterpriseId>32473</cert:enterpriseId><elementId>1</elementId>
  <description><paragraph>A &lt;time&#62; of <name>nobody</name> &amp; <![CDATA[<name>]]></paragraph></description>
  <units>milliseconds</units>
</record>`;

test("readDefinitions() reads XML as IANA and CERT have it", () => {
  const free = "<record><value>5</value><name>no element</name></record>";
  const range = "<record><name>Unassigned</name><elementId>2-5</elementId></record>";
  const text = `<?xml version="1.0"?>\n<registry xmlns:cert='x'>${free}${range}\n${record}</registry>\n`;
  expect(read(text)).toEqual([{ ...latency, where: "acme:3" }]);
});

const bomb = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;">]>
<registry>&b;</registry>`;
const outside = `<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]><r>&x;</r>`;

test.for([
  ["a bomb of entities", bomb, "syntax", "acme:1: Cannot read the XML: a document type"],
  ["an entity of another file", outside, "syntax", "a document type, expected none"],
  ["an unknown entity", "<r>&b;</r>", "syntax", "the entity &b;"],
  ["an entity without end", "<r>\n&amp </r>", "syntax", "acme:2: Cannot read the XML: the entity"],
  ["a character that does not exist", "<r>&#x110000;</r>", "syntax", "the entity"],
  ["elements that cross", "<r><a></r></a>", "syntax", "</r>, expected </a>"],
  ["an element that does not end", "<r><a></a>", "syntax", "it ends within <r>"],
  ["two outermost elements", "<r/><r/>", "syntax", "one outermost element"],
  ["nothing", "<!-- -->", "syntax", "one outermost element"],
  ["text outside", "<r/>text", "syntax", "outside of the outermost"],
  ["a comment that does not end", "<r><!-- </r>", "syntax", "no -->"],
  ["an attribute without quotes", "<r a=b/>", "syntax", "a tag that is none"],
  ["an unfinished tag", "<r", "syntax", "a tag that is none"],
  ["a hundred thousand elements in one another", "<r>".repeat(100_000), "limit", "more than 32"],
  [
    "a number that is none",
    record.replace(">1<", ">one<"),
    "bad-value",
    '"one" is no whole number',
  ],
  ["CSV without types", "name,id\na,1", "missing", 'no column "type"'],
  ["a misspelt column", "name,id,typ\na,1,string", "missing", '"typ" may be meant'],
  ["an empty file", "", "missing", 'no column "name"'],
  ["a quote that does not end", 'name,id,type\n"a,1,string', "syntax", "acme:2: Cannot read"],
  ["a quote within a cell", 'name,id,type\na"b,1,string', "syntax", "acme:2: Cannot read"],
  ["a huge file", " ".repeat(limits.elementFileCharacters + 1), "limit", "more than 8388608"],
] as const)("readDefinitions() refuses %s", ([, text, code, message]) => {
  expect(() => read(text)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(message) }),
  );
});

test.for([
  ["spaces in a tag", `<r ${" ".repeat(2_000_000)}`],
  ["attributes", `<r ${'a="" '.repeat(400_000)}`],
  ["ampersands", `<r>${"&amp;".repeat(400_000)}`],
  ["elements on one line", `<r>${"<a/>".repeat(400_000)}`],
  ["quotes", `name,id,type\n"${'""'.repeat(1_000_000)}`],
  ["cells", `name,id,type\n${",".repeat(2_000_000)}`],
] as const)("readDefinitions() takes no longer than the file is long for %s", ([, text]) => {
  // Anything but linear work would take minutes: the runner's time limit is the assertion.
  try {
    read(text);
  } catch (error) {
    expect(error).toBeInstanceOf(ConfigError);
  }
});

test("readDefinitions() gives definitions or a ConfigError for any text", () => {
  const piece = fc.constantFrom(
    "<",
    ">",
    "/",
    "record",
    "<record>",
    "</record>",
    '"',
    ",",
    "\n",
    "&",
    ";",
    "<name>",
    "</name>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "name,id,type",
    "a",
    "1",
    "=",
    " ",
  );
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 30 }), fc.boolean(), (pieces, asXml) => {
      try {
        expect(read((asXml ? "<" : "") + pieces.join(""))).toBeInstanceOf(Array);
      } catch (error) {
        expect(error).toBeInstanceOf(ConfigError);
      }
    }),
    { numRuns: 2_000 },
  );
});
