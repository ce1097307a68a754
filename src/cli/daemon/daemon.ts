import { dirname, relative, resolve } from "node:path";
import type { Writable } from "node:stream";
import { version } from "../../api/version.ts";
import { formatPlan } from "../../engine/conf/plan.ts";
import { readText, watchFile } from "../../engine/conf/watch.ts";
import type { Problem } from "../../engine/conf/words.ts";
import type { ProbeReport } from "../../engine/probe.ts";
import { type Log, type Reload, Supervisor } from "../../engine/supervisor.ts";
import { printable } from "../../text/printable.ts";
import { createApiParticipant } from "./api-participant.ts";
import { formatAddresses, formatReport } from "./banner.ts";
import { createDaemonLog, type LogTarget } from "./log.ts";

export interface DaemonOptions {
  /** The conf.lua to run. */
  readonly path: string;
  /** Gets what a person wants to see: addresses, what probes found. */
  readonly stdout: Writable;
  /** Gets the log. */
  readonly stderr: LogTarget;
  /** Ends what a start waits for; `stop` is still to be called. */
  readonly signal: AbortSignal;
}

export interface Daemon {
  /** Look at conf.lua at once. */
  look(): Promise<void>;
  /** Deliver what was received and end. */
  stop(): Promise<void>;
}

/** How long the first words wait for what the probes find, in milliseconds. */
const firstReportsMs = 3_000;
/** How long stopping may take before it is forced, in milliseconds. */
const stopMs = 1_500;

/**
 * Start the daemon: run conf.lua and keep what runs equal to it. Resolves with nothing when the
 * file is refused at the start; why has been said.
 */
export async function startDaemon(options: DaemonOptions): Promise<Daemon | undefined> {
  const { stdout, stderr } = options;
  const path = resolve(options.path);
  const fileName = relative(process.cwd(), path) || path;
  const { logger, participant: logParticipant } = createDaemonLog(stderr);
  const log: Log = (level, message, fields = {}) => logger[level](fields, message);
  const say = (lines: readonly string[]): void => void stdout.write(`${lines.join("\n")}\n`);

  const probes = createReporter((report) => say([...formatReport(report), ""]));

  const text = await readText(path);
  if (text instanceof Error) {
    stderr.write(`moonfix: ${printable(text.message)}\n`);
    return undefined;
  }
  const api = createApiParticipant({
    logger,
    folder: dirname(path),
    health: () => supervisor.status(),
    reserved: () => supervisor.files(),
  });
  const supervisor: Supervisor = new Supervisor({
    fileName,
    folder: dirname(path),
    participants: [logParticipant, api],
    log,
    onEvent(event) {
      if (event.kind === "log") log(event.level, event.message, event.fields);
      else probes.report(event.report);
    },
  });

  const first = await supervisor.apply(text);
  if (first.kind === "refused") {
    for (const problem of first.problems) stderr.write(`moonfix: ${formatProblem(problem)}\n`);
    await supervisor.stop(stopMs);
    return undefined;
  }
  const watch = await watchFile(
    {
      path,
      async onText(changed) {
        const reload = await supervisor.apply(changed);
        tellReload(fileName, reload, log);
        return reload.looks;
      },
      onProblem: (message) => log("warn", message),
    },
    { text, looks: first.looks },
  );
  say([`moonfix ${version} runs ${fileName}`, ""]);
  say([...formatAddresses([...first.addresses, ...api.addresses()]), ""]);
  await probes.begin(first.wanted.probe.length, options.signal);
  say([
    `Next: edit ${fileName} and save it; the change is live at once, or refused with the reason.`,
    "Ctrl-C ends it.",
    "",
  ]);
  return {
    look: watch.look,
    async stop() {
      await watch.stop();
      await supervisor.stop(stopMs);
      log("info", "Stopped");
    },
  };
}

/** Tells what probes found, once the first words have been said. */
function createReporter(tell: (report: ProbeReport) => void) {
  let told = 0;
  let held: ProbeReport[] | undefined = [];
  let wake: () => void = () => undefined;

  function report(found: ProbeReport): void {
    if (held !== undefined) held.push(found);
    else {
      told++;
      tell(found);
      wake();
    }
  }

  /** Tell what was held back; resolves when `count` probes are told of, or patience ends. */
  async function begin(count: number, signal: AbortSignal): Promise<void> {
    const waiting = held ?? [];
    held = undefined;
    for (const found of waiting) report(found);
    const patience = AbortSignal.any([signal, AbortSignal.timeout(firstReportsMs)]);
    while (told < count && !patience.aborted) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        patience.addEventListener("abort", () => resolve(), { once: true });
      });
    }
  }
  return { report, begin };
}

/** Say what became of a saved conf.lua. */
function tellReload(fileName: string, reload: Reload, log: Log): void {
  if (reload.kind === "refused") {
    for (const problem of reload.problems) {
      log("error", `Refused ${formatProblem(problem)}`, { code: problem.code });
    }
    log("warn", `${fileName} is refused; what ran before runs on`);
    return;
  }
  const lines = formatPlan(reload.plan);
  log("info", `${fileName} is live: ${lines.join("; ") || "nothing runs"}`);
}

function formatProblem({ where, message }: Problem): string {
  return printable(where === "" ? message : `${where}: ${message}`);
}
