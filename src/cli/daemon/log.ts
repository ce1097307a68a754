import { pino } from "pino";
import { prettyFactory } from "pino-pretty";
import type { Participant } from "../../engine/supervisor.ts";

/** Where log lines go: standard error, or what a test gives. */
export interface LogTarget {
  readonly isTTY?: boolean;
  write(text: string): unknown;
}

/** The daemon's logger, and the part of it that `log { … }` in conf.lua governs. */
export interface DaemonLog {
  readonly logger: pino.Logger;
  readonly participant: Participant;
}

/**
 * Create the log: JSON lines, or lines for people when `target` is a terminal or conf.lua says so.
 * Level and format change while it runs.
 */
export function createDaemonLog(target: LogTarget): DaemonLog {
  let format: "auto" | "human" | "json" = "auto";
  const humanize = prettyFactory({
    colorize: target.isTTY === true,
    ignore: "pid,hostname",
    translateTime: "SYS:HH:MM:ss",
  });
  const write = (line: string): void => {
    const human = format === "human" || (format === "auto" && target.isTTY === true);
    target.write(human ? humanize(line) : line);
  };
  const logger = pino({ timestamp: pino.stdTimeFunctions.isoTime }, { write });
  const participant: Participant = {
    async prepare({ log: [declared] }) {
      return {
        async commit() {
          format = declared?.options.format ?? "auto";
          logger.level = declared?.options.level ?? "info";
        },
        async abort() {
          // Nothing was prepared.
        },
      };
    },
    async stop() {
      // Every line has been written.
    },
  };
  return { logger, participant };
}
