import { type Command, type CommandInput, exitCodes } from "../command.ts";
import { startDaemon } from "../daemon/daemon.ts";

/** `moonfix run`: the daemon. */
export const command: Command = {
  usage: "[CONF.lua]",
  arity: [0, 1],
  options: {},
  help: `Runs CONF.lua (default conf.lua) and applies every save of it: what is new starts, what is
gone stops, what did not change runs on. A file with a mistake is refused and the mistake is named.
SIGHUP looks at the file at once; SIGINT and SIGTERM deliver what was received and end.`,
  async run({ args, stdout, stderr }: CommandInput): Promise<number> {
    const daemon = await startDaemon({ path: args[0] ?? "conf.lua", stdout, stderr });
    if (daemon === undefined) return exitCodes.configuration;
    await new Promise<void>((resolve) => {
      process.once("SIGINT", resolve);
      process.once("SIGTERM", resolve);
      process.on("SIGHUP", () => void daemon.look());
    });
    for (const signal of ["SIGINT", "SIGTERM"]) {
      process.once(signal, () => process.exit(exitCodes.failed));
    }
    await daemon.stop();
    return exitCodes.ok;
  },
};
