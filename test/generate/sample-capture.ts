import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import {
  ethernet,
  ip,
  octets,
  pcapFile,
  type Side,
  type TimedFrame,
  tcp,
  tcpFlags,
  u16,
  u32,
  udp,
} from "../support/wire.ts";

/**
 * Makes the capture that is shipped with the examples: ten minutes of a small office, from
 * documentation addresses (RFC 5737, RFC 3849).
 * Run it by `UPDATE_SAMPLE=1 npx vitest run test/generate`.
 */
export function sampleCapture(): Uint8Array {
  const office = createOffice();
  for (let minute = 0; minute < 10; minute++) office.minute(minute);
  const frames = [...office.frames].sort((a, b) => a.timeUs - b.timeUs);
  return pcapFile(frames);
}

/** Where the capture is kept. */
export const samplePath = fileURLToPath(
  new URL("../../examples/captures/sample.pcap", import.meta.url),
);

/** Write the capture to its place in the repository. */
export function writeSample(): void {
  writeFileSync(samplePath, sampleCapture());
}

/** 2026-01-05 09:00:00 UTC, in microseconds. */
const startUs = 1_767_603_600_000_000;

/** The same numbers on each run (mulberry32). */
function createRandom(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

const sites = ["www.example.com", "mail.example.org", "cdn.example.net", "api.example.edu"];
const resolver = { address: "192.0.2.53", port: 53 };

function createOffice() {
  const frames: TimedFrame[] = [];
  const random = createRandom(5655);
  let nextPort = 49_152;

  const send = (timeUs: number, packet: Uint8Array, vlan?: number): void => {
    frames.push({ timeUs: Math.round(timeUs), frame: ethernet(packet, vlan) });
  };
  const client = (): Side => ({ address: `192.0.2.${10 + random(8)}`, port: nextPort++ });

  function lookUp(atUs: number, name: string): number {
    const asking = client();
    const id = random(65_536);
    send(atUs, udp(asking, resolver, dnsQuery(id, name)));
    send(atUs + 9_000, udp(resolver, asking, dnsAnswer(id, name, `198.51.100.${1 + random(20)}`)));
    return atUs + 12_000;
  }

  /** A TCP conversation: each line is who speaks and what. */
  function talk(
    atUs: number,
    from: Side,
    to: Side,
    lines: readonly (readonly [0 | 1, Uint8Array])[],
  ) {
    const sides = [from, to] as const;
    const sequence = [random(2 ** 31), random(2 ** 31)];
    let timeUs = atUs;
    const segment = (who: 0 | 1, flags: number, payload = octets()): void => {
      const other = who === 0 ? 1 : 0;
      const acknowledgment = flags & tcpFlags.ack ? (sequence[other] ?? 0) : 0;
      send(
        timeUs,
        tcp(sides[who], sides[other], {
          flags,
          sequence: sequence[who] ?? 0,
          acknowledgment,
          payload,
        }),
      );
      const counts = payload.length + (flags & (tcpFlags.syn | tcpFlags.fin) ? 1 : 0);
      sequence[who] = ((sequence[who] ?? 0) + counts) >>> 0;
      timeUs += 4_000 + random(3_000);
    };
    segment(0, tcpFlags.syn);
    segment(1, tcpFlags.syn | tcpFlags.ack);
    segment(0, tcpFlags.ack);
    for (const [who, payload] of lines) {
      for (let at = 0; at < payload.length; at += 1_460) {
        segment(who, tcpFlags.psh | tcpFlags.ack, payload.subarray(at, at + 1_460));
      }
      segment(who === 0 ? 1 : 0, tcpFlags.ack);
    }
    segment(0, tcpFlags.fin | tcpFlags.ack);
    segment(1, tcpFlags.fin | tcpFlags.ack);
    segment(0, tcpFlags.ack);
  }

  function browse(atUs: number): void {
    const site = sites[random(sites.length)] ?? "";
    const timeUs = lookUp(atUs, site);
    const server = { address: `198.51.100.${1 + random(20)}`, port: 443 };
    talk(timeUs, client(), server, [
      [0, clientHello(site, random)],
      [1, noise(random, 1_200 + random(1_500))],
      [0, noise(random, 300 + random(400))],
      [1, noise(random, 500 + random(12_000))],
    ]);
  }

  function minute(number: number): void {
    const atUs = startUs + number * 60e6;
    for (let i = 0; i < 3; i++) browse(atUs + random(50e6));
    const web = { address: "203.0.113.80", port: 80 };
    talk(lookUp(atUs + 7e6, "intranet.example.com"), client(), web, [
      [
        0,
        octets(
          "GET /news HTTP/1.1\r\nHost: intranet.example.com\r\nUser-Agent: sample/1.0\r\n\r\n",
        ),
      ],
      [
        1,
        octets("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 900\r\n\r\n", page),
      ],
    ]);
    time(atUs + 1e6);
    ping(atUs + 20e6, number);
    overIPv6(atUs + 30e6);
    call(atUs + 41e6, number);
    if (number === 6) scan(atUs + 5e6);
  }

  function time(atUs: number): void {
    const asking = { address: `192.0.2.${10 + random(8)}`, port: 123 };
    const server = { address: "203.0.113.123", port: 123 };
    send(atUs, udp(asking, server, octets(0x23, new Uint8Array(47))));
    send(atUs + 20_000, udp(server, asking, octets(0x24, 2, new Uint8Array(46))));
  }

  function ping(atUs: number, number: number): void {
    for (let i = 0; i < 3; i++) {
      const rest = octets(u16(7), u16(3 * number + i), "abcdefghijklmnopqrstuvwabcdefghi");
      const echo = (type: number) => ({
        protocol: 1,
        payload: octets(type, 0, 0, 0, rest),
        checksumAt: 2,
      });
      send(atUs + i * 1e6, ip("192.0.2.12", "192.0.2.1", echo(8)));
      send(atUs + i * 1e6 + 700, ip("192.0.2.1", "192.0.2.12", echo(0)));
    }
  }

  function overIPv6(atUs: number): void {
    const from = { address: `2001:db8:0:0:0:0:0:${10 + random(8)}`, port: nextPort++ };
    talk(atUs, from, { address: "2001:db8:1:0:0:0:0:443", port: 443 }, [
      [0, clientHello("ipv6.example.net", random)],
      [1, noise(random, 3_000 + random(3_000))],
    ]);
  }

  /** Telephones live in VLAN 20. */
  function call(atUs: number, number: number): void {
    const phone = { address: "198.18.20.5", port: 5060 };
    const exchange = { address: "198.18.20.1", port: 5060 };
    const text = `OPTIONS sip:exchange.example.com SIP/2.0\r\nCSeq: ${number} OPTIONS\r\n\r\n`;
    send(atUs, udp(phone, exchange, octets(text)), 20);
    send(atUs + 3_000, udp(exchange, phone, octets("SIP/2.0 200 OK\r\n\r\n")), 20);
  }

  /** Somebody tries forty ports of one host; all are closed. */
  function scan(atUs: number): void {
    const from = { address: "203.0.113.66", port: 40_000 };
    for (let i = 0; i < 40; i++) {
      const to = { address: "192.0.2.12", port: 1 + 25 * i };
      const { syn, rst, ack } = tcpFlags;
      send(atUs + i * 20_000, tcp(from, to, { flags: syn, sequence: i, acknowledgment: 0 }));
      const refusal = { flags: rst | ack, sequence: 0, acknowledgment: i + 1 };
      send(atUs + i * 20_000 + 300, tcp(to, from, refusal));
    }
  }

  return { frames, minute };
}

const page = "<html>".padEnd(900, " moonfix");

function noise(random: (below: number) => number, length: number): Uint8Array {
  const body = Uint8Array.from({ length }, () => random(256));
  return octets(0x17, 3, 3, u16(length), body);
}

function dnsName(name: string): Uint8Array {
  return octets(...name.split(".").flatMap((label) => [label.length, label]), 0);
}

function dnsQuery(id: number, name: string): Uint8Array {
  const header = octets(u16(id), u16(0x0100), u16(1), u16(0), u16(0), u16(0));
  return octets(header, dnsName(name), u16(1), u16(1));
}

function dnsAnswer(id: number, name: string, address: string): Uint8Array {
  const header = octets(u16(id), u16(0x8180), u16(1), u16(1), u16(0), u16(0));
  const record = octets(u16(0xc00c), u16(1), u16(1), u32(300), u16(4));
  const question = octets(dnsName(name), u16(1), u16(1));
  return octets(header, question, record, ...address.split(".").map(Number));
}

/** A TLS 1.2 ClientHello that names `host` (RFC 5246 §7.4.1.2, RFC 6066 §3). */
function clientHello(host: string, random: (below: number) => number): Uint8Array {
  const name = octets(0, u16(host.length), host);
  const serverName = octets(u16(0), u16(name.length + 2), u16(name.length), name);
  const nonce = Uint8Array.from({ length: 32 }, () => random(256));
  const suites = octets(u16(4), u16(0xc02f), u16(0xc030));
  const body = octets(3, 3, nonce, 0, suites, 1, 0, u16(serverName.length), serverName);
  const handshake = octets(1, 0, u16(body.length), body);
  return octets(0x16, 3, 1, u16(handshake.length), handshake);
}
