import type { Command, CommandOption } from "./command.ts";
import { commands } from "./commands.ts";

/** Help for the whole program: every command with its sentence. */
export function programUsage(): string {
  const width = Math.max(...Object.keys(commands).map((name) => name.length));
  const lines = Object.entries(commands).map(
    ([name, { summary }]) => `  ${name.padEnd(width)}  ${summary}`,
  );
  return `moonfix: a Lua-first engine for IPFIX

Usage: moonfix COMMAND [OPTIONS]

Commands:
${lines.join("\n")}

"moonfix COMMAND --help" explains one of them.
Exit codes: 0 ok, 1 failed, 2 wrong usage, 78 configuration refused.
`;
}

/** Help for one command: usage line, options with defaults, examples. */
export function commandUsage(name: string, command: Command): string {
  const options = Object.entries(command.options);
  const left = options.map(([option, spec]) => optionColumn(option, spec));
  const width = Math.max(0, ...left.map((text) => text.length));
  const lines = options.map(([, spec], i) => {
    const preset = typeof spec.default === "string" ? ` (default ${spec.default})` : "";
    return `  ${(left[i] ?? "").padEnd(width)}  ${spec.describe}${preset}`;
  });
  const summary = commands[name]?.summary ?? "";
  return [
    `moonfix ${name}: ${summary}`,
    "",
    `Usage: moonfix ${name}${options.length > 0 ? " [OPTIONS]" : ""} ${command.usage}`.trimEnd(),
    ...(lines.length > 0 ? ["", "Options:", ...lines] : []),
    ...(command.help === undefined ? [] : ["", command.help]),
    "",
  ].join("\n");
}

function optionColumn(name: string, { short, value }: CommandOption): string {
  const letter = short === undefined ? "    " : `-${short}, `;
  return `${letter}--${name}${value === undefined ? "" : ` ${value}`}`;
}
