import { ConfigError, DecodeError } from "../../dist/errors.js";
import { installPrimitives } from "../../dist/host/primitives.js";
import { createCsv } from "../../dist/ipfix/format/csv.js";
import { createFlowLines } from "../../dist/ipfix/format/flows.js";
import { createJsonLines } from "../../dist/ipfix/format/jsonl.js";
import { createLines } from "../../dist/ipfix/format/lines.js";
import { createText } from "../../dist/ipfix/format/text.js";
import { createMessageStream } from "../../dist/ipfix/message-stream.js";
import { createMessageWriter } from "../../dist/ipfix/message-writer.js";
import { recordReaderOf } from "../../dist/ipfix/record/compile-reader.js";
import { createRecordEncoder } from "../../dist/ipfix/record/encoder.js";
import { interpretRecordReader } from "../../dist/ipfix/record/read.js";
import { elementByName } from "../../dist/ipfix/registry.js";
import { createTransportSession } from "../../dist/ipfix/session.js";
import { createTemplate } from "../../dist/ipfix/template.js";
import { walkTemplateSet } from "../../dist/ipfix/template-record.js";
import { compileWhere } from "../../dist/ipfix/where/compile.js";
import { interpretWhere } from "../../dist/ipfix/where/interpret.js";
import { parseWhere } from "../../dist/ipfix/where/parse.js";
import { createLuaEngine } from "../../dist/lua/engine.js";
import { LuaError } from "../../dist/lua/errors.js";
import { createExporterSession } from "../../dist/translators/exporter-session.js";
import {
  ipfixSeeds,
  jsonSeeds,
  netflow5Seeds,
  netflow9Seeds,
  sflowSeeds,
  templateSeeds,
  vectorSeeds,
  whereSeeds,
} from "./seeds.mjs";

/**
 * What is attacked. `run` gets octets, and those that go before them unchanged; it returns whether
 * they were taken, and throws only what the target may throw for a bug: typed errors are taken in.
 */

/** Whether `body` ends without the typed error that bad input is answered with. */
function isTaken(Typed, body) {
  try {
    body();
    return true;
  } catch (error) {
    if (error instanceof Typed) return false;
    throw error;
  }
}

function feed(session, { before, bytes }) {
  for (const message of before) isTaken(DecodeError, () => session.decodeDatagram(message));
  return isTaken(DecodeError, () => session.decodeDatagram(bytes));
}

function check(condition, what) {
  if (!condition) throw new Error(`Broken promise: ${what}`);
}

/** Octets of lines per octet of input at most: a record of one octet is a line with its head. */
const amplification = 256;

/** Every format of lines shows whatever comes; JSON is JSON, and no line grows beyond measure. */
function showLines(input, open) {
  const size = input.bytes.length + input.before.reduce((sum, { length }) => sum + length, 0);
  let taken = false;
  for (const format of [createJsonLines(), createFlowLines(), createCsv(), createText()]) {
    let octets = 0;
    const onLine = (line) => {
      octets += line.length;
      if (line.startsWith("{")) JSON.parse(line);
    };
    const options = { format, onLine, templates: true, learnElements: true, withdrawals: false };
    taken = feed(createLines({ ...options, ...(open && { open }) }), input);
    check(octets < 10_000 + amplification * size, `${octets} octets of lines from ${size}`);
  }
  return taken;
}

/** What a writer makes of records, a session reads: as many as went in, without complaint. */
function relay(input, open = createTransportSession) {
  let [taken, received] = [0, 0];
  const receiver = createTransportSession({
    onBatch: ({ count }) => {
      received += count;
    },
  });
  const onMessage = (message) => receiver.decodeMessage(message);
  const writer = createMessageWriter({ maximumBytes: 65_535, onMessage });
  const onBatch = (batch) => {
    taken += batch.count;
    writer.append(batch);
  };
  const isWhole = feed(open({ onBatch, layout: true, withdrawals: false, now: () => 0 }), input);
  writer.flush();
  const { recordsTooLarge, recordsMalformed } = writer.counters();
  check(received + recordsTooLarge + recordsMalformed === taken, "records lost by the writer");
  return isWhole;
}

/** Plain data of any record: both readers see the same, and the encoder takes what they saw. */
function readPlain(input) {
  let isWhole = true;
  const onBatch = ({ template, templates, bytes, offsets, count }) => {
    const encoder = createRecordEncoder(templates);
    const source = { bytes, templates, depth: 0 };
    for (let i = 0; i < count; i++) {
      const [start, end] = [offsets[i], offsets[i + 1]];
      const isRead = isTaken(DecodeError, () => {
        const record = recordReaderOf(template)(source, start, end);
        isTaken(ConfigError, () => encoder.encode(template, record));
      });
      const twin = interpretRecordReader(template);
      check(isRead === isTaken(DecodeError, () => twin(source, start, end)), "twins differ");
      isWhole &&= isRead;
    }
  };
  return feed(createTransportSession({ onBatch, withdrawals: false }), input) && isWhole;
}

/** A file of three Messages, the one in the middle changed: all octets are accounted for. */
function readStream({ before, bytes }) {
  const whole = Buffer.from(ipfixSeeds[0].bytes);
  const file = new Uint8Array(Buffer.concat([whole, ...before, bytes, whole]));
  let [messages, lost] = [0, 0];
  const session = createTransportSession({ onBatch: () => undefined });
  const stream = createMessageStream({
    onMessage: (message) => {
      messages += message.length;
      isTaken(DecodeError, () => session.decodeMessage(message));
    },
    onDamage: (_, octets) => {
      lost += octets;
    },
  });
  for (let at = 0; at < file.length; at += 97) stream.push(file.subarray(at, at + 97));
  stream.end();
  check(messages + stream.skippedBytes === file.length, "octets neither Message nor skipped");
  check(lost === stream.skippedBytes, "octets skipped that no damage tells of");
  return lost === 0;
}

function readTemplates({ bytes }) {
  const visitor = { template: () => undefined, withdrawal: () => undefined };
  return [2, 3].some((setId) =>
    isTaken(DecodeError, () =>
      walkTemplateSet({ bytes, setId, start: 0, end: bytes.length }, visitor),
    ),
  );
}

const flow = createTemplate(
  256,
  0,
  ["sourceIPv4Address", "destinationTransportPort", "octetDeltaCount", "interfaceName"].map(
    (name) => [elementByName(name), name === "interfaceName" ? 8 : [4, 2, 8][name.length % 3]],
  ),
);
const flowOctets = new Uint8Array(flow.fixedLength).fill(1);

/** A text that parses gives the same answer compiled and interpreted. */
function filter({ bytes }) {
  const text = new TextDecoder().decode(bytes);
  return isTaken(ConfigError, () => {
    const where = parseWhere(text);
    const view = new DataView(flowOctets.buffer);
    const record = { template: flow, bytes: flowOctets, start: 0, end: flowOctets.length };
    const compiled = compileWhere(where, flow)(flowOctets, view, 0, flowOctets.length);
    check(compiled === interpretWhere(where, record), `twins differ on ${text}`);
  });
}

/** Lua's json.decode: what it takes, json.encode writes and it takes again. */
function createJsonTarget() {
  const engine = createLuaEngine({ profile: "agent", print: () => undefined });
  installPrimitives({ engine, log: () => undefined });
  const [round] = engine.run(
    "return function(text) return json.encode(json.decode(text)) end",
    "fuzz.lua",
  );
  return ({ bytes }) =>
    isTaken(LuaError, () => {
      const [once] = engine.call(round, [bytes]);
      const [twice] = engine.call(round, [once]);
      check(String(once) === String(twice), "JSON that changes when it is read again");
    });
}

const exporter = (options) => createExporterSession({ ...options, now: () => 0 });
const asSent = (options) => createExporterSession({ ...options, now: () => 0, asSent: true });
const translated = (input) => {
  showLines(input, asSent);
  return relay(input, exporter);
};
const ipfix = [...ipfixSeeds, ...vectorSeeds(10)];

/** The targets by name; each makes its runner once. */
export const targets = {
  session: { seeds: ipfix, create: () => showLines },
  relay: { seeds: ipfix, create: () => relay },
  lists: { seeds: ipfix, create: () => readPlain },
  file: { seeds: ipfix, create: () => readStream },
  templates: { seeds: templateSeeds, create: () => readTemplates },
  netflow5: { seeds: [...netflow5Seeds, ...vectorSeeds(5)], create: () => translated },
  netflow9: { seeds: [...netflow9Seeds, ...vectorSeeds(9)], create: () => translated },
  sflow: { seeds: sflowSeeds, create: () => translated },
  where: { seeds: whereSeeds, create: () => filter },
  json: { seeds: jsonSeeds, create: createJsonTarget },
};
