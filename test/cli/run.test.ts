import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { samplePath } from "../generate/sample-capture.ts";
import { runProgram, startTestDaemon } from "../support/daemon.ts";

const fileHeaderBytes = 24;

/** A daemon that has some seconds of metering to do: the sample, many times over. */
function startBusyDaemon() {
  const sample = readFileSync(samplePath);
  const body = sample.subarray(fileHeaderBytes);
  const conf = `probe "lab" { capture = "large.pcap" }
exporter "out" { from = "lab", to = "file:out.ipfix" }`;
  const daemon = startTestDaemon(conf, (folder) => {
    const copies = Array.from({ length: 300 }, () => body);
    writeFileSync(
      join(folder, "large.pcap"),
      Buffer.concat([sample.subarray(0, fileHeaderBytes), ...copies]),
    );
  });
  onTestFinished(() => daemon.remove());
  return daemon;
}

test.for(["SIGINT", "SIGTERM"] as const)(
  "moonfix run delivers what it has when %s comes in the middle of metering",
  async (signal) => {
    const daemon = startBusyDaemon();
    await daemon.hears(/moonfix \S+ runs conf\.lua/);
    expect(await daemon.stop(signal)).toBe(0);
    expect(daemon.said()).toContain("Stopped");
    const { code, stdout, stderr } = await runProgram(["cat", "out.ipfix"], daemon.folder);
    expect([code, stderr]).toEqual([0, ""]);
    expect(stdout).not.toBe("");
  },
);

test("moonfix run lives through SIGHUP from the start", async () => {
  const daemon = startBusyDaemon();
  await daemon.hears(/moonfix \S+ runs conf\.lua/);
  daemon.process.kill("SIGHUP");
  await daemon.hears(/probe lab metered/);
  expect(await daemon.stop()).toBe(0);
});

test("moonfix run refuses a conf.lua with mistakes, with exit code 78", async () => {
  const daemon = startTestDaemon("colector 'a' {}");
  onTestFinished(() => daemon.remove());
  await expect(daemon.hears(/Ctrl-C/)).rejects.toThrow(/did you mean "collector"/);
  expect(await daemon.stop()).toBe(78);
});
