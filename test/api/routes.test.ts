import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { fakeApi, problemOf } from "../support/api.ts";
import { success, turn } from "../support/tasks.ts";

const { version } = JSON.parse(
  readFileSync(new URL("../../package.json", import.meta.url), "utf8"),
) as { version: string };

test("GET /healthz tells version, uptime and what the engine tells", async () => {
  const { ask } = fakeApi({ health: async () => ({ collectors: 2 }) });
  const response = await ask({ url: "/healthz" });
  expect(response.statusCode).toBe(200);
  expect(response.json()).toEqual({
    status: "ok",
    version,
    uptimeSeconds: expect.any(Number),
    collectors: 2,
  });
});

test("GET /healthz is 503 when the engine fails", async () => {
  const { ask } = fakeApi({ health: () => Promise.reject(new Error("lane 1 is gone")) });
  const response = await ask({ url: "/healthz" });
  expect(problemOf(response)).toMatchObject({ status: 503, code: "unhealthy" });
  expect(response.json().detail).toContain("lane 1 is gone");
});

test("POST /api/export-task accepts a task that its Location then shows", async () => {
  const { root, post, ask, threads } = fakeApi();
  const payload = { pcap_files: ["a.pcap", join(root, "b.pcap")], output_path: "new/out.ipfix" };
  const accepted = await post(payload);
  const task = accepted.json();
  expect(accepted.statusCode).toBe(202);
  expect(accepted.headers.location).toBe(`/api/task-status/${task.task_id}`);
  expect(task).toMatchObject({
    kind: "pcap_to_ipfix",
    status: "running",
    pcap_files: [join(root, "a.pcap"), join(root, "b.pcap")],
    output_path: join(root, "new/out.ipfix"),
    progress: { bytes: 0, total_bytes: 0, packets: 0, flows: 0 },
  });
  threads[0]?.report({ bytes: 1, totalBytes: 2, packets: 3, flows: 4 });
  threads[0]?.finish(success(task.output_path));
  await turn();
  const shown = (await ask({ url: String(accepted.headers.location) })).json();
  expect(shown).toMatchObject({
    status: "succeeded",
    progress: { bytes: 1, total_bytes: 2, packets: 4, flows: 2 },
    result: {
      output_path: task.output_path,
      output_bytes: 99,
      packets: 4,
      octets: 400,
      flows: 2,
      damage: [],
    },
  });
  expect(Date.parse(shown.ended_at)).toBeGreaterThanOrEqual(Date.parse(shown.created_at));
});

test("POST /api/export-task takes the predecessor's whole body", async () => {
  const { post } = fakeApi();
  const response = await post({
    pcap_files: ["a.pcap"],
    output_path: "out.ipfix",
    task_id: "0b9c7f8e-6f0e-4b8e-9d3a-0123456789ab",
    DPI: false,
    analysis_list: [],
  });
  expect(response.statusCode).toBe(202);
  expect(response.json().task_id).toBe("0b9c7f8e-6f0e-4b8e-9d3a-0123456789ab");
});

test("GET /api/tasks lists all tasks, newest first, without the names of captures", async () => {
  const { post, ask } = fakeApi();
  for (const task_id of ["one", "two"]) {
    await post({ pcap_files: ["a.pcap"], output_path: `${task_id}.ipfix`, task_id });
  }
  const { tasks } = (await ask({ url: "/api/tasks" })).json();
  expect(tasks).toMatchObject([
    { task_id: "two", status: "queued", pcap_file_count: 1 },
    { task_id: "one", status: "running", pcap_file_count: 1 },
  ]);
  expect(tasks[0]).not.toHaveProperty("pcap_files");
});

test("an error answer is problem+json with type, title, status, detail and code", async () => {
  const { ask } = fakeApi();
  const response = await ask({ url: "/api/task-status/none" });
  expect(response.statusCode).toBe(404);
  expect(response.headers["content-type"]).toMatch(/^application\/problem\+json/);
  expect(response.json()).toEqual({
    type: "urn:moonfix:problem:unknown-task",
    title: "There is no such task",
    status: 404,
    detail: 'Cannot find task "none": it is unknown or was forgotten',
    code: "unknown-task",
  });
});

test("an unknown route is 404 and lists the routes", async () => {
  const { ask } = fakeApi();
  const response = await ask({ method: "DELETE", url: "/api/%0atask" });
  expect(problemOf(response)).toMatchObject({ status: 404, code: "unknown-route" });
  expect(response.json().routes).toEqual([
    "GET /healthz",
    "POST /api/export-task",
    "GET /api/task-status/:id",
    "GET /api/tasks",
  ]);
});

test.for([
  ["a long id", `/api/task-status/${"x".repeat(300)}`],
  ["a wrong escape", "/api/task-status/%zz"],
] as const)("%s in the URL is 400", async ([, url]) => {
  const response = await fakeApi().ask({ url });
  expect(problemOf(response)).toMatchObject({ status: 400, code: "bad-request" });
  expect(response.statusCode).toBe(400);
});

test("a known task_id is 409, and so is an output that a task writes", async () => {
  const { post } = fakeApi();
  const body = { pcap_files: ["a.pcap"], output_path: "out.ipfix", task_id: "one" };
  expect((await post(body)).statusCode).toBe(202);
  const sameId = await post({ ...body, output_path: "other.ipfix" });
  expect(problemOf(sameId)).toMatchObject({ status: 409, code: "duplicate-task" });
  const sameOutput = await post({ ...body, task_id: "two", output_path: "./x/../out.ipfix" });
  expect(problemOf(sameOutput)).toMatchObject({ status: 409, code: "output-in-use" });
});

test("a full queue is 429 with Retry-After", async () => {
  const { post, pool } = fakeApi();
  for (const name of ["a", "b"]) {
    const accepted = await post({ pcap_files: ["a.pcap"], output_path: `${name}.ipfix` });
    expect(accepted.statusCode).toBe(202);
  }
  const refused = await post({ pcap_files: ["a.pcap"], output_path: "c.ipfix" });
  expect(problemOf(refused)).toMatchObject({ status: 429, code: "queue-full" });
  expect(Number(refused.headers["retry-after"])).toBeGreaterThanOrEqual(1);
  expect(pool.list()).toHaveLength(2);
});

test("a stopped pool is 503, and so is everything once the API stops", async () => {
  const { post, pool } = fakeApi();
  await pool.stop(1_000);
  const late = await post({ pcap_files: ["a.pcap"], output_path: "a.ipfix" });
  expect(problemOf(late)).toMatchObject({ status: 503, code: "stopping" });
  const stopping = await fakeApi({ stopping: true }).ask({ url: "/healthz" });
  expect(problemOf(stopping)).toMatchObject({ status: 503, code: "stopping" });
  expect(stopping.headers["connection"]).toBe("close");
});

test("what nobody foresaw is 500 without its text, which goes to the log", async () => {
  const { ask, pool } = fakeApi();
  pool.list = () => {
    throw new Error("secret");
  };
  const response = await ask({ url: "/api/tasks" });
  expect(problemOf(response)).toMatchObject({ status: 500, code: "internal" });
  expect(response.body).not.toContain("secret");
});
