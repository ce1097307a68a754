import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import { ConfigError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { TaskPool } from "../tasks/pool.ts";
import type { Task, TaskInput } from "../tasks/task.ts";
import { printable } from "../text/printable.ts";
import { checkPaths } from "./export-paths.ts";
import { type ExportRequest, invalidRequest, parseExportRequest } from "./export-request.ts";
import type { Roots } from "./paths.ts";
import { Problem } from "./problem.ts";
import { taskJson, taskSummaryJson } from "./task-json.ts";
import { version } from "./version.ts";

/** What the routes work on. */
export interface RouteContext {
  readonly roots: Roots;
  readonly tasks: TaskPool;
  /** What `GET /healthz` tells beside the version and the uptime. */
  readonly health: () => Promise<object>;
}

interface Route {
  readonly method: HTTPMethods;
  readonly url: string;
  readonly answer: (request: FastifyRequest, reply: FastifyReply) => object | Promise<object>;
}

/** Add all routes to `app`, and an answer for what is none. */
export function addRoutes(app: FastifyInstance, context: RouteContext): void {
  const { tasks, health, roots } = context;
  const routes: readonly Route[] = [
    { method: "GET", url: "/healthz", answer: () => describeHealth(health) },
    {
      method: "POST",
      url: "/api/export-task",
      async answer(request, reply) {
        const task = await createExportTask(parseExportRequest(request.body), roots, tasks);
        reply.code(202).header("location", `/api/task-status/${task.id}`);
        return taskJson(task);
      },
    },
    {
      method: "GET",
      url: "/api/task-status/:id",
      answer: ({ params }) => taskJson(findTask(tasks, (params as { id: string }).id)),
    },
    {
      method: "GET",
      url: "/api/tasks",
      answer: () => ({ tasks: tasks.list().map(taskSummaryJson) }),
    },
  ];
  for (const { method, url, answer } of routes) {
    app.route({ method, url, handler: async (request, reply) => answer(request, reply) });
  }
  const names = routes.map(({ method, url }) => `${method} ${url}`);
  app.setNotFoundHandler(({ method, url }) => {
    const detail = `Cannot ${method} ${printable(url.slice(0, 256))}: unknown route`;
    throw new Problem("unknown-route", detail, { routes: names });
  });
}

async function describeHealth(health: () => Promise<object>): Promise<object> {
  const uptimeSeconds = Math.floor(process.uptime());
  return { status: "ok", version, uptimeSeconds, ...(await healthInTime(health)) };
}

/** @throws {Problem} `unhealthy` when the engine fails to tell, or takes too long. */
async function healthInTime(health: () => Promise<object>): Promise<object> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const message = `no answer within ${limits.apiHealthMs} ms`;
    timer = setTimeout(() => reject(new Error(message)), limits.apiHealthMs);
  });
  try {
    return await Promise.race([health(), late]);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Problem("unhealthy", `Cannot tell the health of the engine: ${reason}`);
  } finally {
    clearTimeout(timer);
  }
}

async function createExportTask(
  request: ExportRequest,
  roots: Roots,
  tasks: TaskPool,
): Promise<Task> {
  const checked = await checkPaths(request, roots);
  if ("errors" in checked) throw invalidRequest(checked.errors);
  return submit(tasks, checked, request.task_id);
}

/** @throws {Problem} `queue-full`, with the time to wait. */
function submit(tasks: TaskPool, input: TaskInput, id: string | undefined): Task {
  try {
    return tasks.submit("pcap_to_ipfix", input, id);
  } catch (error) {
    if (!(error instanceof ConfigError) || error.code !== "limit") throw error;
    const headers = { "retry-after": String(tasks.retryAfterSeconds()) };
    throw new Problem("queue-full", error.message, { headers });
  }
}

/** @throws {Problem} `unknown-task` */
function findTask(tasks: TaskPool, id: string): Task {
  const task = tasks.get(id);
  if (task !== undefined) return task;
  const detail = `Cannot find task "${printable(id)}": it is unknown or was forgotten`;
  throw new Problem("unknown-task", detail);
}
