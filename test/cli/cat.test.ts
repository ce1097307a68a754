import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Readable, Writable } from "node:stream";
import { expect, test } from "vitest";
import { command } from "../../src/cli/commands/cat.ts";
import type { RecordBatch } from "../../src/ipfix/batch.ts";
import { createMessageWriter } from "../../src/ipfix/message-writer.ts";
import { useOwnElements } from "../../src/ipfix/registry.ts";
import { temporaryFolder } from "../support/folder.ts";
import { hex } from "../support/hex.ts";
import { messageOf } from "../support/hostile.ts";
import { batchOf, templateOf } from "../support/ipfix.ts";
import { fixedBatch, messagesOf } from "../support/network.ts";
import { vendorTemplate } from "../support/type-records.ts";

/** Octets of an IPFIX file with these batches. */
function file(...batches: readonly RecordBatch[]): Uint8Array {
  const messages: number[] = [];
  const onMessage = (bytes: Uint8Array) => messages.push(...bytes);
  const writer = createMessageWriter({ maximumBytes: 65_535, onMessage });
  for (const batch of batches) writer.append(batch);
  writer.flush();
  return Uint8Array.from(messages);
}

/** A stream that keeps what is written. */
class Kept extends Writable {
  text = "";
  override _write(chunk: Buffer, _: string, done: () => void): void {
    this.text += chunk.toString();
    done();
  }
}

type Options = Readonly<Record<string, string | boolean>>;

async function cat(bytes: Uint8Array, options: Options = {}, args: readonly string[] = ["-"]) {
  const stdin = Readable.from([bytes], { objectMode: false });
  const [stdout, stderr] = [new Kept(), new Kept()];
  const code = await command.run({ args, options, stdin, stdout, stderr });
  return { code, out: stdout.text, lines: stdout.text.split("\n").slice(0, -1), err: stderr.text };
}

const flow = templateOf(256, [
  "flowStartMilliseconds",
  "sourceIPv4Address",
  ["octetDeltaCount", 4],
  "interfaceName",
]);
const records = [
  hex("0000018bcfe56800 c0000201 00000007 04 65746830"),
  hex("0000018bcfe56801 c0000202 00000008 05 612c1b2278"),
];
const sample = file(batchOf(flow, records, { domain: 5, exportTime: 1_700_000_000 }));

test("cat shows records as JSON lines by default", async () => {
  const { code, lines, err } = await cat(sample);
  expect([code, err]).toEqual([0, ""]);
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      version: 10,
      domain: 5,
      exportTime: 1_700_000_000,
      seq: 0,
      kind: "data",
      template: 256,
      fields: {
        flowStartMilliseconds: "2023-11-14T22:13:20.000Z",
        sourceIPv4Address: "192.0.2.1",
        octetDeltaCount: 7,
        interfaceName: "eth0",
      },
    },
    expect.objectContaining({ fields: expect.objectContaining({ interfaceName: 'a,\u001b"x' }) }),
  ]);
});

test("cat --templates shows Templates as well", async () => {
  const { lines } = await cat(sample, { templates: true });
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({
    kind: "template",
    template: 256,
    elements: [
      ["flowStartMilliseconds", 0, 152, 8],
      ["sourceIPv4Address", 0, 8, 4],
      ["octetDeltaCount", 0, 1, 4],
      ["interfaceName", 0, 82, 65_535],
    ],
  });
  expect(lines.length).toBe(3);
});

test("cat --fields keeps the fields named", async () => {
  const { lines } = await cat(sample, { fields: "octetDeltaCount, sourceIPv4Address" });
  expect(JSON.parse(lines[1] ?? "")["fields"]).toEqual({
    sourceIPv4Address: "192.0.2.2",
    octetDeltaCount: 8,
  });
});

test("cat --format csv quotes cells and writes a header per set of columns", async () => {
  const other = batchOf(templateOf(300, ["protocolIdentifier"]), [hex("06"), hex("11")]);
  const { out } = await cat(file(batchOf(flow, records), other), { format: "csv" });
  expect(out).toBe(
    [
      "flowStartMilliseconds,sourceIPv4Address,octetDeltaCount,interfaceName",
      "2023-11-14T22:13:20.000Z,192.0.2.1,7,eth0",
      '2023-11-14T22:13:20.001Z,192.0.2.2,8,"a,\u001b""x"',
      "",
      "protocolIdentifier",
      "6",
      "17",
      "",
    ].join("\n"),
  );
});

test("cat --format csv --fields has one header and leaves cells empty", async () => {
  const other = batchOf(templateOf(300, ["protocolIdentifier"]), [hex("06")]);
  const options = { format: "csv", fields: "protocolIdentifier,sourceIPv4Address" };
  expect((await cat(file(batchOf(flow, records), other), options)).lines).toEqual([
    "protocolIdentifier,sourceIPv4Address",
    ",192.0.2.1",
    ",192.0.2.2",
    "6,",
  ]);
});

test("cat --format text is harmless on a terminal", async () => {
  const { lines, out } = await cat(sample, { format: "text" });
  expect(lines.slice(5)).toEqual([
    "data record: template 256, domain 5, exported 2023-11-14T22:13:20Z",
    "  flowStartMilliseconds  2023-11-14T22:13:20.001Z",
    "  sourceIPv4Address      192.0.2.2",
    "  octetDeltaCount        8",
    '  interfaceName          a,\\x1b"x',
  ]);
  expect(out).not.toContain("\u001b");
});

const tcp = templateOf(0xc003, ["tcpSequenceNumber", "initialTCPFlags", "unionTCPFlags"]);
const biflow = templateOf(0xb010, [
  "flowStartMilliseconds",
  "flowEndMilliseconds",
  "octetTotalCount",
  "reverseOctetTotalCount",
  "packetTotalCount",
  "reversePacketTotalCount",
  "sourceIPv4Address",
  "destinationIPv4Address",
  "sourceTransportPort",
  "destinationTransportPort",
  "protocolIdentifier",
  "flowEndReason",
  "vlanId",
  "subTemplateMultiList",
]);
const moment = "0000018bcfe56800";
const counters = "00000000000001f4 00000000000001f5 0000000000000005 0000000000000006";
const key = "0a000001 0a000002 9c40 0050 06 83 0007";
const tcpEntry = "0d 03 c003 000c 000003e8 0002 001b";

test("cat --format flows shows one compact object a flow", async () => {
  const record = hex(`${moment} 0000018bcfe56bff ${counters} ${key} ${tcpEntry}`);
  const templates = (id: number) => (id === 0xc003 ? tcp : undefined);
  const { lines } = await cat(file(batchOf(biflow, [record], { templates })), { format: "flows" });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    {
      rec: "flow",
      startUs: 1_700_000_000_000_000,
      endUs: 1_700_000_001_023_000,
      sip: "10.0.0.1",
      sp: 40_000,
      dip: "10.0.0.2",
      dp: 80,
      proto: 6,
      vlan: 7,
      octets: 500,
      roctets: 501,
      pkts: 5,
      rpkts: 6,
      endReason: 3,
      seq: 1000,
      iflags: 2,
      uflags: 27,
    },
  ]);
});

test("cat --format flows shows ICMP type and code, and no record that is no flow", async () => {
  const icmp = templateOf(256, [
    "protocolIdentifier",
    "sourceIPv4Address",
    ["packetDeltaCount", 1],
    "icmpTypeCodeIPv4",
  ]);
  const other = batchOf(templateOf(257, ["interfaceName"]), [hex("0161")]);
  const flows = file(batchOf(icmp, [hex("01 0a000001 02 0303")]), other);
  const { lines } = await cat(flows, { format: "flows" });
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    expect.objectContaining({ proto: 1, sp: 0, dp: 771, icmp: [3, 3], pkts: 2, octets: 0 }),
  ]);
});

test("cat --stats shows counts instead of records", async () => {
  const { lines } = await cat(sample, { stats: true });
  expect(lines[0]).toMatch(/count/);
  expect(lines).toContainEqual(expect.stringMatching(/^ +2 {2}records$/));
  expect(lines.join("\n")).not.toContain("192.0.2.1");
});

test("cat --skip and --limit show a page of all files together", async () => {
  const path = join(temporaryFolder(), "a.ipfix");
  writeFileSync(path, sample);
  const names = async (options: Options) =>
    (await cat(sample, { format: "csv", fields: "sourceIPv4Address", ...options }, [path, path]))
      .lines;
  const all = await names({});
  expect(all).toHaveLength(5);
  expect(await names({ skip: "1", limit: "2" })).toEqual([all[0], all[2], all[3]]);
  expect(await names({ skip: "3" })).toEqual([all[0], all[4]]);
  expect(await names({ limit: "0" })).toEqual([]);
  expect(await names({ where: "octetDeltaCount == 8", skip: "1" })).toEqual([all[0], all[2]]);
});

test("cat --skip in a large file shows what it shows without an index", async () => {
  const path = join(temporaryFolder(), "large.ipfix");
  writeFileSync(path, Buffer.concat(messagesOf([fixedBatch(250_000)])));
  const { lines } = await cat(sample, { skip: "200000", limit: "3" }, [path]);
  expect(existsSync(`${path}.idx`)).toBe(true);
  const { lines: again } = await cat(readFileSync(path), { skip: "200000", limit: "3" });
  expect(lines.map((line) => JSON.parse(line).fields.octetDeltaCount)).toEqual([
    2e5, 200001, 200002,
  ]);
  expect(lines).toEqual(again);
});

test.for([
  [{ skip: "-1" }, /--skip: .*whole number/],
  [{ limit: "x" }, /--limit: .*whole number/],
  [{ stats: true, skip: "1" }, /--skip: Cannot count only some/],
] as const)("cat refuses %j", async ([options, message]) => {
  await expect(cat(sample, options)).rejects.toThrow(message);
});

test("cat tells of damage with its offset and what it costs, and exits with 1", async () => {
  const { code, lines, err } = await cat(Uint8Array.from([...sample, ...hex("000a 0020 0000")]));
  expect([code, lines.length]).toEqual([1, 3]);
  const offset = sample.length;
  const message = `Cannot decode at byte ${offset}: Message Header, 6 left`;
  expect(err).toBe(`moonfix cat: standard input: ${message}; 6 octets lost\n`);
  const told = { kind: "error", code: "truncated", offset, octets: 6, message };
  expect(JSON.parse(lines[2] ?? "")).toEqual(told);
});

test("cat tells of the first damages one by one and of all together", async () => {
  const damaged = Array.from({ length: 15 }, () => [...sample, 1, 2, 3]).flat();
  const { lines, err } = await cat(Uint8Array.from(damaged));
  const lost = lines.map((line) => JSON.parse(line)).filter(({ kind }) => kind === "error");
  expect(lost.map(({ offset, octets }) => [offset, octets])).toEqual(
    lost.map((_, i) => [(i + 1) * sample.length + 3 * i, 3]),
  );
  expect([lost.length, lines.length]).toEqual([15, 15 * 3]);
  const told = err.trimEnd().split("\n");
  expect(told.length).toBe(11);
  expect(told[10]).toMatch(/: 5 more damages; 45 octets lost in all$/);
});

test("cat tells of a damaged list with its offset and shows the other records", async () => {
  const listed = templateOf(257, ["basicList"]);
  const bytes = Uint8Array.from([
    ...sample,
    ...file(batchOf(listed, [hex("08 03 0001 0008 010203"), hex("06 03 0004 0001 06")])),
  ]);
  const { code, lines, err } = await cat(bytes);
  expect(code).toBe(1);
  expect(lines.slice(2).map((line) => JSON.parse(line))).toMatchObject([
    { kind: "error", code: "truncated" },
    { kind: "data", fields: { basicList: { element: "protocolIdentifier", values: [6] } } },
  ]);
  expect(err).toMatch(/^moonfix cat: standard input: Cannot decode at byte \d+: octetDeltaCount/);
  expect(Number(/byte (\d+)/.exec(err)?.[1])).toBeGreaterThan(sample.length);
});

test("cat tells of Data Sets it had to leave out", async () => {
  const { code, lines, err } = await cat(sample.slice());
  expect([code, lines.length, err]).toEqual([0, 2, ""]);
  const lost = sample.slice();
  lost[20] = 2; // the Template is now 0x0200, the Data Set still 0x0100
  expect(await cat(lost)).toMatchObject({
    code: 1,
    lines: [],
    err: "moonfix cat: standard input: left out 1 Data Sets without Template\n",
  });
});

test("cat goes on with the next file after one it cannot open", async () => {
  const path = join(temporaryFolder(), "a.ipfix");
  writeFileSync(path, sample);
  const { code, lines, err } = await cat(sample, {}, ["/does/not/exist", path]);
  expect([code, lines.length]).toEqual([1, 2]);
  expect(err).toMatch(/^moonfix cat: Cannot open \/does\/not\/exist: ENOENT/);
});

test("cat ends quietly when its reader goes away", async () => {
  const many = file(...Array.from({ length: 3000 }, () => batchOf(flow, records)));
  const stdout = new Writable({
    write: (_chunk, _encoding, done) => {
      done(Object.assign(new Error("write EPIPE"), { code: "EPIPE" }));
    },
  });
  const stderr = new Kept();
  const stdin = Readable.from([many], { objectMode: false });
  expect(await command.run({ args: ["-"], options: {}, stdin, stdout, stderr })).toBe(0);
  expect(stderr.text).toBe("");
});

test.for([
  [{ format: "josnl" }, "unknown-name", /--format: .*"josnl".*did you mean "jsonl"/],
  [{ format: "constructor" }, "unknown-name", /expected jsonl, flows, csv, text/],
  [{ fields: "octetDeltaCuont" }, "unknown-name", /--fields: .*did you mean "octetDeltaCount"/],
  [{ fields: "octets", format: "flows" }, "unsupported", /--fields/],
  [{ names: true }, "unsupported", /--names: .*as jsonl: its values are numbers/],
  [{ templates: true, format: "csv" }, "unsupported", /--templates/],
] as const)("cat refuses %j", async ([options, code, message]) => {
  await expect(cat(sample, options)).rejects.toMatchObject({ name: "ConfigError", code });
  await expect(cat(sample, options)).rejects.toThrow(message);
});

test("cat shows people IANA's names of values, and machines numbers", async () => {
  const reasons = templateOf(256, ["protocolIdentifier", "flowEndReason", "octetDeltaCount"]);
  const octets = [hex("06 01 0000000000000001"), hex("fd 81 0000000000000001")];
  const named = file(batchOf(reasons, octets));
  const text = await cat(named, { format: "text" });
  expect(text.out).toMatch(/protocolIdentifier +6 \(TCP\)\n +flowEndReason +1 \(idle timeout\)/);
  expect(text.out).toMatch(/protocolIdentifier +253\n +flowEndReason +129\n/);
  const csv = await cat(named, { format: "csv", names: true });
  expect(csv.lines.slice(1)).toEqual(["TCP,idle timeout,1", "253,129,1"]);
  expect((await cat(named, { format: "csv" })).lines[1]).toBe("6,1,1");
  expect(JSON.parse((await cat(named)).lines[0] ?? "").fields.protocolIdentifier).toBe(6);
});

test("cat --elements knows the elements of a file, in --where and --fields, too", async () => {
  const path = join(temporaryFolder(), "acme.xml");
  const own = "<name>acmeLatency</name><dataType>unsigned32</dataType><elementId>1</elementId>";
  const record = `<record>${own}<enterpriseId>32473</enterpriseId></record>`;
  writeFileSync(path, `<registry>${record}</registry>`);
  const bytes = messageOf(`${vendorTemplate(1)} 0100 000c 00000007 00000008`);
  const options = {
    elements: path,
    where: "acmeLatency > 7",
    fields: "acmeLatency",
    format: "csv",
  };
  expect((await cat(bytes, options)).lines).toEqual(["acmeLatency", "8"]);
  useOwnElements([]);
  writeFileSync(path, "<registry>");
  await expect(cat(bytes, { elements: path })).rejects.toThrow(/acme.xml:1: .*ends within/);
});

test("cat --where shows the records that match, in every format", async () => {
  const where = 'octetDeltaCount > 7 and inside(sourceIPv4Address, "192.0.2.0/24")';
  const { lines } = await cat(sample, { where });
  expect(lines.map((line) => JSON.parse(line).fields.octetDeltaCount)).toEqual([8]);
  const csv = await cat(sample, { where, format: "csv", fields: "octetDeltaCount" });
  expect(csv.lines).toEqual(["octetDeltaCount", "8"]);
  const stats = await cat(sample, { where, stats: true });
  expect(stats.out).toMatch(/^ +1 {2}recordsMatched$/m);
});

test("cat --where says what is wrong with an expression", async () => {
  await expect(cat(sample, { where: "octetDeltaCont > 7" })).rejects.toMatchObject({
    code: "unknown-name",
    where: "--where",
    message: expect.stringContaining('did you mean "octetDeltaCount"'),
  });
});
