import { closeSync, existsSync, openSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createMessageStream } from "../../dist/ipfix/message-stream.js";
import { createMessageWriter } from "../../dist/ipfix/message-writer.js";
import { createRecordEncoder } from "../../dist/ipfix/record/encoder.js";
import { elementByName } from "../../dist/ipfix/registry.js";
import { createTransportSession } from "../../dist/ipfix/session.js";
import { createTemplate } from "../../dist/ipfix/template.js";

/** Fields of a flow record of fixed length, 56 octets; those of peers/fixbuf.c are the same. */
const flatFields = [
  ...[
    ["octetDeltaCount", 8],
    ["packetDeltaCount", 8],
  ],
  ...[
    ["flowStartMilliseconds", 8],
    ["flowEndMilliseconds", 8],
  ],
  ...[
    ["sourceIPv4Address", 4],
    ["destinationIPv4Address", 4],
  ],
  ...[
    ["ingressInterface", 4],
    ["egressInterface", 4],
  ],
  ...[
    ["sourceTransportPort", 2],
    ["destinationTransportPort", 2],
  ],
  ...[
    ["tcpControlBits", 2],
    ["protocolIdentifier", 1],
    ["ipClassOfService", 1],
  ],
];

export const flatTemplate = createTemplate(
  256,
  0,
  flatFields.map(([name, length]) => [elementByName(name), length]),
);

/** `count` flow records as plain data. */
export function createFlatRecords(count) {
  return Array.from({ length: count }, (_, i) => ({
    octetDeltaCount: 1_000 + i * 37,
    packetDeltaCount: 1 + (i % 90),
    flowStartMilliseconds: 1_700_000_000_000 + i,
    flowEndMilliseconds: 1_700_000_001_000 + i,
    sourceIPv4Address: `10.${i & 255}.${(i >> 8) & 255}.1`,
    destinationIPv4Address: `192.0.2.${i & 255}`,
    ingressInterface: i & 7,
    egressInterface: i & 15,
    sourceTransportPort: 1_024 + (i & 0x7fff),
    destinationTransportPort: 443,
    tcpControlBits: 27,
    protocolIdentifier: 6,
    ipClassOfService: 0,
  }));
}

/** Create a writer of an IPFIX file; `close` gives how many records it holds. */
function createFile(path) {
  const descriptor = openSync(path, "w");
  const onMessage = (message) => writeSync(descriptor, message);
  const writer = createMessageWriter({ maximumBytes: 16_384, onMessage });
  const close = () => {
    writer.flush();
    closeSync(descriptor);
    return writer.counters().records;
  };
  return { append: writer.append.bind(writer), close };
}

/** Write an IPFIX file of `count` records of fixed length; returns how many it holds. */
export function writeFlatFile(path, count) {
  const encoder = createRecordEncoder(() => undefined);
  const { append, close } = createFile(path);
  const few = createFlatRecords(1_000).map((record) =>
    encoder.encode(flatTemplate, record).slice(),
  );
  const head = { domain: 0, exportTime: 1_700_000_000, template: flatTemplate };
  const offsets = Uint32Array.of(0, flatTemplate.fixedLength);
  for (let i = 0; i < count; i++) {
    const bytes = few[i % few.length];
    append({ ...head, templates: () => undefined, bytes, offsets, count: 1 });
  }
  return close();
}

const files = fileURLToPath(new URL("../../../shared/corpus/files/", import.meta.url));

/** Write what YAF wrote in the corpus `times` over; returns how many records, 0 without a corpus. */
export function writeYafFile(path, times) {
  if (!existsSync(files)) return 0;
  const names = readdirSync(files).filter((name) => /^yaf-(mixed|dns|smtp).*\.ipfix$/.test(name));
  const all = names.map((name) => readFileSync(join(files, name)));
  const { append, close } = createFile(path);
  const session = createTransportSession({ onBatch: append });
  const stream = createMessageStream({ onMessage: (message) => session.decodeMessage(message) });
  for (let i = 0; i < times; i++) for (const bytes of all) stream.push(bytes);
  stream.end();
  return close();
}
