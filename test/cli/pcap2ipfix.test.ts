import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, expect, test } from "vitest";
import { samplePath } from "../generate/sample-capture.ts";
import { classicCapture, type TestPacket } from "../support/captures.ts";
import { program } from "../support/daemon.ts";
import { hasProgram, runProgram } from "../support/programs.ts";

const folder = mkdtempSync(join(tmpdir(), "moonfix-pcap2ipfix-"));
beforeEach(() => {
  for (const name of readdirSync(folder)) rmSync(join(folder, name));
});
afterAll(() => rmSync(folder, { recursive: true }));

const sample = readFileSync(samplePath);

/** Start `moonfix pcap2ipfix` in the folder of the test. */
function start(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [program, "pcap2ipfix", ...args], { cwd: folder });
  child.stdin.on("error", () => undefined); // it need not read to the end
  return child;
}

/** Run it to its end with `input` on standard input. */
async function run(args: readonly string[], input: Uint8Array = Buffer.alloc(0)) {
  const child = start(args);
  const [stdout, stderr] = [child.stdout, child.stderr].map((stream) => {
    const chunks: Buffer[] = [];
    stream?.on("data", (chunk: Buffer) => chunks.push(chunk));
    return chunks;
  });
  child.stdin?.end(input);
  const [code] = (await once(child, "close")) as [number | null];
  return {
    code,
    stdout: Buffer.concat(stdout ?? []),
    stderr: Buffer.concat(stderr ?? []).toString(),
  };
}

test("pcap2ipfix writes the file and one line about it", async () => {
  const { code, stdout, stderr } = await run([samplePath, "-o", "out.ipfix"]);
  expect({ code, stdout: stdout.length }).toEqual({ code: 0, stdout: 0 });
  expect(stderr).toMatch(/^moonfix: 1 047 packets, \d+ flows → out\.ipfix\n$/);
  expect(readdirSync(folder)).toEqual(["out.ipfix"]);
});

test("pcap2ipfix --quiet says nothing when all is well", async () => {
  const { code, stdout, stderr } = await run([samplePath, "-o", "out.ipfix", "--quiet"]);
  expect({ code, stdout: stdout.length, stderr }).toEqual({ code: 0, stdout: 0, stderr: "" });
});

test("pcap2ipfix reads standard input and writes standard output, byte for byte the same", async () => {
  await run([samplePath, "-o", "out.ipfix"]);
  const { code, stdout, stderr } = await run(["-", "-o", "-"], sample);
  expect({ code, stderr }).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/^moonfix: 1 047 packets, \d+ flows → standard output\n$/),
  });
  expect(stdout.equals(readFileSync(join(folder, "out.ipfix")))).toBe(true);
});

test.for([
  ["out.ipfix", "stdout"],
  ["-", "stderr"],
] as const)("pcap2ipfix --json -o %s prints the result to %s", async ([output, stream]) => {
  const result = await run([samplePath, "-o", output, "--json"]);
  const text = result[stream].toString();
  expect(text.split("\n")).toHaveLength(2);
  expect(JSON.parse(text)).toMatchObject({
    output,
    packets: 1_047,
    bytes: sample.length,
    damage: [],
    counters: { packets: 1_047 },
  });
});

test.for(["file", "standard input"])(
  "pcap2ipfix of a truncated %s keeps all that is whole, says so in one line, and fails",
  async (way) => {
    const cut = sample.subarray(0, -10);
    writeFileSync(join(folder, "cut.pcap"), cut);
    const input = way === "file" ? "cut.pcap" : "-";
    const { code, stderr } = await run([input, "-o", "out.ipfix"], cut);
    expect(code).toBe(1);
    const name = way === "file" ? "cut.pcap" : "standard input";
    expect(stderr).toMatch(
      new RegExp(
        `^moonfix: ${name} is cut short at byte \\d+; ` +
          "what came before is kept: 1 046 packets, \\d+ flows → out\\.ipfix\n$",
      ),
    );
    expect(readdirSync(folder)).toContain("out.ipfix");
  },
);

test.for([
  [["none.pcap", "-o", "x"], 1, /Cannot read none\.pcap: there is no such file/],
  [["-", "-o", "x"], 1, /standard input: 0 octets of a file header/],
  [["no.gif", "-o", "x"], 1, /no\.gif: magic 47494638, expected a pcap or pcapng capture/],
  [[samplePath, "-o", "nowhere/x"], 1, /Cannot create nowhere\/x: ENOENT/],
  [["no.gif", "-o", "no.gif"], 2, /Cannot write no\.gif: it is one of the captures/],
  [[samplePath], 2, /--output: Cannot convert: no output, expected -o OUT/],
  [[samplePath, "-o", "x", "--dpi"], 2, /--dpi: Cannot look into payloads: DPI is not there yet/],
  [[samplePath, "-o", "x", "--idle-timeout", "0"], 2, /--idle-timeout: Cannot use "0"/],
  [[samplePath, "-o", "x", "--active-timeout", "1e3"], 2, /--active-timeout: Cannot use "1e3"/],
  [[samplePath, "-o", "x", "--max-flows", "0"], 2, /--max-flows: .* from 1 to 16000000/],
  [[samplePath, "-o", "x", "--domain", "4294967296"], 2, /--domain: .* from 0 to 4294967295/],
  [["-", "-", "-o", "x"], 2, /Cannot read standard input twice/],
] as const)("pcap2ipfix %j fails with one clear line and no file", async ([args, wanted, text]) => {
  writeFileSync(join(folder, "no.gif"), "GIF89a");
  const { code, stdout, stderr } = await run(args);
  expect({ code, stdout: stdout.length }).toEqual({ code: wanted, stdout: 0 });
  expect(stderr).toMatch(text);
  expect(stderr.split("\n")).toHaveLength(2);
  expect(readdirSync(folder)).toEqual(["no.gif"]);
});

/** A capture so long that its flows do not fit in what is buffered before they are written. */
function longCapture(): Uint8Array {
  const packets = Array.from({ length: 20_000 }, (_, i): TestPacket => {
    const data = Uint8Array.from(sample.subarray(40, 40 + 60));
    data.set([i >>> 8, i & 255], 30);
    return { seconds: 1_700_000_000 + i, nanos: 0, linkType: 1, wireLength: 60, data };
  });
  return classicCapture(packets);
}

/** Resolves once a temporary file is there. */
async function hasTemporaryFile(): Promise<void> {
  const temporary = /^\.out\.ipfix\..*\.tmp$/;
  const wait = { timeout: 10_000 };
  await expect
    .poll(() => readdirSync(folder).some((name) => temporary.test(name)), wait)
    .toBe(true);
}

test("pcap2ipfix killed by SIGKILL leaves no file under the final name", async () => {
  writeFileSync(join(folder, "out.ipfix"), "the old one");
  const child = start(["-", "-o", "out.ipfix", "--idle-timeout", "1"]);
  // The pipe stays open: the conversion cannot have ended when the kill comes.
  child.stdin?.write(longCapture());
  await hasTemporaryFile();
  child.kill("SIGKILL");
  const [, signal] = (await once(child, "close")) as [unknown, string];
  expect(signal).toBe("SIGKILL");
  expect(readFileSync(join(folder, "out.ipfix"), "utf8")).toBe("the old one");
});

test.for([
  ["SIGINT", 130],
  ["SIGTERM", 143],
] as const)("pcap2ipfix that gets %s removes its temporary file", async ([signal, wanted]) => {
  const child = start(["-", "-o", "out.ipfix"]);
  child.stdin?.write(longCapture());
  await hasTemporaryFile();
  child.kill(signal);
  const [code] = (await once(child, "close")) as [number | null];
  expect(code).toBe(wanted);
  expect(readdirSync(folder)).toEqual([]);
});

const hasScript = process.platform === "linux" && hasProgram("script");

test.skipIf(!hasScript)("pcap2ipfix shows its progress on a terminal, and takes it away", () => {
  const line = `${process.execPath} ${program} pcap2ipfix ${samplePath} -o out.ipfix`;
  const shown = runProgram("script", ["-qec", `cd ${folder} && ${line}`, "/dev/null"]);
  expect(shown).toMatch(/\[#+-*\] 100 % {2}\S+ kB of \S+ kB {2}.* packets\/s .* flows .* left/);
  const [, last = ""] = shown.split("\r\x1b[K");
  expect(last).toMatch(/^moonfix: 1 047 packets, \d+ flows → out\.ipfix\r?\n$/);
});
