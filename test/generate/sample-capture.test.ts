import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { sampleCapture, samplePath, writeSample } from "./sample-capture.ts";

test("sampleCapture() is what examples/captures/sample.pcap holds", () => {
  if (process.env["UPDATE_SAMPLE"] === "1") writeSample();
  expect(Buffer.compare(readFileSync(samplePath), sampleCapture())).toBe(0);
});
