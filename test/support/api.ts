import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { InjectOptions, LightMyRequestResponse } from "fastify";
import { pino } from "pino";
import { type ApiOptions, createApp } from "../../src/api/server.ts";
import { temporaryFolder } from "./folder.ts";
import { fakePool } from "./tasks.ts";

/** A logger that says nothing. */
export const silent = pino({ level: "silent" });

/** A fresh folder with a root `root` that has the captures `a.pcap` and `b.pcap`. */
export function apiFolder(): { readonly folder: string; readonly root: string } {
  const folder = temporaryFolder();
  const root = join(folder, "root");
  mkdirSync(root);
  for (const name of ["a.pcap", "b.pcap"]) writeFileSync(join(root, name), "");
  return { folder, root };
}

/** An API without a socket over a pool of fake threads. */
export function fakeApi(options: Partial<ApiOptions> & { stopping?: boolean } = {}) {
  const { folder, root } = apiFolder();
  const { pool, threads } = fakePool({ workers: 1, queue: 1 });
  const app = createApp(
    {
      host: "127.0.0.1",
      port: 0,
      roots: [root],
      tasks: pool,
      logger: silent,
      health: async () => ({}),
      ...options,
    },
    () => options.stopping === true,
  );
  const ask = (request: InjectOptions): Promise<LightMyRequestResponse> =>
    app.inject({ headers: { host: "localhost:8739" }, ...request });
  /** Post `body` as JSON; text is JSON already. */
  const post = (body: unknown) => {
    const payload = typeof body === "string" ? body : JSON.stringify(body);
    const headers = { host: "localhost", "content-type": "application/json" };
    return ask({ method: "POST", url: "/api/export-task", payload, headers });
  };
  return { folder, root, pool, threads, ask, post };
}

/** The part of a problem that tests look at: status, code and the paths of its errors. */
export function problemOf(response: LightMyRequestResponse) {
  const { code, errors, status } = response.json();
  return { status, code, errors: errors ?? [] };
}
