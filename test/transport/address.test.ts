import { expect, test } from "vitest";
import {
  formatAddress,
  formatPeer,
  parseDestination,
  parseListen,
} from "../../src/transport/address.ts";

test.for([
  ["udp://127.0.0.1:4739", { scheme: "udp", host: "127.0.0.1", port: 4739 }],
  ["tcp://127.0.0.1:0", { scheme: "tcp", host: "127.0.0.1", port: 0 }],
  ["UDP://localhost:1", { scheme: "udp", host: "localhost", port: 1 }],
  ["udp://[::1]:4739", { scheme: "udp", host: "::1", port: 4739 }],
  ["tcp://[fe80::1%eth0]:65535", { scheme: "tcp", host: "fe80::1%eth0", port: 65535 }],
] as const)("parseListen() takes %s", ([text, address]) => {
  expect(parseListen(text)).toEqual(address);
  expect(formatAddress(parseListen(text))).toBe(text.replace("UDP", "udp"));
});

test.for([
  ["", "no scheme"],
  ["4739", "no scheme"],
  ["127.0.0.1:4739", "no scheme"],
  ["localhost:4739", "no scheme"],
  ["udb://127.0.0.1:4739", 'unknown scheme "udb"'],
  ["file:x", 'unknown scheme "file"'],
  ["tls://127.0.0.1:4740", 'unknown scheme "tls"'],
  ["udp:127.0.0.1:4739", 'no "//" after "udp:"'],
  ["udp://", "no host"],
  ["udp://:4739", "no host"],
  ["udp://::1:4739", "IPv6 address without [ ]"],
  ["udp://[::g]:4739", 'no such host "::g"'],
  ["udp://256.0.0.1:4739", 'no such host "256.0.0.1"'],
  ["udp://a b:4739", 'no such host "a b"'],
  ["udp://127.0.0.1", "no port"],
  ["udp://127.0.0.1:", "no port"],
  ["udp://127.0.0.1:65536", "port 65536"],
] as const)("parseListen() refuses %s", ([text, state]) => {
  const message = `Cannot listen on "${text}": ${state}, expected udp://HOST:PORT or tcp://HOST:PORT`;
  expect(() => parseListen(text)).toThrow(
    expect.objectContaining({ code: "bad-value", message: expect.stringContaining(message) }),
  );
});

test("parseListen() says which scheme was meant", () => {
  expect(() => parseListen("udpp://h:1")).toThrow('HOST:PORT, did you mean "udp"?');
});

test.for([
  ["udp://127.0.0.1:4739", { scheme: "udp", host: "127.0.0.1", port: 4739 }],
  ["tcp://collector.example:4739", { scheme: "tcp", host: "collector.example", port: 4739 }],
  ["file:var/flows/out.ipfix", { scheme: "file", path: "var/flows/out.ipfix" }],
  ["file:/tmp/out.ipfix", { scheme: "file", path: "/tmp/out.ipfix" }],
  ["file:///tmp/out.ipfix", { scheme: "file", path: "/tmp/out.ipfix" }],
  ["file:4739", { scheme: "file", path: "4739" }],
  ["file:var/%F/%H.ipfix", { scheme: "file", path: "var/%F/%H.ipfix" }],
] as const)("parseDestination() takes %s", ([text, destination]) => {
  expect(parseDestination(text)).toEqual(destination);
});

test.for([
  ["file:", "bad-value", "no path"],
  ["file://host/x", "bad-value", 'a host after "file://"'],
  ["file:var/%Q.ipfix", "bad-value", 'unknown "%Q", expected %Y'],
  ["fil:x", "bad-value", 'did you mean "file"?'],
  ["tcp://h:0", "bad-value", "port 0"],
  ["out.ipfix", "bad-value", "no scheme"],
] as const)("parseDestination() refuses %s", ([text, code, part]) => {
  expect(() => parseDestination(text)).toThrow(
    expect.objectContaining({ code, message: expect.stringContaining(part) }),
  );
});

test.for([
  ["192.0.2.1", "192.0.2.1:4739"],
  ["2001:db8::1", "[2001:db8::1]:4739"],
  ["::ffff:192.0.2.1", "192.0.2.1:4739"],
  ["::ffff:1", "[::ffff:1]:4739"],
] as const)("formatPeer() calls %s %s", ([address, name]) => {
  expect(formatPeer(address, 4739)).toBe(name);
});
