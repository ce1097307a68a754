import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PassThrough, Readable, Writable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { type ConversionProgress, convertCaptures } from "../../src/host/pcap-to-ipfix.ts";
import { createFlowLines } from "../../src/ipfix/format/flows.ts";
import { createLines } from "../../src/ipfix/format/lines.ts";
import { createTransportSession } from "../../src/ipfix/session.ts";
import { readIpfixFile } from "../../src/transport/reading/ipfix-file.ts";
import { samplePath } from "../generate/sample-capture.ts";
import { ethernet, octets, pcapFile, u32, udp } from "../support/wire.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "moonfix-convert-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const sample = readFileSync(samplePath);
const at = (name: string) => join(folder, name);

/** The flows of an IPFIX file. */
async function flowsIn(path: string): Promise<Record<string, unknown>[]> {
  const flows: Record<string, unknown>[] = [];
  const session = createLines({
    format: createFlowLines(),
    onLine: (line) => flows.push(JSON.parse(line) as Record<string, unknown>),
  });
  expect((await readIpfixFile(path, { session })).damage).toBeUndefined();
  return flows;
}

const client = { address: "192.0.2.1", port: 40_000 };
const server = { address: "192.0.2.2", port: 53 };
/** Queries of 32 octets, `apart` microseconds from one another. */
function queries(count: number, apart = 1_000): Uint8Array {
  const frames = Array.from({ length: count }, (_, i) => ({
    timeUs: 1_700_000_000_000_000 + i * apart,
    frame: ethernet(udp(client, server, octets(0, 1, 2, 3))),
  }));
  return pcapFile(frames);
}

test("convertCaptures() counts what it did, and the file holds it", async () => {
  const output = at("sample.ipfix");
  const seen: ConversionProgress[] = [];
  const onProgress = (progress: ConversionProgress) => void seen.push(progress);
  const result = await convertCaptures({ inputs: [samplePath], output, onProgress });
  const flows = await flowsIn(output);
  expect(flows).toHaveLength(result.flows);
  const sum = (key: string) => flows.reduce((total, flow) => total + Number(flow[key] ?? 0), 0);
  expect(sum("pkts") + sum("rpkts")).toBe(result.packets);
  expect(sum("octets") + sum("roctets")).toBe(result.octets);
  expect(result).toMatchObject({ bytes: sample.length, damage: [] });
  expect(result.outputBytes).toBe(readFileSync(output).length);
  const end = { bytes: sample.length, totalBytes: sample.length, packets: result.packets };
  expect(seen.at(-1)).toMatchObject(end);
});

test("convertCaptures() is the same from a file, from streams and into a stream", async () => {
  const output = at("one.ipfix");
  await convertCaptures({ inputs: [samplePath], output });
  const wanted = await flowsIn(output);
  const input = Readable.from([sample.subarray(0, 999), sample.subarray(999)]);
  const written: Buffer[] = [];
  const stream = new Writable({
    highWaterMark: 1,
    write(chunk: Buffer, _, done) {
      written.push(chunk);
      setImmediate(done);
    },
  });
  await convertCaptures({ inputs: [input], output: stream });
  expect(stream.writableEnded).toBe(false);
  writeFileSync(at("two.ipfix"), Buffer.concat(written));
  expect(await flowsIn(at("two.ipfix"))).toEqual(wanted);
});

test("convertCaptures() meters several captures as if they were one", async () => {
  writeFileSync(at("a.pcap"), queries(3));
  writeFileSync(at("b.pcap"), queries(2));
  const output = at("both.ipfix");
  await convertCaptures({ inputs: [at("a.pcap"), at("b.pcap")], output, domain: 7 });
  expect(await flowsIn(output)).toMatchObject([{ pkts: 5, octets: 5 * 32, endReason: 4 }]);
  const domains = new Set<number>();
  const session = createTransportSession({ onBatch: ({ domain }) => void domains.add(domain) });
  await readIpfixFile(output, { session });
  expect([...domains]).toEqual([7]);
});

test("convertCaptures() obeys its timeouts", async () => {
  writeFileSync(at("slow.pcap"), queries(10, 1_000_000));
  const inputs = [at("slow.pcap")];
  const output = at("slow.ipfix");
  await convertCaptures({ inputs, output, idleTimeoutMs: 900 });
  expect((await flowsIn(output)).map(({ pkts }) => pkts)).toEqual(Array(10).fill(1));
  await convertCaptures({ inputs, output, activeTimeoutMs: 4_500 });
  const flows = await flowsIn(output);
  expect(flows.map(({ pkts, endReason }) => [pkts, endReason])).toEqual([
    [5, 2],
    [5, 4],
  ]);
});

test("convertCaptures() keeps what came before the damage and tells where it is", async () => {
  const cut = queries(5).subarray(0, -1);
  writeFileSync(at("cut.pcap"), cut);
  writeFileSync(at("more.pcap"), queries(1));
  const output = at("cut.ipfix");
  const result = await convertCaptures({ inputs: [at("cut.pcap"), at("more.pcap")], output });
  expect(result.damage).toMatchObject([
    { input: at("cut.pcap"), code: "truncated", offset: 24 + 4 * (16 + 46) },
  ]);
  expect(await flowsIn(output)).toMatchObject([{ pkts: 5 }]);
});

test("convertCaptures() calls a damaged stream standard input", async () => {
  const forged = octets(queries(1), u32(1), u32(1), u32(2 ** 31), u32(1), new Uint8Array(99));
  const inputs = [Readable.from([Buffer.from(forged)])];
  const { damage, packets } = await convertCaptures({ inputs, output: at("forged.ipfix") });
  expect(damage).toMatchObject([{ input: "standard input", code: "bad-length" }]);
  expect(packets).toBe(1);
});

/** Files that a conversion left behind beside those that were there before. */
async function leftBy(convert: () => Promise<unknown>): Promise<string[]> {
  const before = readdirSync(folder);
  await convert();
  return readdirSync(folder).filter((name) => !before.includes(name));
}

test.for([
  ["no such file", () => [at("none.pcap")], { code: "not-found", message: /none\.pcap/ }],
  ["a folder", () => [folder], { code: "io", message: /it is a folder/ }],
  ["another file", () => [at("no.gif")], { code: "bad-magic", message: /no\.gif: magic 47494638/ }],
  [
    "an empty file",
    () => [at("empty.pcap")],
    { code: "truncated", message: /empty\.pcap: 0 octets/ },
  ],
  ["a capture and another file", () => [samplePath, at("no.gif")], { code: "bad-magic" }],
] as const)("convertCaptures() of %s leaves no file", async ([, inputs, { code, ...rest }]) => {
  writeFileSync(at("no.gif"), "GIF89a, no capture");
  writeFileSync(at("empty.pcap"), "");
  const left = await leftBy(async () => {
    const conversion = convertCaptures({ inputs: inputs(), output: at("never.ipfix") });
    const message = "message" in rest ? rest.message : /./;
    await expect(conversion).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });
  expect(left).toEqual([]);
});

test("convertCaptures() does not replace a capture by its own flows", async () => {
  writeFileSync(at("own.pcap"), queries(2));
  const own = join(folder, ".", "own.pcap");
  const conversion = convertCaptures({ inputs: [at("own.pcap")], output: own });
  await expect(conversion).rejects.toThrow("it is one of the captures");
  expect(new Uint8Array(readFileSync(own))).toEqual(queries(2));
});

test.for([
  ["nowhere/x.ipfix", "not-found", "Cannot create"],
  [".", "io", "it is a folder"],
] as const)("convertCaptures() says why it cannot write %s", async ([name, code, text]) => {
  const left = await leftBy(async () => {
    const conversion = convertCaptures({ inputs: [samplePath], output: join(folder, name) });
    const message = expect.stringContaining(text) as string;
    await expect(conversion).rejects.toMatchObject({ code, message });
  });
  expect(left).toEqual([]);
});

test("convertCaptures() replaces the file behind a symbolic link, not the link", async () => {
  writeFileSync(at("target"), "old");
  symlinkSync("target", at("link"));
  const { outputBytes } = await convertCaptures({ inputs: [samplePath], output: at("link") });
  expect(lstatSync(at("link")).isSymbolicLink()).toBe(true);
  expect(readFileSync(at("target"))).toHaveLength(outputBytes);
});

test("convertCaptures() leaves a device what it is", async () => {
  await convertCaptures({ inputs: [samplePath], output: "/dev/null" });
  expect(lstatSync("/dev/null").isCharacterDevice()).toBe(true);
});

test("convertCaptures() fails when its stream fails", async () => {
  const output = new Writable({ write: (_chunk, _, done) => done(new Error("full")) });
  output.on("error", () => undefined);
  const conversion = convertCaptures({ inputs: [samplePath], output });
  await expect(conversion).rejects.toThrow("Cannot write the output: full");
});

test("convertCaptures() that is aborted leaves the old file and no other", async () => {
  const output = at("old.ipfix");
  writeFileSync(output, "old");
  const abort = new AbortController();
  const input = new PassThrough();
  input.write(sample.subarray(0, 10_000));
  const left = await leftBy(async () => {
    const conversion = convertCaptures({
      inputs: [input],
      output,
      signal: abort.signal,
      onProgress: () => abort.abort(new Error("enough")),
    });
    await expect(conversion).rejects.toThrow("enough");
  });
  expect(left).toEqual([]);
  expect(readFileSync(output, "utf8")).toBe("old");
  expect(existsSync(output)).toBe(true);
});
