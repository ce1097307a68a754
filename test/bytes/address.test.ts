import fc from "fast-check";
import { expect, test } from "vitest";
import {
  formatIpv4,
  formatIpv6,
  formatMac,
  parseIpv4,
  parseIpv6,
  parseMac,
} from "../../src/bytes/address.ts";
import { hex } from "../support/hex.ts";

test.for([
  ["0000 0000 0000 0000 0000 0000 0000 0000", "::"],
  ["0000 0000 0000 0000 0000 0000 0000 0001", "::1"],
  ["2001 0db8 0000 0000 0000 0000 0000 0001", "2001:db8::1"],
  ["2001 0db8 0000 0001 0001 0001 0001 0001", "2001:db8:0:1:1:1:1:1"],
  ["2001 0000 0000 0001 0000 0000 0000 0001", "2001:0:0:1::1"],
  ["2001 0db8 0000 0000 0001 0000 0000 0001", "2001:db8::1:0:0:1"],
  ["fe80 0000 0000 0000 0000 0000 0000 0000", "fe80::"],
  ["0000 0000 0000 0000 0000 ffff 0102 0304", "::ffff:1.2.3.4"],
] as const)("formatIpv6() and parseIpv6() agree on %s as %s", ([octets, text]) => {
  expect(formatIpv6(hex(octets), 0)).toBe(text);
  expect(parseIpv6(text)).toEqual(hex(octets));
});

test.for(["", ":", ":::", "1", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "g::", "::1.2.3"])(
  "parseIpv6() finds no address in %j",
  (text) => {
    expect(parseIpv6(text)).toBeUndefined();
  },
);

test.for(["", "1.2.3", "1.2.3.256", "1.2.3.04", "1.2.3.4.5", "a.b.c.d"])(
  "parseIpv4() finds no address in %j",
  (text) => {
    expect(parseIpv4(text)).toBeUndefined();
  },
);

test("parse…() undo format…()", () => {
  const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(octets(4), octets(6), octets(16), (ipv4, mac, ipv6) => {
      expect(parseIpv4(formatIpv4(ipv4, 0))).toEqual(ipv4);
      expect(parseMac(formatMac(mac, 0))).toEqual(mac);
      expect(parseIpv6(formatIpv6(ipv6, 0))).toEqual(ipv6);
    }),
  );
});
