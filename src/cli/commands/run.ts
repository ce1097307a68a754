import { type Command, type CommandInput, exitCodes } from "../command.ts";
import { type Daemon, startDaemon } from "../daemon/daemon.ts";

/** `moonfix run`: the daemon. */
export const command: Command = {
  usage: "[CONF.lua]",
  arity: [0, 1],
  options: {},
  help: `Runs CONF.lua (default conf.lua) and applies every save of it: what is new starts, what is
gone stops, what did not change runs on. A file with a mistake is refused and the mistake is named.
SIGHUP looks at the file at once; SIGINT and SIGTERM deliver what was received and end.`,
  async run({ args, stdout, stderr }: CommandInput): Promise<number> {
    const end = new AbortController();
    let daemon: Daemon | undefined;
    for (const signal of ["SIGINT", "SIGTERM"]) {
      process.on(signal, () => {
        // Who asks twice does not want to wait for deliveries.
        if (end.signal.aborted) process.exit(exitCodes.failed);
        end.abort();
      });
    }
    process.on("SIGHUP", () => void daemon?.look());
    const ended = new Promise((resolve) => {
      end.signal.addEventListener("abort", resolve, { once: true });
    });
    const path = args[0] ?? "conf.lua";
    daemon = await startDaemon({ path, stdout, stderr, signal: end.signal });
    if (daemon === undefined) return exitCodes.configuration;
    await ended;
    await daemon.stop();
    return exitCodes.ok;
  },
};
