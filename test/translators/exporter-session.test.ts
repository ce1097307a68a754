import fc from "fast-check";
import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { createExporterSession, exportProtocolOf } from "../../src/translators/exporter-session.ts";
import { hex } from "../support/hex.ts";
import type { Line } from "../support/record-corpus.ts";

/** A session that makes IPFIX of whatever it gets, and the lines of its records. */
function setUp({ now = 1_700_000_000_000 } = {}) {
  const lines: Line[] = [];
  const session = createLines({
    format: createJsonLines(),
    onLine: (line) => lines.push(JSON.parse(line) as Line),
    templates: true,
    open: (options) => createExporterSession({ ...options, now: () => now }),
  });
  const fields = () =>
    lines
      .filter(({ kind }) => kind === "data" || kind === "options")
      .map((line) => line["fields"] as Line);
  return { session, lines, fields };
}

const v5Header = ({ count = "0001", upTime = "000186a0", sampling = "0000" } = {}) =>
  `0005 ${count} ${upTime} 6553f100 1dcd6500 00000005 01 02 ${sampling}`;
const v5Record = ({ first = "00015f90", last = "00017318" } = {}) =>
  `0a010203 c0000209 00000000 0001 0002 0000000a 00001388 ${first} ${last} 9c40 01bb 00 1b 06 00
   fde9 fdea 18 10 0000`;

test("createExporterSession() makes absolute times of NetFlow v5's up-times", () => {
  const { session, fields } = setUp();
  session.decodeDatagram(hex(`${v5Header()} ${v5Record()}`));
  // 2023-11-14T22:13:20.5Z at an up-time of 100 s: the flow lasted from 90 s to 95 s.
  expect(fields()).toEqual([
    expect.objectContaining({
      flowStartMilliseconds: "2023-11-14T22:13:10.500Z",
      flowEndMilliseconds: "2023-11-14T22:13:15.500Z",
      sourceIPv4Address: "10.1.2.3",
      octetDeltaCount: 5000,
      tcpControlBits: 27,
    }),
  ]);
  expect(fields()[0]).not.toHaveProperty("flowStartSysUpTime");
});

test.for([
  ["before the up-time wrapped", "00000d35", "fffffff0", "2023-11-14T22:13:17.103Z"],
  ["a little after the packet", "00000d35", "00000d40", "2023-11-14T22:13:20.511Z"],
  ["at the packet", "ffffffff", "ffffffff", "2023-11-14T22:13:20.500Z"],
] as const)("createExporterSession() places a flow %s", ([, upTime, first, expected]) => {
  const { session, fields } = setUp();
  session.decodeDatagram(hex(`${v5Header({ upTime })} ${v5Record({ first, last: first })}`));
  expect(fields()[0]).toMatchObject({ flowStartMilliseconds: expected });
});

test("createExporterSession() puts NetFlow v5's sampling beside the counts, which stay", () => {
  const { session, fields } = setUp();
  session.decodeDatagram(hex(`${v5Header({ sampling: "4064" })} ${v5Record()}`));
  expect(fields()).toEqual([
    expect.objectContaining({ samplingAlgorithm: 1, samplingInterval: 100, octetDeltaCount: 5000 }),
  ]);
});

test("createExporterSession() delivers the records before NetFlow v5 is cut short", () => {
  const { session, fields } = setUp();
  const bytes = hex(`${v5Header({ count: "0003" })} ${v5Record()} ${v5Record()}`);
  expect(() => session.decodeDatagram(bytes)).toThrow(
    expect.objectContaining({ code: "truncated", detail: "NetFlow v5 of 3 records, 2 are there" }),
  );
  expect(fields()).toHaveLength(2);
});

test("createExporterSession() counts records lost by NetFlow v5's sequence", () => {
  const { session } = setUp();
  session.decodeDatagram(hex(`${v5Header()} ${v5Record()}`));
  const later = hex(`${v5Header()} ${v5Record()}`);
  later[19] = 9; // 5 + 1 was expected
  session.decodeDatagram(later);
  expect(session.counters()).toMatchObject({ records: 2, sequenceGaps: 1, recordsLost: 3 });
});

test.for([
  ["48 octets, as softflowd sends", 7],
  ["52 octets, as Cisco does", 11],
] as const)("createExporterSession() reads NetFlow v1 of records of %s", ([, tail]) => {
  const record = `0a010203 c0000209 00000000 0001 0002 0000000a 00001388 00015f90 00017318
    9c40 01bb 0000 06 10 1b ${"00".repeat(tail)}`;
  const { session, lines, fields } = setUp();
  session.decodeDatagram(hex(`0001 0002 000186a0 6553f100 1dcd6500 ${record} ${record}`));
  expect(fields()).toHaveLength(2);
  expect(fields()[1]).toMatchObject({ destinationTransportPort: 443, tcpControlBits: 27 });
  expect(lines[0]).not.toHaveProperty("domain");
});

const v9Header = (sequence = 1) => `0009 0001 000186a0 6553f100 0000000${sequence} 00000007`;

test("createExporterSession() translates NetFlow v9's own fields and scopes", () => {
  const { session, lines, fields } = setUp();
  const templates = `0000 001c 0100 0005  0008 0004  0016 0004  ddfd 0002  0000 0001  0000 0000
    0001 0016 0101 0008 0004  0001 0004  0002 0002  0022 0004`;
  const data = "0100 0010 0a000001 00015f90 beef 00 00  0101 000e 0a0000fe 0007 00000064";
  session.decodeDatagram(hex(`${v9Header()} ${templates} ${data}`));
  expect(fields()).toEqual([
    {
      sourceIPv4Address: "10.0.0.1",
      flowStartMilliseconds: "2023-11-14T22:13:10.000Z",
      "9/24061": "beef",
    },
    { exportingProcessId: 167_772_414, ingressInterface: 7, samplingInterval: 100 },
  ]);
  expect(lines.at(-1)).toMatchObject({ scope: ["exportingProcessId", "ingressInterface"] });
});

test("createExporterSession() counts packets lost by NetFlow v9's sequence, per source", () => {
  const { session } = setUp();
  for (const sequence of [1, 2, 5]) session.decodeDatagram(hex(v9Header(sequence)));
  expect(session.counters()).toMatchObject({ messages: 3, sequenceGaps: 1, messagesLost: 2 });
});

test("createExporterSession() keeps NetFlow v9's Templates of two sources apart", () => {
  const { session, fields } = setUp();
  session.decodeDatagram(hex(`${v9Header()} 0000 000c 0100 0001 0008 0004`));
  session.decodeDatagram(hex(`0009 0001 00000000 00000000 00000001 00000008 0100 0008 0a000001`));
  expect(fields()).toEqual([]);
  expect(session.counters()).toMatchObject({ setsWithoutTemplate: 1 });
});

const udpHeader =
  "02000000000202000000000108004500001c0000000040110000c0000201c0000202 003511d7 0008 0000";
const rawHeader = `00000001 0000003c 00000001 00000100 00000004 0000002a ${udpHeader} 0000`;
const flowSample = (records: string, octets: string) =>
  `00000001 ${octets} 00000009 00000003 00000400 00001000 00000000 00000003 3fffffff
   00000001 ${records}`;
const sflowHeader = (samples: string) =>
  `00000005 00000001 c0000263 00000002 00000001 000003e8 ${samples}`;

test("createExporterSession() makes a flow of one packet of an sFlow sample", () => {
  const { session, lines, fields } = setUp();
  const bytes = hex(`${sflowHeader("00000001")} ${flowSample(rawHeader, "00000064")}`);
  session.decodeDatagram(bytes);
  expect(fields()).toEqual([
    {
      exporterIPv4Address: "192.0.2.99",
      flowStartMilliseconds: "2023-11-14T22:13:20.000Z",
      flowEndMilliseconds: "2023-11-14T22:13:20.000Z",
      samplingAlgorithm: 2,
      samplingInterval: 1024,
      ingressInterface: 3,
      egressInterface: 0,
      forwardingStatus: 64,
      packetDeltaCount: 1,
      layer2OctetDeltaCount: 256,
      sourceMacAddress: "02:00:00:00:00:01",
      destinationMacAddress: "02:00:00:00:00:02",
      sourceIPv4Address: "192.0.2.1",
      destinationIPv4Address: "192.0.2.2",
      octetDeltaCount: 28,
      protocolIdentifier: 17,
      ipClassOfService: 0,
      sourceTransportPort: 53,
      destinationTransportPort: 4567,
      dataLinkFrameSection: expect.stringMatching(/^0200.{80}$/),
    },
  ]);
  expect(lines[0]).toMatchObject({ version: "sflow5", domain: 2, exportTime: 1_700_000_000 });
});

test("createExporterSession() counts samples of sFlow that it does not know", () => {
  const { session } = setUp();
  session.decodeDatagram(hex(`${sflowHeader("00000001")} 00000005 00000004 00000000`));
  expect(session.counters()).toMatchObject({ samplesUnknown: 1, records: 0, messagesDamaged: 0 });
});

test("createExporterSession() refuses an sFlow record longer than its sample, and no other", () => {
  const { session, fields } = setUp();
  const broken = flowSample("00000001 000000ff", "00000028");
  const whole = flowSample(rawHeader, "00000064");
  const bytes = hex(`${sflowHeader("00000002")} ${broken} ${whole}`);
  expect(() => session.decodeDatagram(bytes)).toThrow(
    expect.objectContaining({ code: "truncated" }),
  );
  expect(fields()).toHaveLength(1);
});

const samples = {
  netflow5: hex(`${v5Header({ count: "0002" })} ${v5Record()} ${v5Record()}`),
  netflow9: hex(
    `${v9Header()} 0000 0010 0100 0002 0008 0004 0052 ffff 0001 0012 0101 0004 0004 0001 0004 0022
     0004 0100 000c 0a000001 03 616263`,
  ),
  sflow5: hex(`${sflowHeader("00000001")} ${flowSample(rawHeader, "00000064")}`),
} as const;

test.for(Object.keys(samples) as (keyof typeof samples)[])(
  "createExporterSession() cut at any octet of %s gives records or a DecodeError",
  (name) => {
    const bytes = samples[name];
    expect(exportProtocolOf(bytes)).toBe(name);
    for (let length = 0; length < bytes.length; length++) {
      decodeOrRefuse(bytes.subarray(0, length));
    }
  },
);

test.for(Object.keys(samples) as (keyof typeof samples)[])(
  "createExporterSession() survives any change of octets of %s",
  (name) => {
    const bytes = samples[name];
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const changed = Uint8Array.from(bytes);
        for (const [at, octet] of changes) changed[at] = octet;
        decodeOrRefuse(changed);
      }),
      { numRuns: 3_000 },
    );
  },
);

function decodeOrRefuse(bytes: Uint8Array): void {
  const { session } = setUp();
  try {
    session.decodeDatagram(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(DecodeError);
  }
}
