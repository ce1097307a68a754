import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { commands } from "../../src/cli/commands.ts";
import { type OptionSpec, type WordSpec, words } from "../../src/engine/conf/words.ts";
import { constants, primitives } from "../../src/host/primitives.ts";
import { differences } from "../../src/lua/dialect/differences.ts";
import { type LuaProfile, profiles } from "../../src/lua/profiles.ts";

/**
 * The reference parts of the README and of the pages in docs, made from the tables that the program itself uses. Each
 * stands between `<!-- name -->` and `<!-- /name -->`.
 */
const sections: Readonly<Record<string, () => string[]>> = {
  commands: () => [
    "| command | does |",
    "|---|---|",
    ...Object.entries(commands).map(
      ([name, { summary }]) => `| \`moonfix ${name}\` | ${summary} |`,
    ),
  ],
  words: () =>
    Object.entries(words as Readonly<Record<string, WordSpec>>).flatMap(([word, spec]) => [
      `**\`${word}${spec.named ? ' "name"' : ""} { … }\`** ${spec.describe}.`,
      "",
      "| option | takes | default | |",
      "|---|---|---|---|",
      ...Object.entries(spec.options).map(
        ([name, option]) =>
          `| \`${name}\` | ${takes(option.type)} | ${preset(option)} | ${option.describe} |`,
      ),
      "",
    ]),
  primitives: () => [
    "| function | does |",
    "|---|---|",
    ...[...primitives, ...constants].map(
      ({ name, describe }) => `| \`${name}\` | ${describe.replace(/\.$/, "")} |`,
    ),
  ],
  profiles: () => [
    "| profile | for | memory | instructions | time | output | may |",
    "|---|---|---|---|---|---|---|",
    ...Object.entries(profiles as Readonly<Record<string, LuaProfile>>).map(
      ([name, profile]) => `| \`${name}\` | ${profileCells(profile).join(" | ")} |`,
    ),
  ],
  differences: () => [
    "| | LuaJIT | moonfix |",
    "|---|---|---|",
    ...differences.map(
      ({ about, luajit, here }) =>
        `| ${[about, luajit, here].map((text) => text.replaceAll("|", "\\|")).join(" | ")} |`,
    ),
  ],
};

function profileCells(profile: LuaProfile): string[] {
  const bound = (value: number, unit: number, name: string) =>
    Number.isFinite(value) ? `${value / unit}${name}` : "no bound";
  return [
    profile.describe,
    bound(profile.memoryBytes, 2 ** 20, " MiB"),
    bound(profile.instructions, 1e6, " million"),
    bound(profile.deadlineMs, 1_000, " s"),
    bound(profile.outputBytes, 2 ** 20, " MiB"),
    profile.grants.join(", ") || "compute",
  ];
}

const typeNames: Readonly<Record<string, string>> = {
  string: "a string",
  strings: "a string or a list",
  boolean: "true or false",
  integer: "a whole number",
  duration: "a duration",
  rotation: "a duration, a size or both",
  function: "a function",
  where: "an expression",
};

function takes(type: OptionSpec["type"]): string {
  if (typeof type === "string") return typeNames[type] ?? type;
  return type.map((choice) => `\`"${choice}"\``).join(", ");
}

function preset(option: OptionSpec): string {
  if (option.default === undefined) return option.required ? "must be given" : "";
  return `\`${JSON.stringify(option.default)}\``;
}

/** A page with its reference parts made anew. */
export function withReference(page: string): string {
  let text = page;
  for (const [name, make] of Object.entries(sections)) {
    const part = new RegExp(`(<!-- ${name} -->\n)[\\s\\S]*?(<!-- /${name} -->)`);
    text = text.replace(
      part,
      (_, open, close) => `${open}${make().join("\n").trimEnd()}\n${close}`,
    );
  }
  return text;
}

const pathOf = (page: string) => fileURLToPath(new URL(`../../${page}`, import.meta.url));

/** The pages that hold reference parts, and which. */
export const pages: Readonly<Record<string, readonly string[]>> = {
  [pathOf("README.md")]: ["commands", "words", "primitives", "profiles"],
  [pathOf("lua/luajit.md")]: ["differences"],
};

/** Write the reference parts of a page. */
export function writeReference(path: string): void {
  writeFileSync(path, withReference(readFileSync(path, "utf8")));
}
