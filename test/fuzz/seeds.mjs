import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** A case to start from: what goes before it unchanged, and what is changed. */
const seed = (text, ...before) => ({ before: before.map(octets), bytes: octets(text) });

function octets(text) {
  return new Uint8Array(Buffer.from(text.replaceAll(" ", ""), "hex"));
}

const size = (body) => body.replaceAll(" ", "").length / 2;
const uint16 = (value) => value.toString(16).padStart(4, "0");
/** A Set, or FlowSet, with its length filled in. */
const set = (id, body) => `${uint16(id)} ${uint16(size(body) + 4)} ${body}`;
const message = (body, sequence = "00000000") =>
  `000a ${uint16(size(body) + 16)} 6553f100 ${sequence} 00000009 ${body}`;

const fields = [
  ...["0004 0001", "0008 0004", "0002 0004", "0052 ffff"],
  ...["0123 ffff", "0124 ffff", "0125 ffff", "009a 0008"],
];
const nested = "0101 0002 0004 0001 0124 ffff";
const vendors = "0102 0004 0001 0008 0118 0001 8001 0002 00001ad7 0148 0004";
const plainTemplates = `0100 0008 ${fields.join(" ")} ${nested} ${vendors}`;
const optionsTemplates = "0103 0002 0001 008f 0004 0029 0002";
const templates = set(2, plainTemplates) + set(3, optionsTemplates);
const record = `06 0a000001 00000007 03 616263
  08 03 0004 0001 061101
  12 03 0101 06 03 030101 11 08 03 0101 12 03 030101
  0a 03 0101 0009 06 03 030101
  e8fe6f80 00001000`.replaceAll("\n", "");
const records =
  set(0x100, record.repeat(2)) +
  set(0x102, "0000000000000007 01 0102 00000003") +
  set(0x103, "00000001 0009");

/** Messages with Templates of every kind of field, lists in lists and records of them. */
export const ipfixSeeds = [
  seed(message(templates + records)),
  seed(message(records), message(templates)),
  seed(message(templates)),
];

/** What is in Sets of Templates and of Options Templates, without their headers. */
export const templateSeeds = [seed(plainTemplates), seed(optionsTemplates)];

const netflow5Record =
  "0a010240 0a010203 c0000209 0001 0002 0000000a 000003e8 00015f90 00016378" +
  "d431 01bb 00 1b 06 00 fde8 fde9 18 10 0000";
export const netflow5Seeds = [
  seed(`0005 0002 000186a0 6553f100 00000005 0000002a 01 02 4064 ${netflow5Record.repeat(2)}`),
  seed(`0001 0001 000186a0 6553f100 00000005 ${netflow5Record}00000000`),
];

const netflow9Head = "0009 0002 000186a0 6553f100 00000000 00000001";
const netflow9Templates =
  set(0, "0100 0006 0008 0004 000c 0004 0016 0004 0015 0004 0002 0004 0004 0001") +
  set(1, "0101 0004 0008 0001 0004 0022 0004 0023 0001 0000");
const netflow9Records =
  set(0x100, "0a000001 0a000002 00015f90 00016378 00000007 06 000000") +
  set(0x101, "00000009 00000064 01 000000");
export const netflow9Seeds = [
  seed(`${netflow9Head} ${netflow9Templates} ${netflow9Records}`),
  seed(`${netflow9Head} ${netflow9Records}`, `${netflow9Head} ${netflow9Templates}`),
];

const sflowHead = "00000005 00000001 c0000201 00000000 00000007 000186a0";
const sflowFrame =
  "020000000001 020000000002 0800 4500001c 00010000 40110000 0a000001 0a000002 0035 0035 0008 0000";
const sflowFlow =
  "00000001 00000064 00000001 00000003 00000100 00001000 00000000 00000003 00000004 00000001" +
  `00000001 0000003c 00000001 00000052 00000004 0000002a ${sflowFrame} 0000`;
const sflowCounters = `00000002 0000006c 00000001 00000003 00000001 00000001 00000058 ${"00000001".repeat(22)}`;
export const sflowSeeds = [
  seed(`${sflowHead} 00000001 ${sflowFlow}`),
  seed(`${sflowHead} 00000002 ${sflowCounters} ${sflowFlow}`),
];

const text = (source) => ({ before: [], bytes: new TextEncoder().encode(source) });
export const whereSeeds = [
  'destinationTransportPort == 443 and (octetDeltaCount > 1000 or not inside(sourceIPv4Address, "10.0.0.0/8"))',
  'sourceIPv6Address == "2001:db8::1" or interfaceName ~= "eth0" and protocolIdentifier ~= nil',
  "packetDeltaCount >= 0x10 and octetDeltaCount < 18446744073709551615 or dataRecordsReliability",
].map(text);

export const jsonSeeds = [
  '{"a":[1,2.5e3,-0,9007199254740993],"b":{"c":null,"d":[true,false,""]}}',
  '["\\u00e9\\ud83d\\ude00\\n\\"",{"__proto__":{}},[[[[[[]]]]]]]',
].map(text);

const shared = fileURLToPath(new URL("../../../shared/corpus/", import.meta.url));

/** Messages of the vectors of the corpus, where it is there: datagrams of at most 512 octets. */
export function vectorSeeds(version) {
  const folder = join(shared, "vectors");
  if (!existsSync(folder)) return [];
  const seeds = [];
  for (const name of readdirSync(folder).filter((entry) => entry !== "INDEX.json")) {
    const { messages } = JSON.parse(readFileSync(join(folder, name), "utf8"));
    const all = messages.map(octets).filter(({ length }) => length <= 512);
    const bytes = all.at(-1);
    if (bytes === undefined || bytes[1] !== version || all.length > 4) continue;
    seeds.push({ before: all.slice(0, -1), bytes });
  }
  return seeds;
}
