import { resolve } from "node:path";
import type { Logger } from "pino";
import { type Api, createApi } from "../../api/server.ts";
import type { Declaration, Wanted } from "../../engine/conf/words.ts";
import type { PartAddress } from "../../engine/lane.ts";
import type { Participant, Prepared } from "../../engine/supervisor.ts";
import { ConfigError, TransportError } from "../../errors.ts";
import { createTaskPool } from "../../tasks/pool.ts";

export interface ApiParticipantOptions {
  readonly logger: Logger;
  /** Relative roots start here. */
  readonly folder: string;
  /** What `GET /healthz` tells of the engine. */
  readonly health: () => Promise<object>;
  /** Files that exporters write. */
  readonly reserved: () => readonly string[];
}

/** The API as conf.lua governs it. */
export interface ApiParticipant extends Participant {
  /** Where it listens; nothing when conf.lua has no `api`. */
  addresses(): readonly PartAddress[];
}

interface RunningApi {
  readonly api: Api;
  readonly key: string;
  readonly address: string;
}

/**
 * Create the part of the daemon that starts, moves and stops the API as `api { … }` says. Tasks
 * outlive a change of address.
 */
export function createApiParticipant(options: ApiParticipantOptions): ApiParticipant {
  const { logger: log } = options;
  const tasks = createTaskPool({
    onLog: (level, message, fields) => log[level](fields, message),
  });
  let running: RunningApi | undefined;

  async function start(declared: Declaration<"api">): Promise<RunningApi> {
    const { listen, roots } = declared.options;
    const { host, port } = parseHostPort(declared.where, listen);
    const { logger, folder, health, reserved } = options;
    const absolute = roots.map((root) => resolve(folder, root));
    const api = createApi({ host, port, roots: absolute, tasks, logger, health, reserved });
    const address = await api.start().catch((error: unknown) => {
      if (!(error instanceof TransportError)) throw error;
      throw new ConfigError("bad-value", declared.where, `api: ${error.message}`);
    });
    if (!isLoopback(host)) {
      logger.warn(
        `The API listens on ${address} without authentication: whoever reaches it uses it`,
      );
    }
    return { api, key: JSON.stringify(declared.options), address };
  }

  async function prepare({ api: [declared] }: Wanted): Promise<Prepared> {
    const old = running;
    if (declared !== undefined && old?.key === JSON.stringify(declared.options)) return nothingToDo;
    if (declared !== undefined && sameAddress(old, declared)) return restartOnCommit(declared);
    const next = declared === undefined ? undefined : await start(declared);
    return {
      async commit() {
        running = next;
        await old?.api.stop();
      },
      async abort() {
        await next?.api.stop();
      },
    };
  }

  /** Other roots on the same address: the address must be given up before it is taken again. */
  function restartOnCommit(declared: Declaration<"api">): Prepared {
    return {
      async commit() {
        await running?.api.stop();
        running = undefined;
        try {
          running = await start(declared);
        } catch (error) {
          if (!(error instanceof ConfigError)) throw error;
          log.error(`The API is down: ${error.message}`);
        }
      },
      abort: nothingToDo.abort,
    };
  }

  return {
    prepare,
    addresses: () =>
      running === undefined ? [] : [{ word: "api", name: "api", address: running.address }],
    async stop() {
      await Promise.all([running?.api.stop(), tasks.stop(taskStopMs)]);
    },
  };
}

/** How long running tasks may take to notice that they are cancelled, in milliseconds. */
const taskStopMs = 1_000;

const nothingToDo: Prepared = {
  async commit() {
    // What runs is what is wanted.
  },
  async abort() {
    // Nothing was prepared.
  },
};

function sameAddress(running: RunningApi | undefined, declared: Declaration<"api">): boolean {
  return running?.address === `http://${declared.options.listen}`;
}

function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}

/** @throws {ConfigError} `bad-value` */
function parseHostPort(where: string, listen: string): { host: string; port: number } {
  const [, bracketed, plain, digits] =
    /^(?:\[([\da-f:.]+)\]|([^:[\]]+)):(\d{1,5})$/i.exec(listen) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host === undefined || port > 65_535) {
    const message = `api: Cannot listen on "${listen}": expected HOST:PORT, such as 127.0.0.1:8739`;
    throw new ConfigError("bad-value", where, message);
  }
  return { host, port };
}
