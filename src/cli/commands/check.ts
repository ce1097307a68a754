import { resolve } from "node:path";
import { evaluateApart } from "../../engine/conf/evaluate.ts";
import { formatPlan, planChanges } from "../../engine/conf/plan.ts";
import { readText } from "../../engine/conf/watch.ts";
import { wantNothing } from "../../engine/conf/words.ts";
import { ConfigError } from "../../errors.ts";
import { findForeign } from "../../lua/dialect/warnings.ts";
import { printable } from "../../text/printable.ts";
import { type Command, type CommandInput, exitCodes } from "../command.ts";

/** `moonfix check`: say what a conf.lua would start, what is wrong with it and what not LuaJIT. */
export const command: Command = {
  usage: "[CONF.lua]",
  arity: [0, 1],
  options: {
    json: { type: "boolean", describe: "print one JSON object" },
  },
  async run({ args, options, stdout, stderr }: CommandInput): Promise<number> {
    const path = args[0] ?? "conf.lua";
    const text = await readText(resolve(path));
    if (text instanceof Error) throw text;
    if (text === "") throw new ConfigError("missing", path, "the file is empty");
    const { wanted, problems, printed } = await evaluateApart(text, path);
    const plan = planChanges(wantNothing(), wanted);
    const refused = problems.length > 0;
    const warnings = findForeign(text).map(({ line, message }) => ({
      where: `${path}:${line}`,
      message,
    }));
    if (options["json"] === true) {
      stdout.write(
        `${JSON.stringify({ ok: !refused, problems, warnings, changes: plan.changes, printed })}\n`,
      );
      return refused ? exitCodes.configuration : exitCodes.ok;
    }
    for (const { where, message } of warnings) {
      stderr.write(`warning: ${printable(`${where}: ${message}`)}\n`);
    }
    for (const line of printed) stdout.write(`${printable(line)}\n`);
    if (refused) {
      for (const { where, message } of problems) {
        stderr.write(`moonfix: ${printable(`${where}: ${message}`)}\n`);
      }
    } else {
      stdout.write(`${formatPlan(plan).map(printable).join("\n")}\n`);
    }
    return refused ? exitCodes.configuration : exitCodes.ok;
  },
};
