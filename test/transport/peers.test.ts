import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { createCollector } from "../../src/transport/collectors.ts";
import { createExporter } from "../../src/transport/exporters.ts";
import { createFileExporter } from "../../src/transport/file-exporter.ts";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { readRecords } from "../../src/transport/reading/records.ts";
import { temporaryFolder } from "../support/folder.ts";
import { createRecordingSession } from "../support/ipfix.ts";
import { portOf, until } from "../support/network.ts";
import { hasProgram } from "../support/programs.ts";
import { shared } from "../support/shared.ts";

/** Files and captures that peers wrote, by folder. */
const made = { yaf: shared("corpus/pcap/expected"), captures: shared("corpus/ipfix") } as const;
const scan = shared("corpus/gen/scan-1000-ports.pcap");

function filesOf(folder: string | undefined, ending: string): string[] {
  if (folder === undefined) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(ending));
  return names.map((name) => join(folder, name));
}

/** Records of a file in which nothing may be damaged, left out or out of sequence. */
async function readWhole(path: string): Promise<number> {
  const { session } = createRecordingSession();
  const result = await readIpfixFile(path, { session });
  expect(result, path).toMatchObject({ damages: 0, skippedBytes: 0, lostBytes: 0 });
  const { setsWaiting, setsWithoutTemplate, recordsLost, records = 0 } = session.counters();
  expect([setsWaiting, setsWithoutTemplate, recordsLost], path).toEqual([0, 0, 0]);
  return records;
}

function expectNoProblem(message: string): void {
  expect.fail(message);
}

test.skipIf(made.yaf === undefined)(
  "readIpfixFile() reads all that YAF wrote in full",
  async () => {
    const paths = filesOf(made.yaf, ".yaf.ipfix");
    expect(paths.length).toBeGreaterThan(100);
    for (const path of paths) {
      const flows = readFileSync(path.replace(/ipfix$/, "jsonl"), "utf8").match(/"rec": ?"flow"/g);
      // Flows, and the process statistics and descriptions that YAF adds.
      expect(await readWhole(path), path).toBeGreaterThanOrEqual(flows?.length ?? 0);
    }
  },
);

const converted = filesOf(made.captures, ".pcap").filter((path) => {
  return /live-|pmacct-|ipfix-yaf|openbsd/.test(path);
});

for (const capture of converted) {
  const name = capture.slice(capture.lastIndexOf("/") + 1);
  test(`a file of what ${name} holds is read back in full, by us and by ipfixDump`, async () => {
    const path = join(temporaryFolder(), "out.ipfix");
    const exporter = createFileExporter({ path, append: false, onProblem: expectNoProblem });
    await exporter.start();
    await readRecords(capture, { onBatch: (batch) => exporter.write(batch) });
    await exporter.stop();
    const { records, delivered } = exporter.counters();
    expect(delivered).toBe(records);
    expect(await readWhole(path)).toBe(records);
    if (hasProgram("ipfixDump") && records !== 0) expect(dumped(path)).toBe(records);
  });
}

/** What ipfixDump says of lengths that exporters chose otherwise than its own tables. */
const chosenLength = /^.*Template warning: Illegal length \d+ for information element \w+\n/gm;

/** Records that libfixbuf's ipfixDump finds in a file, without a word about anything else. */
function dumped(path: string): number {
  const { stdout, stderr } = spawnSync("ipfixDump", ["--in", path], {
    encoding: "utf8",
    maxBuffer: 1e9,
  });
  expect(stderr.replaceAll(chosenLength, "")).toBe("");
  return stdout.match(/^--- data record/gm)?.length ?? 0;
}

/** Collect over UDP into a file what `send` sends to the port it gets. */
async function collect(send: (port: number) => void): Promise<string> {
  const path = join(temporaryFolder(), "out.ipfix");
  const exporter = createFileExporter({ path, append: false, onProblem: expectNoProblem });
  await exporter.start();
  let records = 0;
  const collector = createCollector({
    listen: "udp://127.0.0.1:0",
    onBatch(batch) {
      records += batch.count;
      exporter.write(batch);
    },
    onProblem: expectNoProblem,
  });
  const [bound] = await collector.start();
  send(portOf(bound));
  await until(() => records > 0);
  await collector.stop();
  await exporter.stop();
  expect(await readWhole(path)).toBe(records);
  return path;
}

test.skipIf(!hasProgram("softflowd") || scan === undefined).for(["5", "9", "10"])(
  "what softflowd sends as version %s becomes a file that is read in full (needs softflowd)",
  async (version) => {
    const path = await collect((port) => {
      const args = ["-r", scan ?? "", "-n", `127.0.0.1:${port}`, "-v", version, "-d"];
      execFileSync("softflowd", args, { stdio: "ignore" });
    });
    const tree = execTshark(path);
    if (tree !== undefined) expect(tree).not.toMatch(/Malformed|no template/i);
  },
);

function execTshark(path: string): string | undefined {
  if (!hasProgram("tshark")) return undefined;
  const options = { encoding: "utf8", stdio: "pipe", maxBuffer: 1e9 } as const;
  return execFileSync("tshark", ["-r", path, "-V"], options);
}

const hasNfdump = ["nfpcapd", "nfreplay", "nfcapd", "nfdump"].every(hasProgram);

test.skipIf(!hasNfdump || scan === undefined).for(["5", "9"])(
  "what nfdump replays as version %s becomes a file that is read in full (needs nfdump)",
  async (version) => {
    const folder = temporaryFolder();
    execFileSync("nfpcapd", ["-r", scan ?? "", "-l", folder], { stdio: "ignore" });
    const [name = ""] = readdirSync(folder);
    const path = await collect((port) => {
      const to = ["-H", "127.0.0.1", "-p", String(port), "-v", version];
      execFileSync("nfreplay", [...to, "-d", "100", "-r", join(folder, name)], { stdio: "ignore" });
    });
    expect(await readWhole(path)).toBeGreaterThanOrEqual(1_000);
  },
);

/** Octets that wait in the UDP socket of `port` on Linux; undefined when nobody listens there. */
function unreadOctets(port: number): number | undefined {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")}`;
  for (const line of readFileSync("/proc/net/udp", "utf8").split("\n")) {
    const [, address = "", , , queues = ""] = line.trim().split(/ +/);
    if (address.endsWith(local)) return Number.parseInt(queues.split(":")[1] ?? "", 16);
  }
  return undefined;
}

/** Start nfcapd on a free port and wait until it listens there. */
async function startNfcapd(folder: string): Promise<{ child: ChildProcess; port: number }> {
  const probe = createCollector({
    listen: "udp://127.0.0.1:0",
    onBatch: () => undefined,
    onProblem: expectNoProblem,
  });
  const [address] = await probe.start();
  const port = portOf(address);
  await probe.stop();
  const args = ["-b", "127.0.0.1", "-p", String(port), "-l", folder, "-t", "3600"];
  const child = spawn("nfcapd", args, { stdio: "ignore" });
  onTestFinished(() => void child.kill("SIGKILL"));
  await until(() => unreadOctets(port) !== undefined);
  return { child, port };
}

test.skipIf(!hasNfdump || process.platform !== "linux" || made.yaf === undefined)(
  "nfcapd takes the flows of our files, record for record (needs nfdump)",
  async () => {
    const folder = temporaryFolder();
    const { child, port } = await startNfcapd(folder);
    const to = `udp://127.0.0.1:${port}`;
    const exporter = createExporter({ to, append: true, onProblem: expectNoProblem });
    await exporter.start();
    const path = join(made.captures ?? "", "live-softflowd-v5.pcap");
    let flows = 0;
    await readRecords(path, {
      onBatch(batch) {
        if (batch.template.scopeCount === 0) flows += batch.count;
        exporter.write(batch);
      },
    });
    await exporter.stop();
    await until(() => unreadOctets(port) === 0);
    const ended = once(child, "exit");
    child.kill("SIGTERM");
    await ended;
    const summary = execFileSync("nfdump", ["-R", folder, "-I"], { encoding: "utf8" });
    expect(Number(/^Flows: (\d+)/m.exec(summary)?.[1])).toBe(flows);
    expect(flows).toBeGreaterThan(0);
  },
);
