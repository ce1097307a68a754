import fc from "fast-check";
import { expect, test } from "vitest";
import { safeJson } from "../../src/text/json.ts";

test("safeJson() escapes what a terminal would obey", () => {
  expect(safeJson("a\u009b31m\u001b[0m\u202e")).toBe('"a\\u009b31m\\u001b[0m\\u202e"');
});

test("safeJson() is JSON of the same value", () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      expect(JSON.parse(safeJson(value))).toEqual(JSON.parse(JSON.stringify(value)));
    }),
  );
});
