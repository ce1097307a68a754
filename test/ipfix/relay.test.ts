import { expect, test } from "vitest";
import { createMessageWriter } from "../../src/ipfix/message-writer.ts";
import { createTransportSession } from "../../src/ipfix/session.ts";
import { unhex as hexOf } from "../support/hex.ts";
import { messageOf } from "../support/hostile.ts";
import { corpusStreams, withoutSequence } from "../support/relay.ts";

/** What `messages` become on the way through a session and a writer. */
function relay(messages: readonly Uint8Array[]): Uint8Array[] {
  const relayed: Uint8Array[] = [];
  const onMessage = (message: Uint8Array) => relayed.push(message.slice());
  const writer = createMessageWriter({ maximumBytes: 65_535, onMessage });
  const onBatch = writer.append.bind(writer);
  const session = createTransportSession({ onBatch, layout: true, withdrawals: false });
  for (const message of messages) session.decodeMessage(message);
  writer.flush();
  return relayed;
}

const template = "0002 0010 0100 0002 0008 0004 0001 0004";
const another = "0002 0010 0101 0002 0008 0004 0002 0004";

/** Captures that begin in the middle: Sets whose Template never came cannot be passed on. */
const withoutTemplates = ["ipfix-netscaler-with-variable-length-fields.pcap"];

const complete = corpusStreams().filter(
  ({ name }) => !withoutTemplates.some((partial) => name.startsWith(partial)),
);

test.for(complete)("append() passes $name on octet by octet", ({ messages }) => {
  // A Message without Sets tells nothing, and is not passed on.
  const expected = messages.filter(({ length }) => length > 16);
  expect(expected.length).toBeGreaterThan(0);
  expect(withoutSequence(relay(messages))).toEqual(withoutSequence(expected));
});

test.for([
  ["a Template and its records", [`${template} 0100 000c 0a000001 00000001`]],
  [
    "records in two Messages",
    [`${template} 0100 000c 0a000001 00000001`, "0100 000c 0a000002 00000002"],
  ],
  [
    "two Sets of one Template",
    [`${template} 0100 000c 0a000001 00000001 0100 000c 0a000002 00000002`],
  ],
  [
    "Sets in turns",
    [`${template} ${another} 0101 000c 0a000001 00000001 0100 000c 0a000002 00000002`],
  ],
  [
    "padding behind records",
    [`${template} 0100 000f 0a000001 00000001 00ff00 0100 000c 0a000002 00000002`],
  ],
  [
    "padding behind Templates",
    ["0002 0014 0100 0002 0008 0004 0001 0004 00000000 0100 000c 0a000001 00000001"],
  ],
  ["Templates of two Sets", [template, another, "0100 000c 0a000001 00000001"]],
  [
    "Templates in one Set",
    ["0002 001c 0100 0002 0008 0004 0001 0004 0101 0002 0008 0004 0002 0004"],
  ],
  [
    "Templates sent again",
    [template, "0100 000c 0a000001 00000001", `${template} 0100 000c 0a000001 00000001`],
  ],
  [
    "one layout under two ids",
    [`${template} 0002 0010 0101 0002 0008 0004 0001 0004 0101 000c 0a000001 00000001`],
  ],
  [
    "Options Templates",
    ["0003 0012 0102 0002 0001 0095 0004 0029 0008 0102 0010 00000001 0000000000000002"],
  ],
] as const)("append() passes on %s octet by octet", ([, sets]) => {
  const messages = sets.map((text, i) =>
    messageOf(text, { exportTime: 7, domain: 9, sequence: i }),
  );
  expect(withoutSequence(relay(messages))).toEqual(withoutSequence(messages));
});

test("append() announces a redefined Template under another id, and splits what is too large", () => {
  const redefined = "0002 0010 0100 0002 0008 0004 0002 0004";
  const relayed = relay([
    messageOf(template),
    messageOf(`${redefined} 0100 000c 0a000001 00000001`),
  ]);
  expect(relayed.map((message) => hexOf(message).slice(32))).toEqual([
    "00020010" + "0100000200080004" + "00010004",
    "00020010" + "0101000200080004" + "00020004" + "0101000c0a00000100000001",
  ]);
});

test("append() begins no Message where a filter left out what began it", () => {
  const relayed: Uint8Array[] = [];
  const onMessage = (message: Uint8Array) => relayed.push(message.slice());
  const writer = createMessageWriter({ maximumBytes: 65_535, onMessage });
  const session = createTransportSession({
    layout: true,
    onBatch: (batch) => {
      if (batch.layout?.begins !== "message") writer.append(batch);
    },
  });
  session.decodeMessage(messageOf(`${template} 0100 000c 0a000001 00000001`));
  session.decodeMessage(messageOf("0100 000c 0a000002 00000002 0100 000c 0a000003 00000003"));
  writer.flush();
  expect(relayed.map((message) => hexOf(message).slice(32))).toEqual([
    "00020010010000020008000400010004" + "0100000c0a00000100000001" + "0100000c0a00000300000003",
  ]);
});
