import { hex } from "./hex.ts";

/** A Message around Sets given as hex, with its length filled in. */
export function messageOf(sets: string, { sequence = 0, domain = 0, exportTime = 1 } = {}) {
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

const header = "00000001 00000000 00000000";

/** Datagrams that no exporter should send, each with the counter that has to see it. */
export const hostileDatagrams: readonly (readonly [name: string, Uint8Array, counter: string])[] = [
  ["an empty datagram", hex(""), "emptyDatagrams"],
  ["one octet", hex("00"), "truncated"],
  ["half a version", hex("000a"), "truncated"],
  ["a header cut short", hex("000a 0010 00000001"), "truncated"],
  ["version 11", hex(`000b 0010 ${header}`), "badVersion"],
  ["version 0", hex(`0000 0010 ${header}`), "badVersion"],
  ["text", new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"), "badVersion"],
  ["NetFlow v5 without its record", hex(`0005 0001 ${header} 00000000 00000000`), "truncated"],
  ["NetFlow v9 without its FlowSet", hex(`0009 0001 ${header} 00000000`), "netflow9"],
  ["a FlowSet past the end", hex(`0009 0001 ${header} 00000000 0100 0010`), "badLength"],
  ["NetFlow v8", hex(`0008 0001 ${header} 00000000`), "foreignDatagrams"],
  ["sFlow v4", hex("00000004 00000001 7f000001 00000001"), "foreignDatagrams"],
  [
    "an sFlow sample past the end",
    hex("00000005 00000001 7f000001 00000000 00000001 00000001 00000001 00000001 000000ff"),
    "truncated",
  ],
  ["a length of 0", hex(`000a 0000 ${header}`), "badLength"],
  ["a length below the header", hex(`000a 000f ${header}`), "badLength"],
  ["a length past the end", hex(`000a ffff ${header}`), "truncated"],
  ["octets after the Message", hex(`000a 0010 ${header} 00`), "truncated"],
  [
    "another version after the Message",
    hex(`000a 0010 ${header} 0009 0010 ${header}`),
    "badVersion",
  ],
  ["a Set of length 0", messageOf("0100 0000"), "badLength"],
  ["a Set below its header", messageOf("0002 0003"), "badLength"],
  ["a Set past the end", messageOf("0002 0100 0100 0001 0001 0004"), "badLength"],
  ["a Set header cut short", messageOf("0002 00"), "truncated"],
  ["a reserved Set", messageOf("00ff 0004"), "reservedSets"],
  ["a Data Set without Template", messageOf("0fff 0008 00000000"), "setsWithoutTemplate"],
  ["65 535 fields", messageOf("0002 000c 0200 ffff 0001 0004"), "malformed"],
  ["a Template cut short", messageOf("0002 000a 0200 0002 0001"), "malformed"],
  ["a Template ID below 256", messageOf("0002 000c 00ff 0001 0001 0004"), "malformed"],
  ["a Template of records of 0 octets", messageOf("0002 000c 0200 0001 0001 0000"), "malformed"],
  ["a scope beyond the fields", messageOf("0003 000e 0200 0001 ffff 0001 0004"), "malformed"],
  ["an enterprise number cut short", messageOf("0002 000c 0200 0001 8001 0004"), "malformed"],
  ["a withdrawal", messageOf("0002 0008 0200 0000"), "withdrawalsIgnored"],
  ["a withdrawal of all Templates", messageOf("0002 0008 0002 0000"), "withdrawalsIgnored"],
  [
    "a variable length past the end",
    messageOf("0002 000c 0200 0001 0052 ffff 0200 000a ff ffff 616263"),
    "truncated",
  ],
];
