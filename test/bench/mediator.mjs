/**
 * The mediator that all contenders run: of 15-field records of 68 octets, those to port 443 leave
 * with twice their octets.
 */

/** Name and octets of the fields, in order. */
export const fields = [
  ["flowStartMilliseconds", 8],
  ["flowEndMilliseconds", 8],
  ["octetDeltaCount", 8],
  ["packetDeltaCount", 8],
  ["sourceIPv4Address", 4],
  ["destinationIPv4Address", 4],
  ["sourceTransportPort", 2],
  ["destinationTransportPort", 2],
  ["protocolIdentifier", 1],
  ["flowEndReason", 1],
  ["ipNextHopIPv4Address", 4],
  ["tcpControlBits", 2],
  ["ingressInterface", 4],
  ["egressInterface", 4],
  ["octetTotalCount", 8],
];

export const recordBytes = fields.reduce((sum, [, length]) => sum + length, 0);

/** Where field `name` stands in a record. */
export function offsetOf(name) {
  let at = 0;
  for (const [field, length] of fields) {
    if (field === name) return at;
    at += length;
  }
  throw new Error(`no field ${name}`);
}

const portAt = offsetOf("destinationTransportPort");
const octetsAt = offsetOf("octetDeltaCount");

/** `count` records, `percent` of which go to port 443. */
export function createRecords(count, percent) {
  const bytes = new Uint8Array(count * recordBytes);
  const view = new DataView(bytes.buffer);
  let seed = 1;
  for (let i = 0; i < bytes.length; i++) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    bytes[i] = seed >>> 16;
  }
  for (let i = 0; i < count; i++) {
    const start = i * recordBytes;
    view.setBigUint64(start, 1_700_000_000_000n + BigInt(i));
    view.setBigUint64(start + 8, 1_700_000_001_000n + BigInt(i));
    view.setBigUint64(start + octetsAt, BigInt(1_000 + 37 * i));
    view.setBigUint64(start + offsetOf("packetDeltaCount"), BigInt(1 + i));
    view.setUint16(start + portAt, (7 * i) % 100 < percent ? 443 : 53);
  }
  return bytes;
}

const high = 4_294_967_296;

/** Source text that reads a field as its own program would: exact, and a number where it can be. */
function readText(length, at) {
  if (length === 1) return `v.getUint8(o + ${at})`;
  if (length === 2) return `v.getUint16(o + ${at})`;
  if (length === 4) return `v.getUint32(o + ${at})`;
  return `wide(v.getUint32(o + ${at}), v.getUint32(o + ${at + 4}))`;
}

function writeText(length, at, value) {
  if (length === 1) return `v.setUint8(o + ${at}, ${value});`;
  if (length === 2) return `v.setUint16(o + ${at}, ${value});`;
  if (length === 4) return `v.setUint32(o + ${at}, ${value});`;
  return `putWide(v, o + ${at}, ${value});`;
}

const wide = (top, low) =>
  top < 0x20_0000 ? top * high + low : (BigInt(top) << 32n) | BigInt(low);

function putWide(view, at, value) {
  if (typeof value === "bigint") view.setBigUint64(at, BigInt.asUintN(64, value));
  else {
    view.setUint32(at, value / high);
    view.setUint32(at + 4, value >>> 0);
  }
}

const twice = (value) => (typeof value === "bigint" ? 2n * value : 2 * value);

function compileDecoder() {
  const parts = fields.map(([name, length]) => `${name}: ${readText(length, offsetOf(name))}`);
  return new Function("wide", `return (v, o) => ({ ${parts.join(", ")} })`)(wide);
}

function compileEncoder() {
  const parts = fields.map(([name, length]) => writeText(length, offsetOf(name), `flow.${name}`));
  return new Function("putWide", `return (v, o, flow) => { ${parts.join(" ")} }`)(putWide);
}

/** Straight-line JavaScript: every field decoded into an object, every field encoded again. */
export function createObjectMediator(bytes, each = doubleWeb) {
  const decode = compileDecoder();
  const encode = compileEncoder();
  const out = new Uint8Array(bytes.length);
  const target = new DataView(out.buffer);
  return () => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let end = 0;
    for (let at = 0; at < bytes.length; at += recordBytes) {
      const flow = decode(view, at);
      if (!each(flow)) continue;
      encode(target, end, flow);
      end += recordBytes;
    }
    return out.subarray(0, end);
  };
}

function doubleWeb(flow) {
  if (flow.destinationTransportPort !== 443) return false;
  flow.octetDeltaCount = twice(flow.octetDeltaCount);
  return true;
}

/** The least that JavaScript can do: an object of the two fields, and the record copied. */
export function createLazyMediator(bytes) {
  const out = new Uint8Array(bytes.length);
  const target = new DataView(out.buffer);
  return () => {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    let end = 0;
    for (let at = 0; at < bytes.length; at += recordBytes) {
      const flow = {
        octetDeltaCount: wide(view.getUint32(at + octetsAt), view.getUint32(at + octetsAt + 4)),
        destinationTransportPort: view.getUint16(at + portAt),
      };
      if (!doubleWeb(flow)) continue;
      out.set(bytes.subarray(at, at + recordBytes), end);
      putWide(target, end + octetsAt, flow.octetDeltaCount);
      end += recordBytes;
    }
    return out.subarray(0, end);
  };
}
