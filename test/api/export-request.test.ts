import fc from "fast-check";
import { expect, test } from "vitest";
import { limits } from "../../src/limits.ts";
import { fakeApi, problemOf } from "../support/api.ts";

const good = { pcap_files: ["a.pcap"], output_path: "out.ipfix" };

test.for([
  ["an unknown key", { ...good, pcap_file: 1 }, "pcap_file", /did you mean "pcap_files"/],
  ["a missing key", { pcap_files: ["a.pcap"] }, "output_path", /^missing, expected a path$/],
  ["a wrong type", { ...good, pcap_files: "a.pcap" }, "pcap_files", /array of paths, got a string/],
  ["null", { ...good, output_path: null }, "output_path", /got null/],
  ["a wrong item", { ...good, pcap_files: ["a.pcap", 7] }, "pcap_files[1]", /got a number/],
  ["no capture", { ...good, pcap_files: [] }, "pcap_files", /at least one/],
  ["an empty path", { ...good, output_path: "" }, "output_path", /empty/],
  ["a NUL in a path", { ...good, output_path: "a\0b" }, "output_path", /NUL/],
  ["a long path", { ...good, output_path: "a".repeat(5_000) }, "output_path", /4096/],
  ["a task_id with a slash", { ...good, task_id: "../x" }, "task_id", /letters, digits/],
  ["DPI", { ...good, DPI: true }, "DPI", /not part of this version/],
  ["DPI of a wrong type", { ...good, DPI: "no" }, "DPI", /true or false, got a string/],
  ["an analysis", { ...good, analysis_list: ["x"] }, "analysis_list", /not part of this version/],
  ["an array as body", [], "", /a JSON object, got an array/],
] as const)("POST /api/export-task refuses %s with 422", async ([, body, path, message]) => {
  const { post, pool } = fakeApi();
  const problem = problemOf(await post(body));
  expect(problem).toMatchObject({ status: 422, code: "invalid-request" });
  expect(problem.errors).toEqual([{ path, message: expect.stringMatching(message) }]);
  expect(pool.list()).toEqual([]);
});

test("POST /api/export-task reports all problems at once", async () => {
  const { post } = fakeApi();
  const body = { pcap_files: [1], output: "x", task_id: "", DPI: true, analysis_list: ["a"] };
  const { errors } = problemOf(await post(body));
  expect(errors.map(({ path }: { path: string }) => path).sort()).toEqual([
    "DPI",
    "analysis_list",
    "output",
    "output_path",
    "pcap_files[0]",
    "task_id",
  ]);
});

test("POST /api/export-task lists a bounded number of problems", async () => {
  const { post } = fakeApi();
  const keys = Array.from({ length: 10_000 }, (_, i) => [`key${i}`, 1]);
  const { errors } = problemOf(await post({ ...good, ...Object.fromEntries(keys) }));
  expect(errors).toHaveLength(limits.apiProblems);
});

test.for([
  ["no JSON", "{", "application/json", 400, "bad-json"],
  ["an empty body", "", "application/json", 400, "bad-json"],
  ["__proto__", '{"__proto__": {"a": 1}}', "application/json", 400, "bad-json"],
  ["text", "pcap_files=a", "text/plain", 415, "unsupported-media-type"],
  ["a form", "a=1", "application/x-www-form-urlencoded", 415, "unsupported-media-type"],
  ["a large body", `"${"a".repeat(2 ** 20)}"`, "application/json", 413, "body-too-large"],
] as const)("POST /api/export-task refuses %s", async ([, payload, type, status, code]) => {
  const { ask } = fakeApi();
  const headers = { host: "127.0.0.1", "content-type": type };
  const response = await ask({ method: "POST", url: "/api/export-task", payload, headers });
  expect(response.statusCode).toBe(status);
  expect(problemOf(response)).toMatchObject({ status, code });
});

test("POST /api/export-task refuses no body at all", async () => {
  const { ask } = fakeApi();
  const response = await ask({ method: "POST", url: "/api/export-task" });
  expect(problemOf(response)).toMatchObject({ status: 422, code: "invalid-request" });
});

test("POST /api/export-task answers every JSON value with 202, 400, 409, 422 or 429", async () => {
  const { post } = fakeApi();
  const keys = ["pcap_files", "output_path", "task_id", "DPI", "analysis_list", "x"];
  const values = fc.oneof(fc.jsonValue({ maxDepth: 3 }), fc.constant(["a.pcap"]), fc.string());
  const body = fc.oneof(fc.dictionary(fc.constantFrom(...keys), values), fc.jsonValue());
  await fc.assert(
    fc.asyncProperty(body, async (payload) => {
      const text = JSON.stringify(payload);
      const response = await post(text);
      expect([202, 400, 409, 422, 429]).toContain(response.statusCode);
      if (response.statusCode >= 400) expect(response.json().code).toBeDefined();
    }),
    { numRuns: 500 },
  );
});
