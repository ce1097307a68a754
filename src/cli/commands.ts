import type { Command } from "./command.ts";

/** One line of the command table; the module is loaded only when the command is run. */
interface CommandEntry {
  /** One sentence without full stop. */
  readonly summary: string;
  readonly load: () => Promise<{ readonly command: Command }>;
}

/** Every command of the program: dispatch, help and the README's table come from here. */
export const commands: Readonly<Record<string, CommandEntry>> = {
  run: {
    summary: "run the daemon: conf.lua is live, every save is applied or refused",
    load: () => import("./commands/run.ts"),
  },
  check: {
    summary: "check a conf.lua and show what it would start, without starting it",
    load: () => import("./commands/check.ts"),
  },
  pcap2ipfix: {
    summary: "meter captures into flows in an IPFIX file",
    load: () => import("./commands/pcap2ipfix.ts"),
  },
  cat: {
    summary: "show IPFIX files and captures of exports as JSON lines, flows, CSV or text",
    load: () => import("./commands/cat.ts"),
  },
  collect: {
    summary: "collect what exporters send into an IPFIX file, or show it",
    load: () => import("./commands/collect.ts"),
  },
  send: {
    summary: "send the records of files to a collector",
    load: () => import("./commands/send.ts"),
  },
  lua: {
    summary: "run a Lua script",
    load: () => import("./commands/lua.ts"),
  },
  repl: {
    summary: "a Lua prompt with completion and help",
    load: () => import("./commands/repl.ts"),
  },
};
