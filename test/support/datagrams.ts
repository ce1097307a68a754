import { readFileSync } from "node:fs";
import { formatIpv4, formatIpv6 } from "../../src/bytes/address.ts";

/** A UDP datagram and who sent it, as `ip:port`. */
export interface Datagram {
  readonly from: string;
  readonly payload: Uint8Array;
}

/**
 * UDP datagrams of a classic capture of Ethernet and at most one VLAN tag: enough for the
 * exporter captures of the corpus, and independent of the capture reader under test.
 */
export function readDatagrams(path: string): Datagram[] {
  const bytes = new Uint8Array(readFileSync(path));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const little = view.getUint8(0) === 0xd4 || view.getUint8(0) === 0x4d;
  const datagrams: Datagram[] = [];
  for (let at = 24; at + 16 <= bytes.length; ) {
    const length = view.getUint32(at + 8, little);
    const datagram = udpOf(bytes.subarray(at + 16, at + 16 + length));
    if (datagram) datagrams.push(datagram);
    at += 16 + length;
  }
  return datagrams;
}

function udpOf(frame: Uint8Array): Datagram | undefined {
  const view = new DataView(frame.buffer, frame.byteOffset, frame.byteLength);
  const ip = view.getUint16(12) === 0x8100 ? 18 : 14;
  const etherType = view.getUint16(ip - 2);
  const ipv6 = etherType === 0x86dd;
  if (!ipv6 && etherType !== 0x0800) return undefined;
  if (view.getUint8(ip + (ipv6 ? 6 : 9)) !== 17) return undefined;
  const udp = ip + (ipv6 ? 40 : (view.getUint8(ip) & 15) * 4);
  const address = ipv6 ? `[${formatIpv6(frame, ip + 8)}]` : formatIpv4(frame, ip + 12);
  const payload = frame.subarray(udp + 8, udp + view.getUint16(udp + 4));
  return { from: `${address}:${view.getUint16(udp)}`, payload };
}
