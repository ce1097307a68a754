import { once } from "node:events";
import fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyReply } from "fastify";
import type { Logger } from "pino";
import { TransportError } from "../errors.ts";
import { limits } from "../limits.ts";
import type { TaskPool } from "../tasks/pool.ts";
import { printable } from "../text/printable.ts";
import { createHostCheck, type HostCheck, originHost } from "./hosts.ts";
import { createRoots } from "./paths.ts";
import { Problem, problemType, toProblem } from "./problem.ts";
import { refuseRaw } from "./raw-refusal.ts";
import { RequestLog } from "./request-log.ts";
import { addRoutes } from "./routes.ts";

/** What an API serves, and where. */
export interface ApiOptions {
  readonly host: string;
  /** 0 for any free port. */
  readonly port: number;
  /** Absolute folders that requests may name files in; relative paths start at the first. */
  readonly roots: readonly string[];
  /** Files that something else writes: no request may replace them. */
  readonly reserved?: () => readonly string[];
  /** Not stopped with the API: tasks outlive it. */
  readonly tasks: TaskPool;
  readonly logger: Logger;
  /** What `GET /healthz` tells beside the version and the uptime. */
  readonly health: () => Promise<object>;
}

/** The HTTP API. */
export interface Api {
  /**
   * Listen; resolves with the address, such as `http://127.0.0.1:8739`.
   * @throws {TransportError} such as `in-use`.
   */
  start(): Promise<string>;
  /** Let running requests finish for a moment, then close all connections. */
  stop(): Promise<void>;
}

/** Create the API; it does nothing before `start`. */
export function createApi(options: ApiOptions): Api {
  let stopping = false;
  const app = createApp(options, () => stopping);
  return {
    async start() {
      const { host, port } = options;
      try {
        await app.ready();
        app.server.listen({ host: host === "localhost" ? "127.0.0.1" : host, port });
        await once(app.server, "listening");
      } catch (cause) {
        await app.close();
        const reason = reasons[String((cause as { code?: unknown }).code)] ?? String(cause);
        const { code } = TransportError.from("", cause);
        throw new TransportError(code, `Cannot listen on ${url(host, port)}: ${reason}`, cause);
      }
      const bound = app.server.address();
      return url(host, bound !== null && typeof bound === "object" ? bound.port : port);
    },
    async stop() {
      stopping = true;
      const force = () => app.server.closeAllConnections();
      const timer = setTimeout(force, limits.apiStopMs);
      await app.close();
      clearTimeout(timer);
    },
  };
}

const reasons: Readonly<Record<string, string>> = {
  EADDRINUSE: "address already in use",
  EADDRNOTAVAIL: "not an address of this machine",
  EACCES: "not permitted, expected a port above 1023",
  ENOTFOUND: "unknown host name",
};

function url(host: string, port: number): string {
  return `http://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/** The application without its socket. */
export function createApp(options: ApiOptions, stopping: () => boolean): FastifyInstance {
  const app: FastifyInstance = fastify({
    loggerInstance: options.logger as FastifyBaseLogger,
    logController: new RequestLog(),
    bodyLimit: limits.apiBodyBytes,
    requestTimeout: limits.apiRequestMs,
    keepAliveTimeout: limits.apiIdleMs,
    http: { headersTimeout: limits.apiHeadersMs, connectionsCheckingInterval: 500 },
    routerOptions: { maxParamLength: 256 },
    return503OnClosing: false, // the hook below does it, as problem+json
    clientErrorHandler: refuseRaw,
    frameworkErrors: (error, _request, reply) => {
      refuse(error, reply as FastifyReply);
    },
  });
  app.server.maxConnections = limits.apiConnections;
  app.removeContentTypeParser("text/plain");
  app.setErrorHandler((error, _request, reply) => refuse(error, reply));
  const isOurs = createHostCheck(options.host);
  app.addHook("onRequest", async ({ headers }, reply) => {
    if (stopping()) {
      reply.header("connection", "close");
      throw new Problem("stopping", "Cannot answer: the program is stopping");
    }
    checkHost(isOurs, headers.host, "Host");
    if (headers.origin !== undefined) checkHost(isOurs, originHost(headers.origin), "Origin");
  });
  addRoutes(app, { ...options, roots: createRoots(options.roots, options.reserved) });
  return app;
}

/** @throws {Problem} `foreign-host` */
function checkHost(isOurs: HostCheck, host: string | undefined, header: string): void {
  if (isOurs(host)) return;
  const name = printable((host ?? "").slice(0, 256));
  const detail = `Cannot answer for ${header} "${name}": expected a name of this server`;
  throw new Problem("foreign-host", detail);
}

function refuse(error: unknown, reply: FastifyReply): FastifyReply {
  const problem = toProblem(error);
  if (problem.code === "internal") reply.log.error({ err: error }, "request failed");
  return reply
    .code(problem.status)
    .headers(problem.extras.headers ?? {})
    .type(problemType)
    .send(JSON.stringify(problem));
}
