import { expect, test } from "vitest";
import { DecodeError } from "../../src/errors.ts";
import { limits } from "../../src/limits.ts";
import { hex } from "../support/hex.ts";
import { createRecordingSession } from "../support/ipfix.ts";

/** A Message of the Sets given as hex, with its lengths filled in. */
function message(sets: string, { sequence = 0, domain = 0, exportTime = 1 } = {}): Uint8Array {
  const body = hex(sets);
  const bytes = new Uint8Array(16 + body.length);
  const view = new DataView(bytes.buffer);
  view.setUint16(0, 10);
  view.setUint16(2, bytes.length);
  view.setUint32(4, exportTime);
  view.setUint32(8, sequence);
  view.setUint32(12, domain);
  bytes.set(body, 16);
  return bytes;
}

const template256 = "0002 0010  0100 0002  0008 0004  0001 0004";
const record = "0a000001 00000001";
const data256 = `0100 000c ${record}`;
const variable257 = "0002 0010  0101 0002  0004 0001  0052 ffff";

test("decodeMessage() delivers a Data Set as one batch, in order", () => {
  const { session, seen } = createRecordingSession();
  session.decodeMessage(message(`${template256} 0100 0014 ${record} 0a000002 00000002`));
  expect(seen.map(({ bytes }) => bytes)).toEqual(["0a00000100000001", "0a00000200000002"]);
  expect(session.counters()).toMatchObject({ messages: 1, records: 2, templates: 1, bytes: 52 });
});

test("decodeMessage() keeps Templates per domain", () => {
  const { session, seen } = createRecordingSession();
  session.decodeMessage(message(template256, { domain: 1 }));
  session.decodeMessage(message("0002 000c 0100 0001 0004 0001", { domain: 2 }));
  session.decodeMessage(message(data256, { domain: 1 }));
  session.decodeMessage(message("0100 0006 0611", { domain: 2 }));
  expect(seen.map(({ domain, bytes }) => [domain, bytes])).toEqual([
    [1, "0a00000100000001"],
    [2, "06"],
    [2, "11"],
  ]);
});

test.for([0, 1, 2, 3, 4, 5, 6, 7])("decodeMessage() leaves out %i octets of padding", (padding) => {
  const { session, seen } = createRecordingSession();
  const length = (12 + padding).toString(16).padStart(4, "0");
  session.decodeMessage(message(`${template256} 0100 ${length} ${record} ${"00".repeat(padding)}`));
  expect(seen.length).toBe(1);
});

test("decodeMessage() reads both forms of a variable length (RFC 7011 §7)", () => {
  const { session, seen } = createRecordingSession();
  session.decodeMessage(message(`${variable257} 0101 000f  06 02 6162  06 ff0003 616263`));
  expect(seen.map(({ bytes }) => bytes)).toEqual(["06026162", "06ff0003616263"]);
});

test("decodeMessage() takes a new definition of a Template and keeps an equal one", () => {
  const { session, seen } = createRecordingSession();
  session.decodeMessage(message(template256));
  session.decodeMessage(message(`${template256} ${data256}`));
  session.decodeMessage(message("0002 0010 0100 0002 000c 0004 0002 0002", { sequence: 1 }));
  session.decodeMessage(message("0100 000a 0a000002 0007", { sequence: 1 }));
  expect(seen.map(({ signature }) => signature)).toEqual(["0|0/8:4,0/1:4", "0|0/12:4,0/2:2"]);
  expect(session.counters()).toMatchObject({ templates: 3, sequenceGaps: 0 });
});

test("decodeMessage() reads Options Templates with their scope", () => {
  const { session, seen } = createRecordingSession();
  session.decodeMessage(
    message("0003 0014 0102 0002 0001 008d 0004 0029 0002 0000 0102 000a 00000001 0009"),
  );
  expect(seen).toMatchObject([{ signature: "1|0/141:4,0/41:2", bytes: "000000010009" }]);
});

test("decodeMessage() obeys withdrawals but over UDP, where it counts them", () => {
  const withdrawal = "0002 0008 0100 0000";
  for (const withdrawals of [true, false]) {
    const { session, seen } = createRecordingSession({ withdrawals });
    session.decodeMessage(message(template256));
    session.decodeMessage(message(withdrawal));
    session.decodeMessage(message(data256));
    expect(seen.length).toBe(withdrawals ? 0 : 1);
    expect(session.counters()).toMatchObject({
      withdrawals: withdrawals ? 1 : 0,
      withdrawalsIgnored: withdrawals ? 0 : 1,
      setsWithoutTemplate: withdrawals ? 1 : 0,
    });
  }
});

test("decodeMessage() withdraws all Templates but no Options Template by Set ID 2", () => {
  const { session, seen } = createRecordingSession();
  const options = "0003 0012 0102 0002 0001 008d 0004 0029 0002";
  session.decodeMessage(message(`${template256} ${options} 0002 0008 0002 0000`));
  session.decodeMessage(message(`${data256} 0102 000a 00000001 0009`));
  expect(seen.map(({ template }) => template)).toEqual([0x102]);
});

test("decodeMessage() reports Sets without Template and reserved Sets, and goes on", () => {
  const problems: unknown[] = [];
  const { session, seen } = createRecordingSession({ onProblem: (p) => problems.push(p) });
  session.decodeMessage(message(`${template256} 0004 0006 0000 0300 0005 00 ${data256}`));
  expect(seen.length).toBe(1);
  expect(problems).toEqual([
    { code: "reserved-set", domain: 0, setId: 4, octets: 2, offset: 36 },
    { code: "set-without-template", domain: 0, setId: 768, octets: 1, offset: 42 },
  ]);
});

test("decodeMessage() counts gaps in Sequence Numbers, past 2^32 too", () => {
  const { session } = createRecordingSession();
  session.decodeMessage(message(`${template256} ${data256}`, { sequence: 0xffff_ffff }));
  session.decodeMessage(message(data256, { sequence: 0 }));
  session.decodeMessage(message(data256, { sequence: 5 }));
  session.decodeMessage(message(data256, { sequence: 3 }));
  expect(session.counters()).toMatchObject({
    sequenceGaps: 1,
    recordsLost: 3, // the one that was overtaken is none of them
    messagesDisordered: 1,
  });
});

test.for([
  ["a version other than 10", "000b 0010 00000000 00000000 00000000", "bad-version", 0],
  ["a Message Length below 16", "000a 000f 00000000 00000000 00000000", "bad-length", 2],
  ["a Message Length past the end", "000a 0011 00000000 00000000 00000000", "truncated", 0],
  ["a Set Header cut short", "000a 0012 00000000 00000000 00000000 0002", "truncated", 16],
  ["a Set Length of 3", "000a 0014 00000000 00000000 00000000 0100 0003", "bad-length", 16],
  ["a Set Length of 0", "000a 0014 00000000 00000000 00000000 0100 0000", "bad-length", 16],
  ["a Set past the end", "000a 0014 00000000 00000000 00000000 0100 0005", "bad-length", 16],
] as const)("decodeMessage() rejects %s", ([, bytes, code, offset]) => {
  const { session } = createRecordingSession();
  expect(() => session.decodeMessage(hex(bytes))).toThrow(
    expect.objectContaining({ code, offset }),
  );
  expect(session.counters()["messagesDamaged"]).toBe(1);
});

test.for([
  ["0009", "version 9 (NetFlow v9), expected 10"],
  ["d4c3", "version 54467 (a packet capture), expected 10"],
  ["1234", "version 4660, expected 10"],
] as const)("decodeMessage() says what %s may be", ([version, detail]) => {
  const { session } = createRecordingSession();
  expect(() => session.decodeMessage(hex(`${version} 0010 ${"00".repeat(12)}`))).toThrow(detail);
});

test.for([
  ["a Template ID below 256", "0002 000c 0064 0001 0008 0004", "bad-template"],
  ["fields past the Set", "0002 000c 0100 0032 0008 0004", "truncated"],
  ["records of 0 octets", "0002 000c 0100 0001 0001 0000", "bad-template"],
  ["an Options Template without scope", "0003 000e 0100 0001 0000 0008 0004", "bad-template"],
  ["a scope beyond the fields", "0003 000e 0100 0001 0002 0008 0004", "bad-template"],
  ["too many fields", "0002 000c 0100 ffff 0008 0004", "limit"],
  ["an Enterprise Number cut short", "0002 000c 0100 0001 8008 0004", "truncated"],
] as const)("decodeMessage() rejects a Template Set with %s", ([, sets, code]) => {
  const { session } = createRecordingSession();
  expect(() => session.decodeMessage(message(sets))).toThrow(expect.objectContaining({ code }));
});

test("decodeMessage() delivers the records before the damage", () => {
  const { session, seen } = createRecordingSession();
  const damaged = message(`${variable257} 0101 000c  06 02 6162  06 fa 61 62`);
  expect(() => session.decodeMessage(damaged)).toThrow(DecodeError);
  expect(seen.map(({ bytes }) => bytes)).toEqual(["06026162"]);
  expect(session.counters()).toMatchObject({ records: 1, messagesDamaged: 1 });
});

test("decodeMessage() throws nothing but DecodeError wherever a Message is cut", () => {
  const whole = message(`${template256} ${variable257} ${data256} 0101 000c 06 02 6162 06 ff0000`);
  for (let length = 0; length < whole.length; length++) {
    const { session } = createRecordingSession();
    expect(() => session.decodeMessage(whole.subarray(0, length))).toThrow(DecodeError);
    const honest = whole.slice(0, length);
    if (length >= 4) new DataView(honest.buffer).setUint16(2, length);
    try {
      session.decodeMessage(honest);
    } catch (error) {
      expect(error).toBeInstanceOf(DecodeError);
    }
  }
});

test("decodeDatagram() decodes several Messages and says where the damage is", () => {
  const { session, seen } = createRecordingSession();
  const one = message(`${template256} ${data256}`);
  session.decodeDatagram(new Uint8Array([...one, ...message(data256, { sequence: 1 })]));
  expect(seen.length).toBe(2);
  expect(() => session.decodeDatagram(new Uint8Array([...one, 0, 9]))).toThrow(
    expect.objectContaining({ code: "truncated", offset: one.length }),
  );
});

test("decodeMessage() refuses Templates beyond the bound and counts them", () => {
  const { session } = createRecordingSession();
  const wide = "0004 0001".repeat(limits.templateFields);
  const needed = Math.floor(limits.sessionTemplateFields / limits.templateFields);
  for (let id = 256; id <= 256 + needed; id++) {
    const setBytes = 4 * limits.templateFields + 8;
    const head = [2, setBytes, id, limits.templateFields];
    const words = head.map((word) => word.toString(16).padStart(4, "0")).join("");
    session.decodeMessage(message(words + wide));
  }
  expect(session.counters()).toMatchObject({ templates: needed, templatesRefused: 1 });
});

test("decodeMessage() forgets the domain that was not used for longest", () => {
  const { session, seen } = createRecordingSession();
  for (let domain = 1; domain <= limits.sessionDomains + 1; domain++) {
    session.decodeMessage(message(template256, { domain }));
    session.decodeMessage(message(template256, { domain: 1 }));
  }
  session.decodeMessage(message(data256, { domain: 1 }));
  session.decodeMessage(message(data256, { domain: 2 }));
  expect(seen.map(({ domain }) => domain)).toEqual([1]);
  expect(session.counters()).toMatchObject({ setsWithoutTemplate: 1 });
});
