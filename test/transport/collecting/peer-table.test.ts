import { expect, test } from "vitest";
import { createTransportSession } from "../../../src/ipfix/session.ts";
import { limits } from "../../../src/limits.ts";
import { PeerTable } from "../../../src/transport/collecting/peer-table.ts";
import { messageOf } from "../../support/hostile.ts";

function hex16(number: number): string {
  return number.toString(16).padStart(4, "0");
}

/** A Message that defines `count` Templates of 512 fields from `id` on. */
function templates(count: number, id: number, domain = 0): Uint8Array {
  let records = "";
  for (let i = 0; i < count; i++) records += `${hex16(id + i)}0200${"00010004".repeat(512)}`;
  return messageOf(`0002${hex16(4 + records.length / 2)}${records}`, { domain });
}

function setUp() {
  const forgotten: string[] = [];
  const onForget = (name: string) => forgotten.push(name);
  const clock = { ms: 0 };
  const now = () => clock.ms;
  const open = () => createTransportSession({ onBatch() {} });
  const table = new PeerTable({ open, maximum: 100, onForget, now });
  const send = (name: string, bytes: Uint8Array) => {
    table.select(name).session.decodeMessage(bytes);
    table.settle();
  };
  return { table, forgotten, send, clock };
}

test("settle() gives up the peer with most Templates, not the others", () => {
  const { table, forgotten, send } = setUp();
  const most = limits.collectorTemplateFields / 512;
  for (let id = 0; id < 10; id++) send("good", templates(1, 256 + id));
  for (let i = 0; i < most - 10; i += 30) send("greedy", templates(30, 256 + i));
  expect(forgotten).toEqual(["greedy"]);
  expect(table.counters()).toMatchObject({ peers: 1, peersForgotten: 1 });
});

test("settle() counts a Template once however often it is sent, and less after withdrawals", () => {
  const { forgotten, send } = setUp();
  const many = templates(30, 256);
  const inDomain = templates(30, 256, 7);
  for (let i = 0; i < 30; i++) {
    send("again", many);
    send("withdrawing", inDomain);
    send("withdrawing", messageOf("0002 0008 0002 0000", { domain: 7 }));
  }
  const single = templates(1, 256);
  for (let i = 0; i < 600; i++) {
    send("one", single);
    send("one", messageOf("0002 0008 0100 0000"));
  }
  expect(forgotten).toEqual([]);
});

test("counters() keep the sums of peers that left", () => {
  const { table, send } = setUp();
  const none = table.counters();
  expect(none).toMatchObject({ messages: 0, records: 0, peers: 0 });
  send("a", templates(2, 256));
  send("b", templates(3, 256));
  table.remove("a");
  table.remove("unknown");
  expect(table.counters()).toMatchObject({ messages: 2, templates: 5, peers: 1 });
  expect(Object.keys(table.counters())).toEqual(Object.keys(none));
});

/** A Message with a Template of one octet and a record. */
const records = messageOf("0002 000c 0400 0001 0004 0001 0400 0005 06");
const record = messageOf("0400 0005 06");

test("select() lets made-up peers drive out each other, not one that has sent for a while", () => {
  const { table, forgotten, send, clock } = setUp();
  send("good", records);
  clock.ms = limits.peerProbationMs;
  send("good", record);
  for (let i = 0; i < 1_000; i++) send(`evil ${i}`, records);
  send("good", record);
  expect(table.counters()).toMatchObject({ peers: 100, setsWithoutTemplate: 0 });
  expect(forgotten).toEqual(Array.from({ length: 901 }, (_, i) => `evil ${i}`));
});

test("select() forgets the settled peer that is silent for longest when all are settled", () => {
  const { forgotten, send, clock } = setUp();
  const names = Array.from({ length: 100 }, (_, i) => `peer ${i}`);
  for (const name of names) send(name, records);
  clock.ms = limits.peerProbationMs;
  for (const name of names) send(name, record);
  send("peer 0", record);
  send("new", records);
  expect(forgotten).toEqual(["peer 1"]);
});

test("settle() gives up newcomers before a peer with more Templates that has sent for a while", () => {
  const { table, forgotten, send, clock } = setUp();
  send("good", records);
  clock.ms = limits.peerProbationMs;
  for (let id = 0; id < 100; id++) send("good", templates(1, 256 + id));
  for (let i = 0; i < 99; i++) send(`evil ${i}`, templates(20, 256));
  send("good", record);
  expect(table.counters()).toMatchObject({ setsWithoutTemplate: 0 });
  expect(forgotten.length).toBeGreaterThan(10);
  expect(forgotten).not.toContain("good");
});
