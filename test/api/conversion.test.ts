import { cpSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createApi } from "../../src/api/server.ts";
import { createTaskPool } from "../../src/tasks/pool.ts";
import { apiFolder, silent } from "../support/api.ts";

const sample = fileURLToPath(new URL("../../examples/captures/sample.pcap", import.meta.url));

test("POST /api/export-task converts the sample capture over a socket and a thread", async () => {
  const { root } = apiFolder();
  cpSync(sample, join(root, "sample.pcap"));
  const tasks = createTaskPool({});
  const health = async () => ({});
  const options = { host: "127.0.0.1", port: 0, roots: [root], tasks, logger: silent, health };
  const api = createApi(options);
  const address = await api.start();
  const accepted = await fetch(`${address}/api/export-task`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ pcap_files: ["sample.pcap"], output_path: "flows/sample.ipfix" }),
  });
  expect(accepted.status).toBe(202);
  const status = new URL(String(accepted.headers.get("location")), address);
  const ask = async () => (await (await fetch(status)).json()) as { status: string };
  await expect.poll(async () => (await ask()).status, { timeout: 20_000 }).toBe("succeeded");
  expect(await ask()).toMatchObject({ result: { flows: expect.any(Number), damage: [] } });
  expect(readFileSync(join(root, "flows/sample.ipfix")).readUInt16BE(0)).toBe(10);
  await Promise.all([api.stop(), tasks.stop(1_000)]);
});
