import { expect, test } from "vitest";
import { createJsonLines } from "../../src/ipfix/format/jsonl.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { hex } from "../support/hex.ts";

/** Messages of RFC examples and edge cases, and the fields of their records. */
const examples: readonly {
  readonly name: string;
  readonly messages: readonly string[];
  readonly fields: readonly unknown[];
}[] = [
  {
    name: "rfc7011-a1-a4",
    messages: [
      `
      000a00985235bd0000000000000000010002001c0100000500080004000c0004000f00040002000400010004
      01000040c000020cc00002fec00002010000139100518c81c000021bc0000217c0000202000002ec0005ef46
      c0000238c0000241c0000203000000050000198600030018010200030001008d000400290002002a00020000
      0102001400000001015927d90000000202b24fb2
    `,
    ],
    fields: [
      {
        sourceIPv4Address: "192.0.2.12",
        destinationIPv4Address: "192.0.2.254",
        ipNextHopIPv4Address: "192.0.2.1",
        packetDeltaCount: 5009,
        octetDeltaCount: 5344385,
      },
      {
        sourceIPv4Address: "192.0.2.27",
        destinationIPv4Address: "192.0.2.23",
        ipNextHopIPv4Address: "192.0.2.2",
        packetDeltaCount: 748,
        octetDeltaCount: 388934,
      },
      {
        sourceIPv4Address: "192.0.2.56",
        destinationIPv4Address: "192.0.2.65",
        ipNextHopIPv4Address: "192.0.2.3",
        packetDeltaCount: 5,
        octetDeltaCount: 6534,
      },
      { lineCardId: 1, exportedMessageTotalCount: 345, exportedFlowRecordTotalCount: 10201 },
      { lineCardId: 2, exportedMessageTotalCount: 690, exportedFlowRecordTotalCount: 20402 },
    ],
  },
  {
    name: "rfc5103-biflow",
    messages: [
      `
      000a00796553f1000000000000000000000200400100000b00960004809600040000727900080004000c0004
      00070002000b0002000400010055000480550004000072790056000480560004000072790100002943e0e910
      43e0e911c0000202c00002038002005006000046500001f400000000410000006e
    `,
    ],
    fields: [
      {
        flowStartSeconds: "2006-02-01T17:00:00Z",
        reverseFlowStartSeconds: "2006-02-01T17:00:01Z",
        sourceIPv4Address: "192.0.2.2",
        destinationIPv4Address: "192.0.2.3",
        sourceTransportPort: 32770,
        destinationTransportPort: 80,
        protocolIdentifier: 6,
        octetTotalCount: 18000,
        reverseOctetTotalCount: 128000,
        packetTotalCount: 65,
        reversePacketTotalCount: 110,
      },
    ],
  },
  {
    name: "rfc6313-9.1-basiclist",
    messages: [
      `
      000a004c6553f10000000000000000000002001801000004000a000400080004000c00040123ffff01000024
      00000009c00002c9e9fc0001ff001103000e0004000000010000000400000008
    `,
    ],
    fields: [
      {
        ingressInterface: 9,
        sourceIPv4Address: "192.0.2.201",
        destinationIPv4Address: "233.252.0.1",
        basicList: { list: "basic", semantic: 3, element: "egressInterface", values: [1, 4, 8] },
      },
    ],
  },
  {
    name: "rfc6313-9.1-basiclist-varlen",
    messages: [
      `
      000a00546553f10000000000000000000002001801000004000a000400080004000c00040123ffff0100002c
      00000009c00002c9e9fc0001ff0019030052ffff054645302f3007464531302f3130054645322f32
    `,
    ],
    fields: [
      {
        ingressInterface: 9,
        sourceIPv4Address: "192.0.2.201",
        destinationIPv4Address: "233.252.0.1",
        basicList: {
          list: "basic",
          semantic: 3,
          element: "interfaceName",
          values: ["FE0/0", "FE10/10", "FE2/2"],
        },
      },
    ],
  },
  {
    name: "rfc6313-9.4-subtemplatemultilist",
    messages: [
      `
      000a00a96553f10000000000000000000002001001030002012e0004013000010002001801040004012e0004
      0130000101310001013200010002002801050008001b0010001c001000070002000b00020004000100550004
      005600040125ffff0105004920010db800000000000000000000000120010db8000000000000000000000002
      04010050060001a5e000000078ff0015030103000900000064050104000b0000000f010163
    `,
    ],
    fields: [
      {
        sourceIPv6Address: "2001:db8::1",
        destinationIPv6Address: "2001:db8::2",
        sourceTransportPort: 1025,
        destinationTransportPort: 80,
        protocolIdentifier: 6,
        octetTotalCount: 108000,
        packetTotalCount: 120,
        subTemplateMultiList: {
          list: "stml",
          semantic: 3,
          groups: [
            { template: 259, records: [{ selectorId: 100, selectorAlgorithm: 5 }] },
            {
              template: 260,
              records: [
                {
                  selectorId: 15,
                  selectorAlgorithm: 1,
                  samplingPacketInterval: 1,
                  samplingPacketSpace: 99,
                },
              ],
            },
          ],
        },
      },
    ],
  },
  {
    name: "rfc6313-appendix-b",
    messages: [
      `
      000a00c26553f100000000000000000000020010010c0002000c0004005f000400020010010d000200080004
      005f00040002000c010e00010123ffff00020020010f00048001000200007ed9000400018002000100007ed9
      0124ffff010f006603eb110aff005b03010eff0029030124ffffff001301010dc000020300000067c0000204
      00000068ff000bff010cc000026700000bb9ff0029030124ffffff000bff010dc000020500000069ff001303
      010cc000026800000fa1c000026900001389
    `,
    ],
    fields: [
      {
        "32473/1": "03eb",
        protocolIdentifier: 17,
        "32473/2": "0a",
        subTemplateList: {
          list: "stl",
          semantic: 3,
          template: 270,
          records: [
            {
              basicList: {
                list: "basic",
                semantic: 3,
                element: "subTemplateList",
                values: [
                  {
                    list: "stl",
                    semantic: 1,
                    template: 269,
                    records: [
                      { sourceIPv4Address: "192.0.2.3", applicationId: "00000067" },
                      { sourceIPv4Address: "192.0.2.4", applicationId: "00000068" },
                    ],
                  },
                  {
                    list: "stl",
                    semantic: 255,
                    template: 268,
                    records: [{ destinationIPv4Address: "192.0.2.103", applicationId: "00000bb9" }],
                  },
                ],
              },
            },
            {
              basicList: {
                list: "basic",
                semantic: 3,
                element: "subTemplateList",
                values: [
                  {
                    list: "stl",
                    semantic: 255,
                    template: 269,
                    records: [{ sourceIPv4Address: "192.0.2.5", applicationId: "00000069" }],
                  },
                  {
                    list: "stl",
                    semantic: 3,
                    template: 268,
                    records: [
                      { destinationIPv4Address: "192.0.2.104", applicationId: "00000fa1" },
                      { destinationIPv4Address: "192.0.2.105", applicationId: "00001389" },
                    ],
                  },
                ],
              },
            },
          ],
        },
      },
    ],
  },
  {
    name: "stl-empty",
    messages: [
      `
      000a003a6553f10000000000000000000002001001010002000800040001000400020010010000020124ffff
      0125ffff0100000a030301010103
    `,
    ],
    fields: [
      {
        subTemplateList: { list: "stl", semantic: 3, template: 257, records: [] },
        subTemplateMultiList: { list: "stml", semantic: 3, groups: [] },
      },
    ],
  },
  {
    name: "stl-unknown-template",
    messages: [
      `
      000a00366553f10000000000000000000002001401000003000400010124ffff000100040100001206080301
      9901020304050000004d
    `,
    ],
    fields: [
      {
        protocolIdentifier: 6,
        subTemplateList: {
          list: "stl",
          semantic: 3,
          template: 409,
          records: [{ unknownTemplate: 409, raw: "0102030405" }],
        },
        octetDeltaCount: 77,
      },
    ],
  },
  {
    name: "bl-empty-and-pen",
    messages: [
      `
      000a00436553f10000000000000000000002000c010000010123ffff0100002705ff000e00041100806fffff
      00001ad7066375726c2f3800ff00080400040001061101
    `,
    ],
    fields: [
      { basicList: { list: "basic", semantic: 255, element: "egressInterface", values: [] } },
      {
        basicList: { list: "basic", semantic: 0, element: "httpUserAgent", values: ["curl/8", ""] },
      },
      {
        basicList: {
          list: "basic",
          semantic: 4,
          element: "protocolIdentifier",
          values: [6, 17, 1],
        },
      },
    ],
  },
  {
    name: "reduced-size",
    messages: [
      `
      000a00976553f1000000000000000000000200440100000f0001000100010002000100030001000400010005
      00010006000100070001000800020003000a0001000a00020007000100980008014000040140000801000043
      7f7fff7fffff7fffffff7fffffffff7fffffffffff0fffffffffffff8000000000000001ffffffffffffff00
      00018bcfe5687b3f0000003fb999999999999a
    `,
    ],
    fields: [
      {
        octetDeltaCount: 127,
        "octetDeltaCount#2": 32767,
        "octetDeltaCount#3": 8388607,
        "octetDeltaCount#4": 2147483647,
        "octetDeltaCount#5": 549755813887,
        "octetDeltaCount#6": 140737488355327,
        "octetDeltaCount#7": 4503599627370495,
        "octetDeltaCount#8": "9223372036854775809",
        packetDeltaCount: 16777215,
        ingressInterface: 255,
        "ingressInterface#2": 65535,
        sourceTransportPort: 255,
        flowStartMilliseconds: "2023-11-14T22:13:20.123Z",
        absoluteError: 0.5,
        "absoluteError#2": 0.1,
      },
    ],
  },
  {
    name: "signed-and-bool",
    messages: [
      `
      000a006b6553f1000000000000000000000200280100000801b2000101b2000201b200040114000101140001
      00380006001b0010001b001001000033fffffe8000000001020a0b0c0d0e0f00000000000000000000ffff01
      02030400000000000000000000000000000000
    `,
    ],
    fields: [
      {
        mibObjectValueInteger: -1,
        "mibObjectValueInteger#2": -2,
        "mibObjectValueInteger#3": -2147483648,
        dataRecordsReliability: true,
        "dataRecordsReliability#2": false,
        sourceMacAddress: "0a:0b:0c:0d:0e:0f",
        sourceIPv6Address: "::ffff:1.2.3.4",
        "sourceIPv6Address#2": "::",
      },
    ],
  },
  {
    name: "utf8-strings",
    messages: [
      `
      000a00446553f10000000000000000000002001001000002005200080053ffff010000246574683000000000
      0cc5bcc3b3c5827720f09f90a2fffe61626364656602c328
    `,
    ],
    fields: [
      { interfaceName: "eth0", interfaceDescription: "żółw 🐢" },
      { interfaceName: "��abcdef", interfaceDescription: "�(" },
    ],
  },
  {
    name: "padding-octets-ie",
    messages: [
      `
      000a00376553f100000000000000000000020018010000040004000100d200030008000400d2ffff0100000f
      060000000a000001020000
    `,
    ],
    fields: [{ protocolIdentifier: 6, sourceIPv4Address: "10.0.0.1" }],
  },
  {
    name: "tmpl-redefine-udp",
    messages: [
      `
      000a002c6553f1000000000000000000000200100100000200080004000100040100000c0a00000100000001
    `,
      `
      000a002a6553f10000000001000000000002001001000002000c0004000200020100000a0a0000020007
    `,
    ],
    fields: [
      { sourceIPv4Address: "10.0.0.1", octetDeltaCount: 1 },
      { destinationIPv4Address: "10.0.0.2", packetDeltaCount: 7 },
    ],
  },
];

test.for(examples)("createJsonLines() shows the records of $name", ({ messages, fields }) => {
  const seen: unknown[] = [];
  const session = createLines({
    format: createJsonLines(),
    onLine: (line) => seen.push((JSON.parse(line) as { fields: unknown }).fields),
    withdrawals: false,
  });
  for (const message of messages) session.decodeMessage(hex(message));
  expect(seen).toEqual(fields);
});
