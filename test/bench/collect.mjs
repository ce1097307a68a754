import { spawn, spawnSync } from "node:child_process";
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { createExporterSession } from "../../dist/translators/exporter-session.js";

/**
 * `npm run bench:collect`: how long NetFlow takes to become IPFIX in this process, and the CPU time
 * of a collector that stores NetFlow v5 from UDP, ours and nfcapd in turns.
 */

const rounds = 2;
const datagrams = 40_000;
const perSecond = 10_000;
/** Clock ticks of /proc a second on Linux. */
const ticks = 100;
const recordsEach = 30;

function packet(version, head, body) {
  const bytes = Buffer.concat([Buffer.alloc(head), body]);
  bytes.writeUInt16BE(version, 0);
  bytes.writeUInt16BE(recordsEach, 2);
  bytes.writeUInt32BE(100_000, 4);
  bytes.writeUInt32BE(1_700_000_000, 8);
  return bytes;
}

const anything = (length) => Buffer.from(Array.from({ length }, (_, i) => (i * 7) & 255));

function set(id, body) {
  const head = Buffer.alloc(4);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(4 + body.length, 2);
  return Buffer.concat([head, body]);
}

/** Fields that most exporters of NetFlow v9 send, by number and octets. */
const fields = [
  ...[8, 4, 12, 4, 15, 4, 10, 2, 14, 2, 2, 4, 1, 4, 22, 4, 21, 4, 7, 2],
  ...[11, 2, 6, 1, 4, 1, 5, 1, 16, 2, 17, 2, 9, 1, 13, 1],
];
const recordBytes = fields.reduce((sum, value, i) => (i % 2 === 0 ? sum : sum + value), 0);

function template9() {
  const body = Buffer.alloc(4 + 2 * fields.length);
  [256, fields.length / 2, ...fields].forEach((value, i) => {
    body.writeUInt16BE(value, 2 * i);
  });
  return packet(9, 20, set(0, body));
}

const netflow5 = packet(5, 24, anything(48 * recordsEach));
const netflow9 = packet(9, 20, set(256, anything(recordBytes * recordsEach)));

/** Least nanoseconds a record of `bytes`, decoded and translated over and over. */
function translate(bytes, before) {
  let records = 0;
  const onBatch = ({ count }) => {
    records += count;
  };
  const session = createExporterSession({ onBatch, now: () => 0 });
  if (before) session.decodeDatagram(before);
  let least = Number.POSITIVE_INFINITY;
  for (let round = 0; round < 12; round++) {
    records = 0;
    const began = process.hrtime.bigint();
    for (let i = 0; i < 3_000; i++) session.decodeDatagram(bytes);
    least = Math.min(least, Number(process.hrtime.bigint() - began) / records);
  }
  return least;
}

/** CPU microseconds a datagram of a collector that is sent NetFlow v5 at a steady rate. */
async function collect([program, ...args], port) {
  const collector = spawn(program, args, { stdio: "ignore" });
  await delay(1_500);
  const cpuSeconds = () => {
    const words = readFileSync(`/proc/${collector.pid}/stat`, "utf8").split(") ")[1].split(" ");
    return (Number(words[11]) + Number(words[12])) / ticks;
  };
  const before = cpuSeconds();
  const socket = createSocket("udp4");
  socket.connect(port, "127.0.0.1");
  await once(socket, "connect");
  const began = performance.now();
  for (let sent = 0; sent < datagrams; await delay(1)) {
    const due = Math.min(datagrams, ((performance.now() - began) * perSecond) / 1_000 + 1);
    for (; sent < due; sent++) {
      netflow5.writeUInt32BE(sent * recordsEach, 16);
      socket.send(Buffer.from(netflow5));
    }
  }
  await delay(1_500);
  const used = cpuSeconds() - before;
  const ended = once(collector, "exit");
  collector.kill("SIGTERM");
  await ended;
  socket.close();
  return (used * 1e6) / datagrams;
}

console.log("NetFlow becomes IPFIX");
console.log(`  v5  ${translate(netflow5).toFixed(0)} ns a record`);
console.log(`  v9  ${translate(netflow9, template9()).toFixed(0)} ns a record`);

const folder = mkdtempSync(join(tmpdir(), "moonfix-collect-"));
const port = 20_000 + (process.pid % 20_000);
const moonfix = fileURLToPath(new URL("../../dist/cli/main.js", import.meta.url));
const listen = `udp://127.0.0.1:${port}`;
const contenders = {
  ours: [process.execPath, moonfix, "collect", "--listen", listen, "-o", join(folder, "o"), "-q"],
  nfcapd: ["nfcapd", "-b", "127.0.0.1", "-p", String(port), "-l", folder, "-B", "8000000"],
};
if (spawnSync("nfcapd", ["-V"], { stdio: "ignore" }).error !== undefined) delete contenders.nfcapd;
const least = {};
try {
  for (let round = 0; round < rounds; round++) {
    for (const [name, command] of Object.entries(contenders)) {
      least[name] = Math.min(least[name] ?? Number.POSITIVE_INFINITY, await collect(command, port));
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
console.log(`\nstoring NetFlow v5 from UDP, CPU a datagram of ${recordsEach} records`);
for (const [name, taken] of Object.entries(least)) {
  console.log(
    `  ${name.padEnd(8)} ${taken.toFixed(1)} µs, ${(taken / least.ours).toFixed(2)} x ours`,
  );
}
if (!contenders.nfcapd) console.log("  nfcapd   not installed");
