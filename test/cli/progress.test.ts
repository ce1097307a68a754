import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { createProgressLine, formatProgress } from "../../src/cli/progress.ts";

const half = { bytes: 50_000_000, totalBytes: 100_000_000, packets: 1_234_000, flows: 56_700 };

test("formatProgress() shows bar, bytes, packets a second, flows and the time left", () => {
  expect(formatProgress(half, 10)).toBe(
    "[#####-----] 50 %  50.0 MB of 100 MB  123 k packets/s  56.7 k flows  0:10 left",
  );
});

test("formatProgress() has no bar for a stream, whose end nobody knows", () => {
  expect(formatProgress({ ...half, totalBytes: undefined }, 10)).toBe(
    "50.0 MB  123 k packets/s  56.7 k flows",
  );
});

test.for([
  [0, 0, 0, "[----------] 0 %  0 B of 9 B  0 packets/s  0 flows  0:00 left"],
  [9, 7, 1, "[##########] 100 %  9 B of 9 B  7 packets/s  7 flows  0:00 left"],
  [12, 0, 1, "[##########] 100 %  12 B of 9 B  0 packets/s  0 flows  0:00 left"],
] as const)("formatProgress() of %i octets of 9", ([bytes, packets, seconds, line]) => {
  const progress = { bytes, totalBytes: 9, packets, flows: packets };
  expect(formatProgress(progress, seconds)).toBe(line);
});

/** What a progress line writes when it is shown at these milliseconds. */
function writtenAt(times: readonly number[], terminal: { isTTY?: boolean; columns?: number }) {
  const output = Object.assign(new PassThrough(), terminal);
  let nowMs = 0;
  const line = createProgressLine(output, () => nowMs);
  for (const time of times) {
    nowMs = time;
    line.show(half);
  }
  line.clear();
  line.clear();
  return String(output.read() ?? "");
}

test("createProgressLine() writes nothing without a terminal", () => {
  expect(writtenAt([0, 1_000, 2_000], {})).toBe("");
});

test("createProgressLine() writes ten lines a second at most, and takes them away once", () => {
  const lines = writtenAt([0, 10, 99, 100, 150, 200], { isTTY: true }).split("\r");
  expect(lines).toHaveLength(5);
  expect(lines.slice(1).every((line) => line.endsWith("\x1b[K"))).toBe(true);
  expect(lines.at(-1)).toBe("\x1b[K");
});

test("createProgressLine() never wraps", () => {
  const [, line = ""] = writtenAt([0], { isTTY: true, columns: 20 }).split("\r");
  expect(line.replace("\x1b[K", "")).toHaveLength(19);
});
