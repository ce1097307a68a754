import { type Dirent, readdirSync } from "node:fs";
import { basename } from "node:path";
import { limits } from "../../limits.ts";

/** What a word at the end of a line can become, and that word. */
export type Completion = [candidates: string[], word: string];

/** Where the completions of a line come from. */
export interface CompletionSources {
  /** Names of the prompt's own directives. */
  readonly directives: readonly string[];
  /** What `:help` knows. */
  readonly topics: readonly string[];
  /** Asks the engine about Lua. */
  lua(line: string): Promise<Completion>;
}

/** Complete the end of `line`: a directive, a topic, a file within quotes, or a name of Lua. */
export async function completeLine(line: string, sources: CompletionSources): Promise<Completion> {
  const [, name = "", space = "", argument = ""] = /^:(?!:)(\w*)(\s*)(.*)$/.exec(line) ?? [];
  if (/^:\w*$/.test(line)) {
    const candidates = sources.directives.filter((each) => each.startsWith(name));
    return [candidates.map((each) => `:${each}`), line];
  }
  if (space !== "" && name === "help") {
    return [sources.topics.filter((each) => each.startsWith(argument)), argument];
  }
  if (space !== "" && name === "load") return [listFiles(argument), argument];
  const open = openString(line);
  return open === undefined ? sources.lua(line) : [listFiles(open), open];
}

/** The text behind the quote that `line` leaves open; undefined when it leaves none open. */
function openString(line: string): string | undefined {
  let quote = "";
  let start = 0;
  for (let i = 0; i < line.length; i++) {
    const character = line[i] as string;
    if (quote === "" && line.startsWith("--", i)) return undefined;
    if (quote !== "" && character === "\\") i++;
    else if (character === quote) quote = "";
    else if (quote === "" && (character === '"' || character === "'")) {
      quote = character;
      start = i + 1;
    }
  }
  return quote === "" ? undefined : line.slice(start);
}

/** Files whose path begins with `path`; folders end in a slash. */
function listFiles(path: string): string[] {
  const base = path.endsWith("/") || path === "" ? "" : basename(path);
  const folder = path.slice(0, path.length - base.length);
  return entriesOf(folder === "" ? "." : folder)
    .filter(({ name }) => name.startsWith(base) && (base !== "" || !name.startsWith(".")))
    .filter(({ name }) => /^[^"'\\\p{Cc}]+$/u.test(name))
    .map((entry) => `${folder}${entry.name}${entry.isDirectory() ? "/" : ""}`)
    .sort()
    .slice(0, limits.replCompletions);
}

function entriesOf(folder: string): Dirent[] {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch {
    // A folder that is not there, or not for us, has nothing to offer.
    return [];
  }
}
