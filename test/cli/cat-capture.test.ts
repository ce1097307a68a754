import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import { text } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { command } from "../../src/cli/commands/cat.ts";
import { temporaryFolder } from "../support/folder.ts";
import { hex } from "../support/hex.ts";
import { messageOf } from "../support/hostile.ts";
import { hasProgram } from "../support/programs.ts";
import { ethernet, pcapFile, udp } from "../support/wire.ts";

const netflow5 = hex(`0005 0001 000186a0 6553f100 00000000 00000005 01 02 0000
  0a010203 c0000209 00000000 0001 0002 0000000a 00001388 00015f90 00017318 9c40 01bb 00 1b 06 00
  fde9 fdea 18 10 0000`);
const sflow = hex(`00000005 00000001 c0000263 00000002 00000001 000003e8 00000001
  00000001 00000038 00000009 00000003 00000400 00001000 00000000 00000003 00000004
  00000001 000003e9 00000010 00000064 00000000 000000c8 00000000`);
const ipfix = messageOf("0002 000c 0100 0001 0008 0004 0100 0008 0a000001");

/** A capture of these payloads, each from a host and port of its own. */
function capture(...payloads: readonly Uint8Array[]): Uint8Array {
  const to = { address: "192.0.2.200", port: 2055 };
  return pcapFile(
    payloads.map((payload, i) => ({
      timeUs: 1_700_000_000_000_000 + i,
      frame: ethernet(udp({ address: `192.0.2.${i + 1}`, port: 4000 + i }, to, payload)),
    })),
  );
}

async function cat(path: string, options: Readonly<Record<string, string | boolean>> = {}) {
  const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
  const [out, err] = [text(stdout), text(stderr)];
  const code = await command.run({ args: [path], options, stdin, stdout, stderr });
  stdout.end();
  stderr.end();
  return { code, lines: (await out).split("\n").slice(0, -1), err: await err };
}

function saved(bytes: Uint8Array, name = "exports.pcap"): string {
  const path = join(temporaryFolder(), name);
  writeFileSync(path, bytes);
  return path;
}

const mixed = capture(netflow5, sflow, ipfix, hex("1234 0100 0001"));

test("cat shows what each exporter of a capture sent, in its own terms", async () => {
  const { code, lines, err } = await cat(saved(mixed));
  expect([code, err]).toEqual([0, ""]);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({
      exporter: "192.0.2.1:4000",
      version: 5,
      domain: 258,
      sysUpTime: 100_000,
      template: 5,
      fields: expect.objectContaining({ flowStartSysUpTime: 90_000 }),
    }),
    expect.objectContaining({
      exporter: "192.0.2.2:4001",
      version: "sflow5",
      kind: "flow",
      rate: 1024,
      records: [{ type: "extSwitch", srcVlan: 100, srcPriority: 0, dstVlan: 200, dstPriority: 0 }],
    }),
    expect.objectContaining({ exporter: "192.0.2.3:4002", version: 10, kind: "data" }),
  ]);
});

test("cat --ipfix shows the IPFIX that NetFlow and sFlow become", async () => {
  const { lines } = await cat(saved(mixed), { ipfix: true });
  expect(lines.map((line) => (JSON.parse(line) as { fields: unknown }).fields)).toEqual([
    expect.objectContaining({ flowStartMilliseconds: "2023-11-14T22:13:10.000Z" }),
    expect.objectContaining({ samplingInterval: 1024, vlanId: 100, postVlanId: 200 }),
    { sourceIPv4Address: "10.0.0.1" },
  ]);
});

test("cat --where and --fields see sFlow as IPFIX", async () => {
  const { lines } = await cat(saved(mixed), { where: "vlanId == 100", fields: "vlanId" });
  expect(lines).toEqual([expect.stringContaining('"fields":{"vlanId":100}')]);
});

test("cat --stats of a capture counts what is no export", async () => {
  const { lines } = await cat(saved(mixed), { stats: true });
  const counts = lines.slice(1).map((line) => line.trim().split(/ {2,}/).reverse());
  expect(Object.fromEntries(counts)).toMatchObject({
    records: "3",
    peers: "3",
    packets: "4",
    datagrams: "3",
    otherPackets: "1",
    incompleteDatagrams: "0",
  });
});

test("cat says which datagram of a capture is damaged and shows the others", async () => {
  const { code, lines, err } = await cat(saved(capture(netflow5.subarray(0, 60), ipfix)));
  expect([code, lines.length]).toEqual([1, 2]);
  expect(JSON.parse(lines[0] ?? "")).toMatchObject({ kind: "error", code: "truncated" });
  expect(err).toContain("NetFlow v5 of 1 records, 0 are there");
});

test("cat says that a capture ends within a packet", async () => {
  const { code, lines, err } = await cat(saved(mixed.subarray(0, mixed.length - 3)));
  expect([code, lines.length]).toEqual([1, 3]);
  expect(err).toContain("Cannot decode at byte");
});

test("cat reads captures that are compressed with gzip", async () => {
  expect((await cat(saved(gzipSync(mixed)))).lines).toHaveLength(3);
});

test.skipIf(!hasProgram("zstd"))(
  "cat reads files that are compressed with Zstandard (needs zstd)",
  async () => {
    const path = saved(mixed);
    execFileSync("zstd", ["--quiet", path]);
    const { lines } = await cat(`${path}.zst`);
    expect(lines).toEqual((await cat(path)).lines);
    const cut = saved(new Uint8Array(execFileSync("head", ["-c", "40", `${path}.zst`])), "cut.zst");
    expect(await cat(cut)).toMatchObject({
      code: 1,
      err: expect.stringContaining("Cannot decompress"),
    });
  },
);
