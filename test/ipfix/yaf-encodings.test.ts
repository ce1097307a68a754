import { expect, test } from "vitest";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import type { Template } from "../../src/ipfix/template.ts";
import { hex } from "../support/hex.ts";
import { batchOf, templateOf } from "../support/ipfix.ts";
import { messagesOf } from "../support/network.ts";

/** A basicList of httpHost with "example.com". */
const hosts = "15 03 8075 ffff 00001ad7 0b 6578616d706c652e636f6d";
const listed = { list: "basic", element: "httpHost", values: ["example.com"] };

/** How YAF has told of what it found in a flow's payload, over the years. */
const encodings = [
  {
    name: "YAF 2, in lists without a name",
    flow: templateOf(257, ["sourceIPv4Address", "subTemplateMultiList"]),
    inner: templateOf(260, ["basicList"]),
    record: `0a000001 1b 03 0104 001a ${hosts}`,
    fields: {
      subTemplateMultiList: {
        list: "stml",
        groups: [{ template: 260, records: [{ basicList: listed }] }],
      },
    },
  },
  {
    name: "YAF 3, in lists with names",
    flow: templateOf(257, ["sourceIPv4Address", "yafDPIList"]),
    inner: templateOf(258, ["httpHostList"]),
    record: `0a000001 19 03 0102 ${hosts}`,
    fields: {
      yafDPIList: { list: "stl", template: 258, records: [{ httpHostList: listed }] },
    },
  },
  {
    name: "older YAF, in fields of their own",
    flow: templateOf(257, ["sourceIPv4Address", "subTemplateList"]),
    inner: templateOf(259, ["sslCertIssuerCommonName"]),
    record: "0a000001 08 03 0103 04 526f6f74",
    fields: {
      subTemplateList: {
        list: "stl",
        template: 259,
        records: [{ sslCertIssuerCommonName: "Root" }],
      },
    },
  },
] as const;

test.for(encodings)("createJsonLines() shows what $name, holds", ({ flow, inner, ...wanted }) => {
  const templates = (id: number): Template | undefined => (id === inner.id ? inner : undefined);
  const lines: string[] = [];
  const session = createLines({
    format: createJsonLines(),
    onLine: (line) => lines.push(line),
    onDamage: (error) => expect.fail(error.message),
  });
  for (const message of messagesOf([batchOf(flow, [hex(wanted.record)], { templates })])) {
    session.decodeMessage(message);
  }
  expect(lines.map((line) => JSON.parse(line).fields)).toMatchObject([
    { sourceIPv4Address: "10.0.0.1", ...wanted.fields },
  ]);
});
