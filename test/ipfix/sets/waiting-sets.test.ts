import { expect, test } from "vitest";
import { limits } from "../../../src/limits.ts";
import { createExporterSession } from "../../../src/translators/exporter-session.ts";
import { hex } from "../../support/hex.ts";
import { messageOf } from "../../support/hostile.ts";
import { createRecorder, createRecordingSession } from "../../support/ipfix.ts";

const template = "0002 000c 0100 0001 0008 0004";
const data = (address: string) => `0100 0008 ${address}`;

test("decodeMessage() decodes Sets that came before their Template once it comes, in order", () => {
  const exportTimes: number[] = [];
  const { session, seen } = createRecordingSession();
  session.decodeMessage(messageOf(data("0a000001"), { exportTime: 100 }));
  session.decodeMessage(messageOf(data("0a000002"), { exportTime: 101, sequence: 1 }));
  expect(session.counters()).toMatchObject({ setsWithoutTemplate: 2, setsWaiting: 2, records: 0 });
  session.decodeMessage(
    messageOf(`${template} ${data("0a000003")}`, { exportTime: 102, sequence: 2 }),
  );
  expect(seen.map(({ bytes }) => bytes)).toEqual(["0a000001", "0a000002", "0a000003"]);
  exportTimes.push(...seen.map(({ exportTime }) => exportTime));
  expect(exportTimes).toEqual([100, 101, 102]);
  expect(session.counters()).toMatchObject({ setsDecodedLate: 2, setsWaiting: 0, records: 3 });
});

test("decodeMessage() shows the header of the Message that a late Set came in", () => {
  const headers: number[] = [];
  const { session } = createRecordingSession({
    onBatch: () => headers.push(session.header.exportTime, session.header.sequence),
  });
  session.decodeMessage(messageOf(data("0a000001"), { exportTime: 100, sequence: 5 }));
  session.decodeMessage(messageOf(template, { exportTime: 102, sequence: 6 }));
  expect(headers).toEqual([100, 5]);
  expect(session.header).toMatchObject({ exportTime: 102, sequence: 6 });
});

test("decodeMessage() does not take late records for those of the Message at hand", () => {
  const { session } = createRecordingSession();
  session.decodeMessage(messageOf(data("0a000001"), { sequence: 0 }));
  session.decodeMessage(messageOf(`${template} ${data("0a000002")}`, { sequence: 1 }));
  session.decodeMessage(messageOf(data("0a000003"), { sequence: 2 }));
  expect(session.counters()).toMatchObject({ sequenceGaps: 0, recordsLost: 0, records: 3 });
});

test("decodeMessage() keeps waiting Sets of two domains apart", () => {
  const { session, seen } = createRecordingSession();
  session.decodeMessage(messageOf(data("0a000001"), { domain: 1 }));
  session.decodeMessage(messageOf(template, { domain: 2 }));
  expect(seen).toEqual([]);
  session.decodeMessage(messageOf(template, { domain: 1 }));
  expect(seen).toHaveLength(1);
});

test("decodeMessage() gives up Sets much older than their Template", () => {
  const { session, seen } = createRecordingSession();
  session.decodeMessage(messageOf(data("0a000001"), { exportTime: 100 }));
  const exportTime = 101 + limits.lateTemplateSeconds;
  session.decodeMessage(messageOf(template, { exportTime }));
  expect(seen).toEqual([]);
  expect(session.counters()).toMatchObject({ setsWaiting: 0, setsDecodedLate: 0 });
});

test("decodeMessage() counts a late Set that does not fit its Template", () => {
  const { session, seen } = createRecordingSession();
  session.decodeMessage(messageOf("0100 0008 05616263"));
  session.decodeMessage(messageOf("0002 000c 0100 0001 0052 ffff"));
  expect(seen).toEqual([]);
  expect(session.counters()).toMatchObject({ setsDamagedLate: 1, messagesDamaged: 0, messages: 2 });
});

test("decodeMessage() lets nothing wait after a withdrawal: that Template is gone, not late", () => {
  const { session, seen } = createRecordingSession();
  session.decodeMessage(messageOf(`${template} 0002 0008 0100 0000 ${data("0a000001")}`));
  session.decodeMessage(messageOf(template));
  expect(seen).toEqual([]);
  expect(session.counters()).toMatchObject({ setsWithoutTemplate: 1, setsWaiting: 0 });
});

test("decodeMessage() keeps no more than the limits, the youngest first", () => {
  const { session, seen } = createRecordingSession();
  const many = limits.sessionWaitingSets + 10;
  for (let i = 0; i < many; i++) {
    session.decodeMessage(messageOf(data(i.toString(16).padStart(8, "0"))));
  }
  expect(session.counters()).toMatchObject({ setsWaiting: limits.sessionWaitingSets });
  session.decodeMessage(messageOf(template));
  expect(seen).toHaveLength(limits.sessionWaitingSets);
  expect(seen[0]?.bytes).toBe("0000000a");
});

test("sessions of one collector share the octets that may wait", () => {
  const waitingBudget = { bytes: limits.collectorWaitingBytes - 4 };
  const { session } = createRecordingSession({ waitingBudget });
  session.decodeMessage(messageOf(data("0a000001")));
  session.decodeMessage(messageOf(data("0a000002")));
  expect(session.counters()).toMatchObject({ setsWithoutTemplate: 2, setsWaiting: 1 });
  session.end();
  expect(waitingBudget.bytes).toBe(limits.collectorWaitingBytes - 4);
});

test("createExporterSession() decodes late NetFlow v9 with the up-time of its own packet", () => {
  const { onBatch, seen } = createRecorder();
  const session = createExporterSession({ onBatch, now: () => 0 });
  const header = (upTime: string, seconds: string) =>
    `0009 0001 ${upTime} ${seconds} 00000001 00000007`;
  session.decodeDatagram(hex(`${header("00002710", "00000064")} 0100 0008 00001388`));
  session.decodeDatagram(hex(`${header("00004e20", "0000006e")} 0000 000c 0100 0001 0016 0004`));
  // 100 s at an up-time of 10 s: an up-time of 5 s was at 95 s.
  expect(seen.map(({ bytes }) => bytes)).toEqual([(95_000).toString(16).padStart(16, "0")]);
});
