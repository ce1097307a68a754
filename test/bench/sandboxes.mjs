import { createSocket } from "node:dgram";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { startLane } from "../../dist/engine/lane-thread.js";
import { createSandboxPool } from "../../dist/engine/sandboxes/pool.js";
import { createRecords, fields, recordBytes } from "./mediator.mjs";

/**
 * `npm run bench:sandboxes`: how long a trivial script takes in the pool, and how long records take
 * through a lane of another thread, while scripts attack. The attacks take turns with idleness, so
 * that all see the same machine; the ratios count, not the times.
 */

const rounds = 5;
const secondsEach = 1;
const pauseMs = 2;
const timeoutMs = 400;
/** Octets of two Messages of the exporter: whatever waits in it, one leaves. */
const recordsSent = 40;

/** Each is run again and again in all threads of the pool but one. */
const attacks = {
  idle: undefined,
  loop: "while true do pcall(function() while true do end end) end",
  allocate: "while true do pcall(function() local t = {} while true do t[#t + 1] = {} end end) end",
  pattern: `while true do pcall(string.find, ("a"):rep(3000), (".-"):rep(12) .. "b") end`,
  print: "while true do pcall(print, ('x'):rep(1000)) end",
};

const elementIds = {
  flowStartMilliseconds: 152,
  flowEndMilliseconds: 153,
  octetDeltaCount: 1,
  packetDeltaCount: 2,
  sourceIPv4Address: 8,
  destinationIPv4Address: 12,
  sourceTransportPort: 7,
  destinationTransportPort: 11,
  protocolIdentifier: 4,
  flowEndReason: 136,
  ipNextHopIPv4Address: 15,
  tcpControlBits: 6,
  ingressInterface: 10,
  egressInterface: 14,
  octetTotalCount: 85,
};

/** An IPFIX Message (RFC 7011 §3.1) of one Set. */
function message(setId, body) {
  const bytes = Buffer.alloc(20 + body.length);
  bytes.writeUInt16BE(10, 0);
  bytes.writeUInt16BE(bytes.length, 2);
  bytes.writeUInt32BE(1_700_000_000, 4);
  bytes.writeUInt16BE(setId, 16);
  bytes.writeUInt16BE(4 + body.length, 18);
  body.copy(bytes, 20);
  return bytes;
}

function templateMessage() {
  const body = Buffer.alloc(4 + 4 * fields.length);
  body.writeUInt16BE(256, 0);
  body.writeUInt16BE(fields.length, 2);
  fields.forEach(([name, length], i) => {
    body.writeUInt16BE(elementIds[name], 4 + 4 * i);
    body.writeUInt16BE(length, 6 + 4 * i);
  });
  return message(2, body);
}

/** A lane between two sockets of ours; `roundTrip` takes milliseconds for one Message. */
async function startProbe() {
  const output = createSocket("udp4").bind(0, "127.0.0.1");
  await once(output, "listening");
  const spare = createSocket("udp4").bind(0, "127.0.0.1");
  await once(spare, "listening");
  const { port } = spare.address();
  spare.close();
  const source = `
    collector "in" { listen = "udp://127.0.0.1:${port}" }
    mediator "m" {
      from = "in",
      each = function(flow)
        flow.octetDeltaCount = flow.octetDeltaCount * 2
        return flow
      end,
    }
    exporter "out" { from = "m", to = "udp://127.0.0.1:${output.address().port}" }`;
  const lane = startLane(
    { folder: process.cwd() },
    () => undefined,
    (reason) => console.error(reason),
  );
  const outcome = await lane.apply(source, "bench.lua");
  if (outcome.problems?.length > 0) throw new Error(JSON.stringify(outcome.problems));
  const input = createSocket("udp4");
  input.send(templateMessage(), port, "127.0.0.1");
  const data = message(256, Buffer.from(createRecords(recordsSent, 100).buffer));
  return {
    async roundTrip() {
      const startMs = performance.now();
      input.send(data, port, "127.0.0.1");
      await once(output, "message");
      return performance.now() - startMs;
    },
    async stop() {
      await lane.stop(1_000);
      input.close();
      output.close();
    },
  };
}

/** Enough to keep every processor busy; one thread more is for the trivial script. */
const attackers = availableParallelism();
const pool = createSandboxPool({ workers: attackers + 1 });
const probe = await startProbe();

async function attackUntil(signal, source) {
  while (source !== undefined && !signal.aborted) {
    await pool.run({ source, name: "attack.lua", profile: "agent", timeoutMs });
  }
}

async function trivialScript() {
  const startMs = performance.now();
  const { error } = await pool.run({ source: "return 1", name: "trivial.lua", profile: "agent" });
  if (error !== undefined) throw new Error(error.message);
  return performance.now() - startMs;
}

/** Measure the one, then the other, for a while. */
async function measure(samples, seconds) {
  for (const [kind, once] of [
    ["lane", probe.roundTrip],
    ["script", trivialScript],
  ]) {
    const endMs = performance.now() + 1_000 * seconds;
    while (performance.now() < endMs) {
      samples[kind].push(await once());
      await sleep(pauseMs);
    }
  }
}

const all = new Map(Object.keys(attacks).map((name) => [name, { lane: [], script: [] }]));
await measure({ lane: [], script: [] }, secondsEach);
for (let round = 0; round < rounds; round++) {
  for (const [name, source] of Object.entries(attacks)) {
    const stop = new AbortController();
    const attack = Array.from({ length: attackers }, () => attackUntil(stop.signal, source));
    await measure(all.get(name), secondsEach);
    stop.abort();
    await Promise.all(attack);
  }
}
const counters = pool.counters();
await pool.close();
await probe.stop();

function quantile(samples, q) {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.floor(q * (sorted.length - 1))];
}

console.log(
  `${recordsSent} records of ${recordBytes} octets through a lane; "return 1" in the pool`,
);
console.log(`${attackers} attackers on ${attackers} processors`);
console.log("milliseconds                 p50      p99   / idle p50   p99");
for (const kind of ["lane", "script"]) {
  for (const [name, samples] of all) {
    const [p50, p99] = [0.5, 0.99].map((q) => quantile(samples[kind], q));
    const idle = [0.5, 0.99].map((q) => quantile(all.get("idle")[kind], q));
    console.log(
      `  ${kind.padEnd(8)} ${name.padEnd(10)} ${p50.toFixed(2).padStart(9)} ${p99.toFixed(2).padStart(8)}` +
        `   ${(p50 / idle[0]).toFixed(2).padStart(9)} ${(p99 / idle[1]).toFixed(2).padStart(6)}`,
    );
  }
}
console.log(JSON.stringify(counters));
