import { openSync, writeSync } from "node:fs";
import { createMessageWriter } from "../../dist/ipfix/message-writer.js";
import { compileRecordReader } from "../../dist/ipfix/record/compile-reader.js";
import { createRecordEncoder } from "../../dist/ipfix/record/encoder.js";
import { createTransportSession } from "../../dist/ipfix/session.js";
import { readIpfixFile } from "../../dist/transport/reading/ipfix-file.js";
import { createFlatRecords, flatTemplate } from "./codec-data.mjs";

/** Our contenders of codec.mjs, each in a process of its own: `sum FILE`, `encode COUNT`. */

const [task, argument] = process.argv.slice(2);
const octets = new Set(["octetDeltaCount"]);

/** Decode each record to an object with one field and add up its octets. */
async function sum(path) {
  let [records, total] = [0, 0];
  const readers = new WeakMap();
  const onBatch = ({ template, templates, bytes, offsets, count }) => {
    let read = readers.get(template);
    if (read === undefined) {
      read = compileRecordReader(template, octets);
      readers.set(template, read);
    }
    const source = { bytes, templates, depth: 0 };
    for (let i = 0; i < count; i++) {
      total += Number(read(source, offsets[i], offsets[i + 1]).octetDeltaCount ?? 0);
    }
    records += count;
  };
  await readIpfixFile(path, { session: createTransportSession({ onBatch }) });
  console.log(`${records} ${total}`);
}

/** Encode plain data record by record and write the Messages. */
function encode(count) {
  const encoder = createRecordEncoder(() => undefined);
  const descriptor = openSync("/dev/null", "w");
  const onMessage = (message) => writeSync(descriptor, message);
  const writer = createMessageWriter({ maximumBytes: 65_535, onMessage });
  const record = createFlatRecords(1)[0];
  const batch = {
    ...{ domain: 0, exportTime: 0, template: flatTemplate, templates: () => undefined },
    ...{ bytes: new Uint8Array(0), offsets: new Uint32Array(2), count: 1 },
  };
  for (let i = 0; i < count; i++) {
    record.octetDeltaCount = 1000 + i;
    record.packetDeltaCount = i;
    batch.bytes = encoder.encode(flatTemplate, record);
    batch.offsets[1] = batch.bytes.length;
    writer.append(batch);
  }
  writer.flush();
  console.log(`${count}`);
}

if (task === "sum") await sum(argument);
else encode(Number(argument));
