import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeFlatFile, writeYafFile } from "./codec-data.mjs";

/**
 * `npm run bench:codec`: decode and sum, decode to JSON and encode, each contender in a process of
 * its own, in turns, so that all see the same machine. What counts is the CPU time of the processes,
 * the least of all rounds, as a ratio. Starting Node is included.
 */

const rounds = Number(process.env["ROUNDS"] ?? 3);
/** Many for what is fast, so that starting Node is a small part of it. */
const manyFlat = 2_000_000;
const someFlat = 200_000;
const manyYaf = 2_000;
const someYaf = 200;
const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "moonfix-codec-"));
const inFolder = (name) => join(folder, name);
const node = process.execPath;
const moonfix = here("../../dist/cli/main.js");

function isInstalled(program) {
  return spawnSync(program, ["-V"], { stdio: "ignore" }).error === undefined;
}

/** libfixbuf's contender, or undefined where its headers or a compiler are absent. */
function buildFixbuf() {
  const flags = spawnSync("pkg-config", ["--cflags", "--libs", "libfixbuf"], { encoding: "utf8" });
  if (flags.error !== undefined || flags.status !== 0) return undefined;
  const program = inFolder("fixbuf");
  const words = flags.stdout.trim().split(/\s+/);
  const args = ["-O2", "-o", program, here("peers/fixbuf.c"), ...words];
  return spawnSync("cc", args, { stdio: "ignore" }).status === 0 ? program : undefined;
}

/** A file of nfdump's own with the records of the flat one, sent over UDP to nfcapd. */
async function makeNfdumpFile(source) {
  if (!isInstalled("nfcapd") || !isInstalled("nfdump")) return undefined;
  const { spawn } = await import("node:child_process");
  const port = 20_000 + (process.pid % 20_000);
  const args = ["-b", "127.0.0.1", "-p", String(port), "-l", folder, "-t", "3600", "-B", "8000000"];
  const collector = spawn("nfcapd", args, { stdio: "ignore" });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const to = `udp://127.0.0.1:${port}`;
  execFileSync(node, [moonfix, "send", source, "--to", to, "--rate", "100000"], {
    stdio: "ignore",
  });
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const ended = new Promise((resolve) => collector.once("exit", resolve));
  collector.kill("SIGTERM");
  await ended;
  const name = readdirSync(folder).find((entry) => /^nfcapd\.\d+/.test(entry));
  return name === undefined ? undefined : inFolder(name);
}

/** CPU seconds of a command whose output goes nowhere. */
function cpuSeconds(command) {
  const script = `TIMEFORMAT='%U %S'; time "$@" >/dev/null 2>/dev/null`;
  const { stderr, status } = spawnSync("bash", ["-c", script, "bash", ...command], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(`${command.join(" ")} ended with ${status}`);
  const [user, system] = stderr.trim().split(/\s+/).map(Number);
  return user + system;
}

/** What a command says of a file must be what ours says. */
function verify(command, path) {
  if (!command) return;
  const run = ([program, ...args]) => execFileSync(program, args, { encoding: "utf8" });
  const [ours, theirs] = [run([node, here("codec-run.mjs"), "sum", path]), run(command)];
  if (ours !== theirs) throw new Error(`${command[0]} says ${theirs}, ours ${ours}`);
}

async function createGroups() {
  const paths = ["flat", "few-flat", "yaf", "few-yaf"].map((name) => inFolder(`${name}.ipfix`));
  const [flat, fewFlat, yaf, fewYaf] = paths;
  const flatRecords = writeFlatFile(flat, manyFlat);
  const fewFlatRecords = writeFlatFile(fewFlat, someFlat);
  const yafRecords = writeYafFile(yaf, manyYaf);
  const fewYafRecords = writeYafFile(fewYaf, someYaf);
  const fixbuf = buildFixbuf();
  const nfdump = await makeNfdumpFile(fewFlat);
  const dump = isInstalled("ipfixDump");
  const run = [node, here("codec-run.mjs")];
  const cat = [node, moonfix, "cat"];
  const sum = (path) => fixbuf && [fixbuf, "sum", path];
  const nf = (format) => nfdump && ["nfdump", "-r", nfdump, "-o", format];
  verify(sum(flat), flat);
  if (yafRecords > 0) verify(sum(yaf), yaf);
  return {
    [`decode and sum, ${flatRecords} records of 56 octets`]: [
      ["ours", [...run, "sum", flat], flatRecords],
      ["libfixbuf in C", sum(flat), flatRecords],
      [`nfdump -o null, ${fewFlatRecords} in its own file`, nf("null"), fewFlatRecords],
    ],
    [`decode and sum, ${yafRecords} records of YAF with lists`]: yafRecords > 0 && [
      ["ours", [...run, "sum", yaf], yafRecords],
      ["libfixbuf in C", sum(yaf), yafRecords],
    ],
    [`decode to JSON or text, ${fewFlatRecords} records of 56 octets`]: [
      ["ours, cat", [...cat, fewFlat], fewFlatRecords],
      ["ipfixDump -d", dump && ["ipfixDump", "-d", "-i", fewFlat], fewFlatRecords],
      ["nfdump -o json, its own file", nf("json"), fewFlatRecords],
    ],
    [`decode to JSON or text, ${fewYafRecords} records of YAF with lists`]: fewYafRecords > 0 && [
      ["ours, cat", [...cat, fewYaf], fewYafRecords],
      ["ipfixDump -d", dump && ["ipfixDump", "--yaf", "-d", "-i", fewYaf], fewYafRecords],
    ],
    [`encode, ${flatRecords} records of 56 octets`]: [
      ["ours, of objects with addresses as text", [...run, "encode", `${manyFlat}`], manyFlat],
      ["libfixbuf in C, of structs", fixbuf && [fixbuf, "encode", `${manyFlat}`], manyFlat],
    ],
  };
}

/** Least CPU nanoseconds a record of each contender, all of them in turns. */
function measure(contenders) {
  const least = new Map();
  for (let round = 0; round < rounds; round++) {
    for (const [name, command, records] of contenders) {
      if (!command) continue;
      const taken = (1e9 * cpuSeconds(command)) / records;
      least.set(name, Math.min(taken, least.get(name) ?? Number.POSITIVE_INFINITY));
    }
  }
  return least;
}

try {
  for (const [title, contenders] of Object.entries(await createGroups())) {
    if (!contenders) {
      console.log(`\n${title}: no corpus`);
      continue;
    }
    const least = measure(contenders);
    const ours = least.values().next().value;
    console.log(`\n${title}`);
    for (const [name] of contenders) {
      const taken = least.get(name);
      const figures =
        taken === undefined
          ? "not installed"
          : `${taken.toFixed(0).padStart(8)} ns a record, ${(taken / ours).toFixed(2)} x ours`;
      console.log(`  ${name.padEnd(44)} ${figures}`);
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
