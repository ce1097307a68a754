import { expect, test } from "vitest";
import {
  checkPathPattern,
  formatPath,
  resolvePattern,
} from "../../../src/transport/exporting/path-pattern.ts";

const timeMs = Date.UTC(2024, 11, 31, 5, 7, 9, 999);

test.for([
  ["var/flows/%F/%H.ipfix", "var/flows/2024-12-31/05.ipfix"],
  ["%Y%m%d-%H%M%S", "20241231-050709"],
  ["%y-%j", "24-366"],
  ["%s", String(Date.UTC(2024, 11, 31, 5, 7, 9) / 1_000)],
  ["100%%/%%H", "100%/%H"],
  ["plain", "plain"],
] as const)("formatPath() makes of %s what strftime does in UTC", ([pattern, path]) => {
  checkPathPattern(pattern);
  expect(formatPath(pattern, timeMs)).toBe(path);
});

test.for([["%Q"], ["a%"], ["%h"], ["%-d"]])("checkPathPattern() refuses %s", ([pattern = ""]) => {
  expect(() => checkPathPattern(pattern)).toThrow(
    expect.objectContaining({ code: "bad-value", message: expect.stringContaining("expected %Y") }),
  );
});

test("resolvePattern() keeps the folder's own name as it is", () => {
  expect(formatPath(resolvePattern("/srv/100%H", "%H.ipfix"), timeMs)).toBe("/srv/100%H/05.ipfix");
});
